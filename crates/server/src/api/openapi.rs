//! `/openapi.json`: this interface, for programs. Made from the code, so it cannot drift from it.

use axum::Json;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Schema};
use utoipa::{Modify, OpenApi, ToSchema};

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
    components(schemas(ProblemDocument)),
    modifiers(&Credentials, &Commonplace),
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

/// What went wrong (RFC 9457).
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "the documents themselves are made by the guard")]
struct ProblemDocument {
    /// What kind of problem it is, for programs: `/problems/` and a word that stays the same.
    r#type: String,
    /// The same in a few words.
    title: String,
    /// The status of the answer.
    status: u16,
    /// What it is this time, and what to do.
    detail: String,
    /// Which fields are wrong.
    #[schema(nullable = false)]
    errors: Option<Vec<WrongField>>,
}

/// A field that is not as it should be.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the documents themselves are made by the guard")]
struct WrongField {
    /// Its name.
    field: String,
    /// What is wrong with it.
    message: String,
}

/// What holds for many operations alike, and is said at none of them.
struct Commonplace;

impl Modify for Commonplace {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in operations(item) {
                operation.operation_id = Some(operation_id(method, path));
                complete_body(path, operation);
                complete_responses(method, operation);
            }
        }
    }
}

/// The paths whose bodies may also be forms, as pages send them.
const FORMS: [&str; 6] = ["/login", "/logout", "/password", "/refresh", "/register", "/setup"];

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, .. } = item;
    let all = [("get", get), ("put", put), ("post", post), ("delete", delete)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Such as `get_sessions_current_data`: no two operations have the same method and path.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

fn complete_body(path: &str, operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    // One that may be left out is no `null`.
    for content in body.content.values_mut() {
        if let RefOr::T(Content { schema: Some(schema), .. }) = content
            && let RefOr::T(Schema::OneOf(either)) = &*schema
            && let Some(named) = either.items.iter().find(|item| matches!(item, RefOr::Ref(_))).cloned()
        {
            *schema = named;
        }
    }
    if FORMS.contains(&path)
        && let Some(json) = body.content.get("application/json").cloned()
    {
        body.content.insert("application/x-www-form-urlencoded".to_owned(), json);
    }
}

fn complete_responses(method: &str, operation: &mut Operation) {
    let has_body = operation.request_body.is_some();
    let is_known = operation.security.is_some();
    let in_query = |parameter: &RefOr<_>| {
        matches!(parameter, RefOr::T(utoipa::openapi::path::Parameter { parameter_in: ParameterIn::Query, .. }))
    };
    let has_query = operation.parameters.iter().flatten().any(in_query);
    let responses = &mut operation.responses.responses;
    let of_body = ["400", "413", "415", "422"].into_iter().filter(|_| has_body);
    let of_query = std::iter::once("422").filter(|_| has_query);
    let of_credential = ["400", "401", "503"].into_iter().filter(|_| is_known);
    let of_cookie = std::iter::once("403").filter(|_| is_known && method != "get");
    for status in of_body.chain(of_query).chain(of_credential).chain(of_cookie).chain(["default"]) {
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(Response::default()));
    }
    for (status, response) in responses {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            description(status).clone_into(&mut response.description);
        }
        if response.content.is_empty() && !status.starts_with('2') {
            let problem = Content::new(Some(Ref::from_schema_name("Problem")));
            response.content.insert("application/problem+json".to_owned(), RefOr::T(problem));
        }
        if let Some((name, what)) = header(status) {
            let header = HeaderBuilder::new().description(Some(what)).build();
            response.headers.insert(name.to_owned(), RefOr::T(header));
        }
    }
}

/// What a status means where nothing else is said about it.
fn description(status: &str) -> &'static str {
    match status {
        "200" => "Done; the answer is in the body",
        "201" => "Made",
        "204" => "Done; there is nothing more to say",
        "400" => "`malformed`: the request cannot be read; or `ambiguous-credentials`: it brings two",
        "401" => "Not logged in",
        "403" => "`cross-site`: it rides on a cookie, and does not come from a page of this site",
        "413" => "`too-large`: the body is longer than is taken",
        "415" => "`unsupported-media-type`: the body is of a media type that is not read",
        "422" => "`invalid-request`, with the field",
        "503" => "`unavailable`: try again after `Retry-After` seconds",
        _ => "Any other problem",
    }
}

/// The header that every answer of a status has, and what it says.
fn header(status: &str) -> Option<(&'static str, &'static str)> {
    match status {
        "401" => Some(("WWW-Authenticate", "`Bearer` (RFC 6750), with an `error` where a credential was presented")),
        "429" | "503" => Some(("Retry-After", "The seconds after which to try again")),
        _ => None,
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
