//! `/dashboard`: the account page, and the same for programs.

use askama::Template as _;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use counterfoil_core::Clock as _;
use counterfoil_core::Timestamp;
use counterfoil_core::account::User;
use counterfoil_core::credential::Identity;
use counterfoil_core::session::Session;
use counterfoil_guard::Authenticated;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::account::html;
use super::sessions::LISTED;
use super::view::{CredentialView, SessionView, UserView};
use crate::http::{Failure, Visitor};
use crate::pages::{AccountPage, LoginEntry, Moment, PasswordErrors, Profile, UnlistedLogin};

/// Who is logged in, by what, and where else.
#[derive(Serialize, ToSchema)]
pub(super) struct Dashboard {
    /// Who.
    user: UserView,
    /// By what.
    credential: CredentialView,
    /// The newest 100 stored logins of the user, newest first.
    sessions: Vec<SessionView>,
}

/// What a redirect to the page may say.
#[derive(Deserialize)]
pub(super) struct Link {
    notice: Option<String>,
}

/// The account page in a browser, JSON otherwise.
#[utoipa::path(
    get, path = "/dashboard", tag = "accounts", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Dashboard), (status = 401, description = "Not logged in; a browser is sent to `/login`"))
)]
pub(super) async fn show(
    State(app): State<App>,
    Authenticated(identity): Authenticated,
    visitor: Visitor,
    link: Result<Query<Link>, QueryRejection>,
) -> Result<Response, Failure> {
    let notice = link.ok().and_then(|Query(link)| link.notice);
    if visitor.wants_page {
        let notice = match notice.as_deref() {
            Some("password-changed") => Some(AccountPage::PASSWORD_CHANGED),
            Some("login-ended") => Some(AccountPage::LOGIN_ENDED),
            Some("not-done") => Some(AccountPage::NOT_DONE),
            Some("others-ended") => Some(AccountPage::OTHERS_ENDED),
            _ => None,
        };
        return app.account_page(&identity, StatusCode::OK, notice, PasswordErrors::default()).await;
    }
    let user = app.own_user(&identity).await?;
    let newest = app.authority.newest_sessions(user.id, LISTED, identity.session).await?;
    let sessions = newest.sessions.iter().map(|session| SessionView::new(session, identity.session)).collect();
    Ok(Json(Dashboard { user: (&user).into(), credential: (&*identity).into(), sessions }).into_response())
}

impl App {
    /// The account page.
    pub(super) async fn account_page(
        &self,
        identity: &Identity,
        status: StatusCode,
        notice: Option<&str>,
        password_errors: PasswordErrors<'_>,
    ) -> Result<Response, Failure> {
        let user = self.own_user(identity).await?;
        let newest = self.authority.newest_sessions(user.id, LISTED, identity.session).await?;
        let now = self.authority.clock.now();
        let page = AccountPage {
            holder: user.username.as_str(),
            profile: profile(&user, now),
            logins: newest.sessions.iter().map(|session| entry(session, identity, now)).collect(),
            has_more: newest.has_more,
            unlisted: unlisted(identity, now),
            minimum_length: self.authority.password_policy.min_chars(),
            password_errors,
            notice,
        };
        Ok(html(status, page.render()))
    }
}

fn profile(user: &User, now: Timestamp) -> Profile {
    Profile {
        username: user.username.as_str().to_owned(),
        email: user.email.as_ref().map(|email| email.as_str().to_owned()),
        roles: user.roles.iter().map(ToString::to_string).collect(),
        member_since: moment(user.created_at, now),
    }
}

fn entry(session: &Session, identity: &Identity, now: Timestamp) -> LoginEntry {
    LoginEntry {
        id: session.id.to_string(),
        client: session.client.to_string(),
        kind: session.kind.to_string(),
        ip: session.origin.ip.map(|ip| ip.to_string()),
        user_agent: session.origin.user_agent.clone(),
        started: moment(session.authenticated_at, now),
        last_seen: moment(session.last_seen_at, now),
        expires: moment(session.expires_at, now),
        current: identity.session == Some(session.id),
    }
}

/// A login that nothing is stored about cannot be listed.
fn unlisted(identity: &Identity, now: Timestamp) -> Option<UnlistedLogin> {
    let client = identity.client.to_string();
    identity.session.is_none().then(|| UnlistedLogin { client, expires: moment(identity.expires_at, now) })
}

fn moment(at: Timestamp, now: Timestamp) -> Moment {
    Moment::new(at.as_millis(), now.as_millis())
}
