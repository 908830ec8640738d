//! `/profile`: who is logged in.

use axum::Json;
use axum::extract::State;
use counterfoil_core::account::User;
use counterfoil_core::credential::Identity;
use counterfoil_guard::{Authenticated, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::view::{CredentialView, UserView};
use crate::http::Failure;

/// Who is logged in, and by what.
#[derive(Serialize, ToSchema)]
pub(super) struct Profile {
    /// Who.
    user: UserView,
    /// By what.
    credential: CredentialView,
}

/// Tells who is logged in.
#[utoipa::path(
    get, path = "/profile", tag = "accounts", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Profile), (status = 401, description = "Not logged in"))
)]
pub(super) async fn show(
    State(app): State<App>,
    Authenticated(identity): Authenticated,
) -> Result<Json<Profile>, Failure> {
    let user = app.own_user(&identity).await?;
    Ok(Json(Profile { user: (&user).into(), credential: (&*identity).into() }))
}

impl App {
    /// The user that a request speaks for.
    pub(super) async fn own_user(&self, identity: &Identity) -> Result<User, Failure> {
        let user = self.authority.stores.users.by_id(identity.user).await?;
        // Deleted since the credential was recognised, a moment ago.
        user.ok_or_else(|| Problem::unauthorized(true).into())
    }
}
