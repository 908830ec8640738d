//! `/login`: from a name and a password to a credential.

use std::sync::Arc;

use askama::Template as _;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use counterfoil_core::authority::{Issued, LoginError, LoginRequest};
use counterfoil_core::client::Client;
use counterfoil_core::credential::Transport;
use counterfoil_core::password::Password;
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
use super::account::html;
use super::behalf::OnBehalf;
use super::link::Link;
use super::return_to::within_site;
use super::view::LoginAnswer;
use crate::http::body::invalid;
use crate::http::{Body, Failure, Visitor};
use crate::pages::{LoginPage, LoginRefusal};

/// What somebody who logs in says: a `username` or an `email`, and the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    /// The username. An e-mail address is taken here too.
    username: Option<String>,
    /// The e-mail address, instead of a username. The two are told apart by the `@` alone.
    email: Option<String>,
    /// The password.
    #[schema(value_type = String, format = "password")]
    password: Password,
    /// The client to log in to; the configured default when left out.
    client: Option<String>,
    /// Scopes with spaces between; all that the client allows when left out.
    scope: Option<String>,
    /// Where a browser goes afterwards: a path of this site.
    #[schema(ignore)]
    return_to: Option<String>,
}

/// The form.
pub(super) async fn page(State(app): State<App>, link: Link) -> Response {
    let notice = match link.sole("notice") {
        Some("logged-out") => Some(LoginPage::LOGGED_OUT),
        Some("registered") => Some(LoginPage::REGISTERED),
        Some("ended") => Some(LoginPage::ENDED),
        _ => None,
    };
    let form = Form { username: "", return_to: link.sole("return_to"), client: link.sole("client") };
    form.show(&app, StatusCode::OK, notice, None)
}

/// Checks a name and a password, and hands out what the client's policy says.
#[utoipa::path(
    post, path = "/login", request_body = Login, tag = "logins",
    responses(
        (status = 200, body = LoginAnswer, description = "For a client with transport `cookie` the credential is in `Set-Cookie` alone."),
        (status = 401, description = "`invalid-credentials`, alike for every cause"),
        (status = 403, description = "`cross-site`"),
        (status = 422, description = "`invalid-request`, with the field"),
        (status = 429, description = "`too-many-attempts`: this account, known or not, or this address waits for `Retry-After` seconds, or its password is locked"),
        (status = 503, description = "Too many logins at once: try again after `Retry-After` seconds"),
    )
)]
pub(super) async fn login(
    OnBehalf(app): OnBehalf,
    visitor: Visitor,
    uri: Uri,
    headers: HeaderMap,
    Body(login): Body<Login>,
) -> Response {
    let client = app.client_of(login.client.as_deref(), visitor.wants_page);
    // Another site must not log its visitor in to an account of its own making (login CSRF): that takes a cookie. A program
    // says nothing of where it comes from.
    let proven = app.guard.origins().proven(&uri, &headers);
    let in_cookie = client.is_some_and(|client| client.transport == Transport::Cookie);
    if in_cookie && proven == Some(false) {
        return app.cross_site().into_response();
    }
    let ((Some(name), None) | (None, Some(name))) = (&login.username, &login.email) else {
        let problem = invalid("username", "give either `username` or `email`");
        return Failure(problem).into_response();
    };
    let form = Form { username: name, return_to: login.return_to.as_deref(), client: login.client.as_deref() };
    let request = LoginRequest {
        login: name,
        password: login.password,
        client: client.map_or(login.client.as_deref(), |client| Some(client.id.as_str())),
        scope: login.scope.as_deref(),
        origin: visitor.origin,
    };
    match app.authority.login(request).await {
        Ok(issued) => {
            if let Some(problem) = app.beyond_a_cookie(&issued) {
                return problem.into_response();
            }
            // The login that this browser had is not to live on unseen.
            if proven == Some(true) {
                app.end_replaced(&headers, &issued).await;
            }
            if visitor.wants_page && issued.client.transport == Transport::Cookie {
                let mut response = Redirect::to(within_site(form.return_to)).into_response();
                app.set_cookies(response.headers_mut(), &issued);
                return response;
            }
            app.hand_out(&issued)
        }
        Err(error) if visitor.wants_page => form.refuse(&app, error),
        Err(error) => Failure::from(error).into_response(),
    }
}

impl App {
    /// The client that a login goes to: the one that it names, and else one that suits who asks.
    fn client_of(&self, name: Option<&str>, wants_page: bool) -> Option<&Arc<Client>> {
        let clients = &self.authority.clients;
        match name {
            Some(name) => clients.find(name),
            None if wants_page => Some(clients.for_pages().unwrap_or_else(|| clients.default_client())),
            None => Some(clients.default_client()),
        }
    }

    /// Ends the login whose cookie the new one's takes the place of (ASVS 5 §7.2.4). It is no matter if that fails.
    async fn end_replaced(&self, headers: &HeaderMap, issued: &Issued) {
        let Ok(Some(found)) = self.guard.present(headers) else { return };
        if found.transport != Transport::Cookie || issued.client.transport != Transport::Cookie {
            return;
        }
        if let Ok(identity) = self.guard.verifier().verify(found.text).await
            && let Err(error) = self.authority.logout(&identity).await
        {
            tracing::warn!(%error, "a login that was replaced was not ended");
        }
    }
}

/// What the form shows again.
struct Form<'a> {
    username: &'a str,
    return_to: Option<&'a str>,
    client: Option<&'a str>,
}

impl Form<'_> {
    fn refuse(&self, app: &App, error: LoginError) -> Response {
        let known = match error {
            LoginError::InvalidCredentials => Some(LoginRefusal::InvalidCredentials),
            LoginError::TooManyAttempts { retry_after } => Some(LoginRefusal::TooManyAttempts(retry_after)),
            LoginError::Locked => Some(LoginRefusal::Locked),
            _ => None,
        };
        let Failure(problem) = error.into();
        let refusal = match problem.status {
            _ if let Some(known) = known => known,
            StatusCode::SERVICE_UNAVAILABLE => LoginRefusal::Unavailable,
            _ => LoginRefusal::Other(&problem.detail),
        };
        let mut response = self.show(app, problem.status, None, Some(refusal));
        response.headers_mut().extend(problem.headers.clone());
        response
    }

    fn show(&self, app: &App, status: StatusCode, notice: Option<&str>, refusal: Option<LoginRefusal<'_>>) -> Response {
        let Self { username, return_to, client } = *self;
        let registration_open = app.authority.rules.registration_open;
        html(status, LoginPage { username, return_to, client, registration_open, notice, refusal }.render())
    }
}
