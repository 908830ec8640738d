//! `/register`: making an account.

use askama::Template as _;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use counterfoil_core::authority::AccountError;
use counterfoil_core::password::Password;
use http::{HeaderMap, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::account::html;
use super::behalf::OnBehalf;
use super::link::Link;
use super::view::UserView;
use crate::http::{Body, Failure, Visitor};
use crate::pages::{NewAccountErrors, RegisterPage};

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Registration {
    /// The name to log in with.
    pub(super) username: String,
    /// An e-mail address to log in with as well.
    pub(super) email: Option<String>,
    /// The password; see the policy in the 422 that a bad one gets.
    #[schema(value_type = String, format = "password")]
    pub(super) password: Password,
    /// Where a browser goes afterwards.
    #[schema(ignore)]
    pub(super) return_to: Option<String>,
}

/// The account that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct Registered {
    /// It.
    pub(super) user: UserView,
}

/// The form.
pub(super) async fn page(State(app): State<App>, link: Link) -> Response {
    if !app.authority.rules.registration_open {
        return Failure::from(AccountError::RegistrationClosed).into_response();
    }
    form(&app, StatusCode::OK, "", "", link.sole("return_to"), NewAccountErrors::default())
}

/// Makes an account.
#[utoipa::path(
    post, path = "/register", request_body = Registration, tag = "accounts",
    responses(
        (status = 201, body = Registered),
        (status = 403, description = "`registration-closed`, or `cross-site`"),
        (status = 409, description = "`taken`: the username or the e-mail address"),
        (status = 429, description = "`too-many-attempts`: this address waits for `Retry-After` seconds"),
        (status = 422, description = "`policy` or `invalid-request`, with the field and the reason"),
    )
)]
pub(super) async fn register(
    OnBehalf(app): OnBehalf,
    visitor: Visitor,
    uri: Uri,
    headers: HeaderMap,
    Body(new): Body<Registration>,
) -> Response {
    if app.guard.origins().proven(&uri, &headers) == Some(false) {
        return app.cross_site().into_response();
    }
    let Registration { username, email, password, return_to } = new;
    match app.authority.register_from(visitor.origin.ip, &username, email.as_deref(), password).await {
        Ok(_) if visitor.wants_page => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("notice", "registered")
                .extend_pairs(return_to.map(|return_to| ("return_to", return_to)))
                .finish();
            Redirect::to(&format!("/login?{query}")).into_response()
        }
        Ok(user) => (StatusCode::CREATED, Json(Registered { user: (&user).into() })).into_response(),
        Err(error) if visitor.wants_page => {
            let texts = Texts::of(error);
            let email = email.unwrap_or_default();
            let page = form(&app, texts.status, &username, &email, return_to.as_deref(), texts.errors());
            (texts.headers, page).into_response()
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

fn form(
    app: &App,
    status: StatusCode,
    username: &str,
    email: &str,
    return_to: Option<&str>,
    errors: NewAccountErrors<'_>,
) -> Response {
    let minimum_length = app.authority.password_policy.min_chars();
    html(status, RegisterPage { username, email, minimum_length, return_to, errors }.render())
}

/// An account that was not made, as the form shows it.
pub(super) struct Texts {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    username: Option<String>,
    email: Option<String>,
    password: Option<String>,
    form: Option<String>,
}

impl Texts {
    pub(super) fn of(error: AccountError) -> Self {
        let (status, headers) = (StatusCode::OK, HeaderMap::new());
        let mut texts = Self { status, headers, username: None, email: None, password: None, form: None };
        match &error {
            AccountError::Username(reason) => texts.username = Some(reason.to_string()),
            AccountError::UsernameTaken => {
                texts.username = Some("Somebody else has this name: choose another.".to_owned());
            }
            AccountError::Email(reason) => texts.email = Some(reason.to_string()),
            AccountError::EmailTaken => texts.email = Some("There is an account with this address already.".to_owned()),
            AccountError::Password(reason) => texts.password = Some(reason.to_string()),
            _ => {}
        }
        let Failure(problem) = error.into();
        (texts.status, texts.headers) = (problem.status, problem.headers);
        if [&texts.username, &texts.email, &texts.password].iter().all(|text| text.is_none()) {
            texts.form = Some(problem.detail);
        }
        texts
    }

    pub(super) fn errors(&self) -> NewAccountErrors<'_> {
        NewAccountErrors {
            username: self.username.as_deref(),
            email: self.email.as_deref(),
            password: self.password.as_deref(),
            form: self.form.as_deref(),
        }
    }
}
