//! `/password`: a new password.

use axum::response::{IntoResponse, Redirect, Response};
use counterfoil_core::authority::{AccountError, PasswordChange};
use counterfoil_core::password::Password;
use counterfoil_guard::Authenticated;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::behalf::OnBehalf;
use crate::http::{Body, Failure, Visitor};
use crate::pages::PasswordErrors;

/// The password until now, and from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// The one until now.
    #[schema(value_type = String, format = "password")]
    current_password: Password,
    /// The one from now on.
    #[schema(value_type = String, format = "password")]
    new_password: Password,
}

/// Changes the password. Every other login of the user ends, in every mode.
#[utoipa::path(
    post, path = "/password", request_body = Change, tag = "accounts", security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204),
        (status = 401, description = "Not logged in, or the current password is wrong (`invalid-credentials`)"),
        (status = 422, description = "`policy`, with the reason"),
    )
)]
pub(super) async fn change(
    OnBehalf(app): OnBehalf,
    Authenticated(identity): Authenticated,
    visitor: Visitor,
    Body(change): Body<Change>,
) -> Result<Response, Failure> {
    let change = PasswordChange { current: change.current_password, new: change.new_password };
    let error = match app.authority.change_password(&identity, change).await {
        Ok(()) if visitor.wants_page => return Ok(Redirect::to("/dashboard?notice=password-changed").into_response()),
        Ok(()) => return Ok(StatusCode::NO_CONTENT.into_response()),
        Err(error) => error,
    };
    let (wrong, policy) = match &error {
        AccountError::WrongPassword => (true, None),
        AccountError::Password(reason) => (false, Some(reason.to_string())),
        _ => (false, None),
    };
    let mut failure = Failure::from(error);
    if policy.is_some() {
        // The field is called otherwise here than at registration.
        failure.0.detail = failure.0.detail.replacen("`password`", "`new_password`", 1);
        let message = policy.clone().unwrap_or_default();
        failure.0 = failure.0.with("errors", serde_json::json!([{ "field": "new_password", "message": message }]));
    }
    if !visitor.wants_page {
        return Err(failure);
    }
    let Failure(problem) = failure;
    let errors = PasswordErrors {
        current: wrong.then_some("This is not your current password."),
        new: policy.as_deref(),
        form: (!wrong && policy.is_none()).then_some(problem.detail.as_str()),
    };
    let mut page = app.account_page(&identity, problem.status, None, errors).await?;
    page.headers_mut().extend(problem.headers);
    Ok(page)
}
