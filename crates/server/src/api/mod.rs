//! The HTTP interface: every route on one screen, one file for each.

mod account;
mod answer;
mod behalf;
mod dashboard;
mod exchange;
mod health;
mod last_resort;
mod link;
mod login;
mod logout;
mod openapi;
mod password;
mod problems;
mod profile;
mod refresh;
mod register;
mod return_to;
mod sessions;
mod setup;
mod verify;
mod view;
mod well_known;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRef, Request};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use counterfoil_core::authority::Authority;
use counterfoil_guard::{Guard, Origins, Problem, Responder};
use http::StatusCode;

use crate::http::address::Proxies;
use crate::http::body::Limit;
use crate::http::headers::{Ids, every_answer};
use crate::listener::Refusal;

pub use logout::LeavesBehind;
pub use openapi::document as openapi_document;

/// What handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// What changes accounts and logins.
    pub authority: Arc<Authority>,
    /// What recognises requests: the same guard that other apps use.
    pub guard: Guard,
    /// Whether browsers reach us over HTTPS, which decides the names of cookies.
    pub https: bool,
    /// The most that a request's body may hold, in bytes.
    pub body_limit: usize,
    /// The proxies that say whom they speak for.
    pub proxies: Proxies,
    /// Whether sessions are kept in a store of their own, which can be down by itself.
    pub sessions_apart: bool,
    /// What a log-out leaves in its browser.
    pub leaves_behind: LeavesBehind,
    probe: health::Probe,
}

impl App {
    /// An interface to `authority`, under the guard's site.
    pub fn new(
        authority: Arc<Authority>,
        guard: &Guard,
        body_limit: usize,
        proxies: Proxies,
        sessions_apart: bool,
    ) -> Self {
        let https = matches!(guard.origins(), Origins::Public(public) if public.starts_with("https://"));
        let guard = guard.clone();
        let probe = health::Probe::default();
        let leaves_behind = LeavesBehind::Nothing;
        let app = Self { authority, guard, https, body_limit, proxies, sessions_apart, leaves_behind, probe };
        let asked = app.clone();
        let turn_away: Responder = Arc::new(move |parts, denial| {
            asked.note_denial(parts, denial);
            account::turn_away(&asked.guard, parts, denial)
        });
        Self { guard: app.guard.answering(turn_away), ..app }
    }
}

impl FromRef<App> for Proxies {
    fn from_ref(app: &App) -> Self {
        app.proxies.clone()
    }
}

/// Every route of the server.
pub fn router(app: &App) -> Router {
    let operators = Router::new()
        .route("/", get(account::front))
        .route("/openapi.json", get(openapi::show))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    // Forward-auth for a proxy that asks with the method and, behind this, the address of the request that it holds back.
    let held_back = Router::new()
        .route("/verify/request/", any(verify::verify_held_back))
        .route("/verify/request/{*path}", any(verify::verify_held_back))
        .route_layer(app.guard.required())
        .route_layer(map_request(verify::as_it_came));
    finished(account_routes(app).merge(operators).merge(held_back).fallback(unknown_path), app)
}

/// The routes for an app that embeds its accounts: `/`, its health and what it says at unknown addresses are its own.
pub fn embedded_router(app: &App) -> Router {
    finished(account_routes(app), app)
}

fn account_routes(app: &App) -> Router<App> {
    let known = app.guard.required();
    let plainly_known = app.guard.answering(Arc::new(account::turn_away_plainly)).required();

    // Whoever brings a credential that counts.
    let own = Router::new()
        .route("/profile", get(profile::show))
        .route("/dashboard", get(dashboard::show))
        .route("/exchange", post(exchange::exchange))
        .route("/sessions", get(sessions::list).delete(sessions::end_all))
        .route("/sessions/{id}", axum::routing::delete(sessions::end))
        .route("/sessions/current/data", get(sessions::data).put(sessions::replace_data))
        .route("/password", post(password::change))
        .route("/account/sessions/{id}/end", post(account::end_session))
        .route("/account/sessions/end-others", post(account::end_other_sessions))
        .route_layer(known);
    let forward_auth = Router::new().route("/verify", get(verify::verify)).route_layer(plainly_known);

    // Anybody.
    let open = Router::new()
        .route("/register", get(register::page).post(register::register))
        .route("/login", get(login::page).post(login::login))
        .route("/logout", post(logout::logout))
        .route("/refresh", post(refresh::refresh))
        .route("/refresh/page", get(refresh::page))
        .route("/refresh/logout", post(refresh::log_out))
        .route("/setup", get(setup::page).post(setup::set_up))
        .route("/.well-known/jwks.json", get(well_known::jwks))
        .route("/problems/{slug}", get(problems::explain))
        .route("/assets/{name}", get(account::asset));
    open.merge(own).merge(forward_auth)
}

/// What holds for every answer.
fn finished(routes: Router<App>, app: &App) -> Router {
    let ids = Ids { clock: app.authority.clock.clone(), entropy: app.authority.entropy.clone(), https: app.https };
    routes
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(app.body_limit))
        .layer(Extension(Limit(app.body_limit)))
        .layer(from_fn_with_state(app.clone(), last_resort::to_the_end))
        .layer(from_fn(account::show_problems))
        .layer(from_fn_with_state(ids, every_answer))
        .with_state(app.clone())
}

/// A request that the listener has refused is at an unknown path as well, and has its reason with it.
async fn unknown_path(refusal: Option<Extension<Refusal>>) -> Problem {
    if let Some(Extension(refusal)) = refusal {
        return refusal.into();
    }
    Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", "There is nothing at this address.")
}

async fn wrong_method(request: Request) -> Problem {
    let detail = format!("{} is not done here; the Allow header says what is.", request.method());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Wrong method", detail)
}
