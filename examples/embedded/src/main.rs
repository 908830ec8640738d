//! An axum app with accounts of its own: registering, logging in and out, a page for users, one for administrators, and a
//! note that each login keeps. Everything is in this process and in one SQLite file.
//!
//! Run it with `cargo run -p embedded`, and open <http://127.0.0.1:3000/>.

use axum::response::Redirect;
use axum::routing::get;
use axum::{Json, Router};
use counterfoil::Embedded;
use counterfoil_guard::{Authenticated, CurrentSession, SessionDataError};
use serde_json::{Map, Value};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let database = arguments.next().unwrap_or_else(|| "embedded.db".to_owned());
    let listener = TcpListener::bind(arguments.next().as_deref().unwrap_or("127.0.0.1:3000")).await?;
    println!("listening on http://{}", listener.local_addr()?);

    let accounts = Embedded::open(database, None).await?;
    let guard = accounts.guard();
    let for_users = Router::new().route("/hello", get(hello)).route("/note", get(note).put(keep_note));
    let for_admins = Router::new().route("/admin", get(|| async { "the engine room" }));
    let app = Router::new()
        .route("/", get(|| async { Redirect::to("/dashboard") }))
        .merge(for_users.route_layer(guard.required()))
        .merge(for_admins.route_layer(guard.role("admin")))
        .merge(accounts.routes());
    Ok(axum::serve(listener, app).await?)
}

async fn hello(Authenticated(identity): Authenticated) -> String {
    format!("Hello, {}!", identity.username)
}

async fn note(session: CurrentSession) -> Result<Json<Map<String, Value>>, SessionDataError> {
    session.data().await.map(Json)
}

async fn keep_note(session: CurrentSession, Json(note): Json<Map<String, Value>>) -> Result<(), SessionDataError> {
    session.replace_data(&note).await
}
