//! `/sessions`: the stored logins of whoever is logged in, and what the app keeps about the one in use.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use counterfoil_core::session::SessionData;
use counterfoil_guard::{Authenticated, CurrentSession, Problem};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::behalf::OnBehalf;
use super::view::SessionView;
use crate::http::body::invalid;
use crate::http::{self as request, Failure, Query};

/// How many logins are listed at the most: whoever has an account may have any number of them.
pub(super) const LISTED: usize = 100;

/// Stored logins.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionList {
    /// The newest 100, newest first; the one that asks is among them, however old it is.
    sessions: Vec<SessionView>,
}

/// Which login survives.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Keep {
    /// `current`: the one of this request.
    keep: Option<String>,
}

/// Lists the user's newest stored logins. Those of a client that stores none cannot be listed.
#[utoipa::path(
    get, path = "/sessions", tag = "logins", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = SessionList), (status = 401, description = "Not logged in"))
)]
pub(super) async fn list(
    State(app): State<App>,
    Authenticated(identity): Authenticated,
) -> Result<Json<SessionList>, Failure> {
    let newest = app.authority.newest_sessions(identity.user, LISTED, identity.session).await?;
    let sessions = newest.sessions.iter().map(|session| SessionView::new(session, identity.session)).collect();
    Ok(Json(SessionList { sessions }))
}

/// Ends one of the user's stored logins.
#[utoipa::path(
    delete, path = "/sessions/{id}", tag = "logins", security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "The session's id")),
    responses((status = 204), (status = 401, description = "Not logged in"), (status = 404, description = "The user has no such session"))
)]
pub(super) async fn end(
    OnBehalf(app): OnBehalf,
    Authenticated(identity): Authenticated,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let ended = match id.parse() {
        Ok(id) => app.authority.end_own_session(identity.user, id).await?,
        Err(_) => false,
    };
    if !ended {
        return Err(no_such_session().into());
    }
    let is_own = identity.session.is_some_and(|current| id.parse() == Ok(current));
    Ok(if is_own { app.logged_out(StatusCode::NO_CONTENT) } else { StatusCode::NO_CONTENT.into_response() })
}

/// Ends all of the user's logins, stored or not, in every mode.
#[utoipa::path(
    delete, path = "/sessions", tag = "logins", params(Keep), security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401, description = "Not logged in"))
)]
pub(super) async fn end_all(
    OnBehalf(app): OnBehalf,
    Authenticated(identity): Authenticated,
    Query(Keep { keep }): Query<Keep>,
) -> Result<Response, Failure> {
    let keep = match keep.as_deref() {
        None => false,
        Some("current") => true,
        Some(_) => return Err(invalid("keep", "expected `current`, or nothing").into()),
    };
    if !app.authority.end_all(&identity, keep).await? {
        return Err(Problem::unauthorized(true).into());
    }
    Ok(if keep { StatusCode::NO_CONTENT.into_response() } else { app.logged_out(StatusCode::NO_CONTENT) })
}

/// Reads what the app keeps about the login of this request.
#[utoipa::path(
    get, path = "/sessions/current/data", tag = "logins", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Object), (status = 401, description = "Not logged in"), (status = 404, description = "Nothing is stored about this login"))
)]
pub(super) async fn data(current: CurrentSession) -> Result<Json<SessionData>, Response> {
    current.data().await.map(Json).map_err(IntoResponse::into_response)
}

/// Replaces what the app keeps about the login of this request: a JSON object of up to 4 KiB.
#[utoipa::path(
    put, path = "/sessions/current/data", tag = "logins", request_body = Object, security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204),
        (status = 401, description = "Not logged in"),
        (status = 404, description = "Nothing is stored about this login"),
        (status = 413, description = "More than 4 KiB"),
    )
)]
pub(super) async fn replace_data(
    current: CurrentSession,
    request::Json(data): request::Json<SessionData>,
) -> Result<StatusCode, Response> {
    match current.replace_data(&data).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(error.into_response()),
    }
}

fn no_such_session() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", "You have no such session.")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use counterfoil_core::authority::{LoginRequest, NewUser};
    use counterfoil_core::credential::SecretHash;
    use counterfoil_core::id::SessionId;
    use counterfoil_core::password::Password;
    use counterfoil_core::session::{Grant, Origin, Reference, Session};
    use http::header::{ACCEPT, AUTHORIZATION};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::config::{Flags, Settings, Sources};

    #[tokio::test]
    async fn a_list_has_an_end_however_many_logins_there_are() {
        let flags = Flags::default().with("store.url", "--store", Some("memory:".to_owned()));
        let (settings, _) = Settings::load(&Sources { flags, ..Sources::default() }).unwrap();
        let app = crate::startup::open(&settings).await.unwrap().app(&settings);
        let password = || Password::new("four sleepy badgers".to_owned()).unwrap();
        let new = NewUser { username: "alice", email: None, password: password(), roles: [].into() };
        app.authority.add_user(new).await.unwrap();
        let (client, origin) = (Some("device"), Origin::default());
        let login = LoginRequest { login: "alice", password: password(), client, scope: None, origin };
        let issued = app.authority.login(login).await.unwrap();
        let sessions = &app.authority.stores.sessions;
        let session = sessions.by_id(issued.login).await.unwrap().unwrap();
        let hash = SecretHash::of(issued.secret.as_bytes());
        let (reference, _) = sessions.by_reference(&hash).await.unwrap().unwrap();
        for number in 0..=LISTED {
            let bytes = [u8::try_from(number + 100).unwrap(); 32];
            let id = SessionId::from_bytes(*bytes.first_chunk().unwrap());
            let hash = SecretHash::from_bytes(bytes);
            let grant = Grant::Reference(Reference { hash, session: id, ..reference.clone() });
            sessions.open(&Session { id, ..session.clone() }, &grant).await.unwrap();
        }
        let routes = crate::api::router(&app);
        let ask = async |path: &str, accept: &str| {
            let request = Request::builder().uri(path).header(ACCEPT, accept);
            let request = request.header(AUTHORIZATION, format!("Bearer {}", &*issued.secret));
            let answer = routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
        };
        for path in ["/sessions", "/dashboard"] {
            let listed: serde_json::Value = serde_json::from_str(&ask(path, "*/*").await).unwrap();
            let listed = listed["sessions"].as_array().unwrap();
            assert_eq!(listed.len(), 100, "{path}");
            let own: Vec<_> = listed.iter().filter(|login| login["current"] == true).collect();
            assert!(own.len() == 1 && own[0]["id"] == issued.login.to_string(), "{path}: {own:?}");
        }
        let page = ask("/dashboard", "text/html").await;
        assert_eq!(page.matches("<li class=\"login").count(), 100);
        assert!(page.contains("There may be older ones"), "{page}");
        assert_eq!(app.authority.sessions(session.user).await.unwrap().len(), 102, "whoever runs it sees them all");
    }
}
