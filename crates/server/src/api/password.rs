//! `/password`: a new password.

use axum::Extension;
use axum::response::{IntoResponse, Redirect, Response};
use counterfoil_core::authority::{AccountError, Changed, PasswordChange};
use counterfoil_core::credential::{Identity, Transport};
use counterfoil_core::password::Password;
use counterfoil_guard::Recognised;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
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

/// Changes the password. Every other login of the user ends, in every mode. A login whose credential came in a cookie gets a new
/// one, and the old one counts no more.
#[utoipa::path(
    post, path = "/password", request_body = Change, tag = "accounts", security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Changed; whoever came with a cookie has a new one"),
        (status = 401, description = "Not logged in, or the current password is wrong (`invalid-credentials`)"),
        (status = 422, description = "`policy`, with the reason"),
        (status = 429, description = "`too-many-attempts`: the account waits for `Retry-After` seconds, or its password is locked"),
    )
)]
pub(super) async fn change(
    OnBehalf(app): OnBehalf,
    Extension(recognised): Extension<Recognised>,
    visitor: Visitor,
    Body(change): Body<Change>,
) -> Response {
    let identity = &recognised.identity;
    let change = PasswordChange { current: change.current_password, new: change.new_password };
    let Changed { result, successor } = if app.takes_cookies(&recognised) {
        app.authority.change_password_anew(identity, change, visitor.origin).await
    } else {
        // The answer has no body to hand anything out in, so whoever has a bearer token keeps it.
        Changed { result: app.authority.change_password(identity, change).await, successor: None }
    };
    let mut response = match result {
        Ok(()) if visitor.wants_page => Redirect::to("/dashboard?notice=password-changed").into_response(),
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => app.refuse_change(identity, visitor.wants_page, error).await.into_response(),
    };
    // With a failure too: where only the answer of the store was lost, the old id counts no more.
    if let Some(issued) = &successor {
        app.set_cookies(response.headers_mut(), issued);
    }
    response
}

impl App {
    /// Whether what a request came with is replaced by a cookie: it came in one, and its client's credentials still do.
    fn takes_cookies(&self, recognised: &Recognised) -> bool {
        let client = self.authority.clients.find(recognised.identity.client.as_str());
        recognised.transport == Transport::Cookie && client.is_some_and(|client| client.transport == Transport::Cookie)
    }

    async fn refuse_change(
        &self,
        identity: &Identity,
        wants_page: bool,
        error: AccountError,
    ) -> Result<Response, Failure> {
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
        if !wants_page {
            return Err(failure);
        }
        let Failure(problem) = failure;
        let errors = PasswordErrors {
            current: wrong.then_some("This is not your current password."),
            new: policy.as_deref(),
            form: (!wrong && policy.is_none()).then_some(problem.detail.as_str()),
        };
        let mut page = self.account_page(identity, problem.status, None, errors).await?;
        page.headers_mut().extend(problem.headers);
        Ok(page)
    }
}
