//! `/setup`: the first administrator, made by whoever has the link that the server printed.

use askama::Template as _;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use counterfoil_core::authority::SetupError;
use counterfoil_core::password::Password;
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
use super::account::html;
use super::behalf::OnBehalf;
use super::register::{Registered, Texts};
use crate::http::{Body, Failure, Visitor};
use crate::pages::{NewAccountErrors, SetupPage};

/// The first administrator's account, and the code from the link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstUser {
    /// The code from the link.
    code: String,
    /// The name to log in with.
    username: String,
    /// An e-mail address to log in with as well.
    email: Option<String>,
    /// The password.
    #[schema(value_type = String, format = "password")]
    password: Password,
}

/// What the link says.
#[derive(Deserialize)]
pub(super) struct Link {
    code: String,
}

/// The form. Looking at it does not use the link up.
pub(super) async fn page(
    State(app): State<App>,
    link: Result<Query<Link>, QueryRejection>,
) -> Result<Response, Failure> {
    if let Ok(Query(Link { code })) = link
        && app.authority.setup_code_counts(&code).await?
    {
        return Ok(form(&app, StatusCode::OK, &code, "", "", NewAccountErrors::default()));
    }
    Err(SetupError::BadCode.into())
}

/// Makes the first administrator.
#[utoipa::path(
    post, path = "/setup", request_body = FirstUser, tag = "accounts",
    responses(
        (status = 201, body = Registered),
        (status = 403, description = "The link does not count, or no longer; or `cross-site`"),
        (status = 422, description = "`policy` or `invalid-request`, with the field and the reason"),
    )
)]
pub(super) async fn set_up(
    OnBehalf(app): OnBehalf,
    visitor: Visitor,
    uri: Uri,
    headers: HeaderMap,
    Body(first): Body<FirstUser>,
) -> Response {
    if app.guard.origins().proven(&uri, &headers) == Some(false) {
        return app.cross_site().into_response();
    }
    let FirstUser { code, username, email, password } = first;
    match app.authority.set_up(&code, &username, email.as_deref(), password).await {
        Ok(_) if visitor.wants_page => Redirect::to("/login?notice=registered").into_response(),
        Ok(user) => (StatusCode::CREATED, Json(Registered { user: (&user).into() })).into_response(),
        Err(SetupError::Account(error)) if visitor.wants_page => {
            let texts = Texts::of(error);
            let email = email.unwrap_or_default();
            let page = form(&app, texts.status, &code, &username, &email, texts.errors());
            (texts.headers, page).into_response()
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

fn form(
    app: &App,
    status: StatusCode,
    code: &str,
    username: &str,
    email: &str,
    errors: NewAccountErrors<'_>,
) -> Response {
    let minimum_length = app.authority.password_policy.min_chars();
    html(status, SetupPage { code, username, email, minimum_length, errors }.render())
}
