//! `/openapi.json`: this interface, for programs. Made from the code, so it cannot drift from it.

use axum::Json;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    dashboard, exchange, health, login, logout, password, profile, refresh, register, sessions, setup, verify,
    well_known,
};

/// Everything in `http.md`'s table that is built.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Counterfoil",
        description = "Accounts and logins. Whether the server remembers a login or the token carries it is a setting of each client. Errors are RFC 9457 problem documents."
    ),
    paths(
        register::register, login::login, logout::logout, refresh::refresh, exchange::exchange, profile::show, dashboard::show,
        sessions::list, sessions::end, sessions::end_all, sessions::data, sessions::replace_data, password::change, setup::set_up,
        verify::verify, well_known::jwks, health::alive, health::ready, show,
    ),
    modifiers(&Credentials),
    tags(
        (name = "accounts", description = "Who may log in"),
        (name = "logins", description = "Logging in and being recognised"),
        (name = "operators", description = "For whoever runs this"),
    )
)]
struct Document;

/// Where a credential may stand.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKeyValue::with_description("session_id", "Or `token`; over HTTPS with the prefix `__Host-`.");
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The document.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operators", responses((status = 200, body = Object)))]
pub(super) async fn show() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}
