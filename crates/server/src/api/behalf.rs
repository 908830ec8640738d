//! On whose behalf a handler acts: what it does is written down with where its request comes from.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use counterfoil_core::audit::{Actor, Caller, Entry, Event};
use counterfoil_core::session::Origin;
use counterfoil_core::store::StoreError;
use counterfoil_guard::Denial;
use futures_util::FutureExt as _;
use http::request::Parts;

use super::App;
use crate::http::headers::RequestId;
use crate::http::{Failure, Visitor};

/// The interface as this request uses it.
pub(super) struct OnBehalf(pub(super) App);

impl FromRequestParts<App> for OnBehalf {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let Ok(visitor) = Visitor::from_request_parts(parts, app).await;
        let authority = app.authority.on_behalf_of(caller(parts, visitor.origin));
        Ok(Self(App { authority: Arc::new(authority), ..app.clone() }))
    }
}

fn caller(parts: &Parts, origin: Origin) -> Caller {
    let id = parts.extensions.get::<RequestId>().and_then(|RequestId(id)| id.to_str().ok());
    Caller { actor: Actor::Nobody, origin, request: id.map(str::to_owned) }
}

impl App {
    /// The refusal of a request that another site has sent a browser with, which is written down.
    pub(super) fn cross_site(&self) -> Failure {
        let authority = self.authority.clone();
        tokio::spawn(async move { told(authority.refused_cross_site().await) });
        Failure(Denial::CrossSite.problem())
    }

    /// Writes down that a request has ended in a panic.
    pub(super) fn note_crash(&self, id: Option<&RequestId>) {
        let request = id.and_then(|RequestId(id)| id.to_str().ok()).map(str::to_owned);
        let authority = self.authority.on_behalf_of(Caller { request, ..Caller::default() });
        tokio::spawn(async move { told(authority.record([Entry::new(Event::SysCrash).failed()]).await) });
    }

    /// Writes down, without letting anybody wait for it, that a request was turned away for what it wanted or where it came from.
    pub(super) fn note_denial(&self, parts: &Parts, denial: &Denial) {
        let lacks = match denial {
            Denial::CrossSite => None,
            Denial::Role(_) => Some("role"),
            Denial::Scope(_) => Some("scope"),
            Denial::Anonymous | Denial::Refused | Denial::Ambiguous | Denial::Unsure => return,
        };
        let visitor = Visitor::from_request_parts(&mut parts.clone(), self).now_or_never();
        let origin = visitor.map(|Ok(visitor)| visitor.origin).unwrap_or_default();
        let authority = self.authority.on_behalf_of(caller(parts, origin));
        // Whoever lacks a right was recognised a moment ago.
        let found = self.guard.present(&parts.headers).ok().flatten();
        let identity = lacks.and(found).and_then(|found| self.guard.verifier().recall(found.text));
        tokio::spawn(async move {
            told(match lacks {
                None => authority.refused_cross_site().await,
                Some(what) => authority.refused_without_right(identity.as_deref(), what).await,
            });
        });
    }
}

/// What has happened has, whether it is written down or not.
fn told(noted: Result<(), StoreError>) {
    if let Err(error) = noted {
        tracing::error!(%error, "what happened is not written down yet");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::routing::get;
    use counterfoil_core::audit::Record;
    use counterfoil_core::authority::{LoginRequest, NewUser};
    use counterfoil_core::id::Role;
    use counterfoil_core::password::Password;
    use counterfoil_core::store::AuditFilter;
    use http::StatusCode;
    use http::header::AUTHORIZATION;
    use tower::ServiceExt as _;

    use super::*;
    use crate::config::{Flags, Settings, Sources};

    #[tokio::test]
    async fn lo_01_who_lacks_a_role_is_written_down() {
        let flags = Flags::default().with("store.url", "--store", Some("memory:".to_owned()));
        let (settings, _) = Settings::load(&Sources { flags, ..Sources::default() }).unwrap();
        let app = crate::startup::open(&settings).await.unwrap().app(&settings);
        let password = || Password::new("four sleepy badgers".to_owned()).unwrap();
        let roles = [Role::parse("user").unwrap()].into();
        let new = NewUser { username: "alice", email: None, password: password(), roles };
        let user = app.authority.add_user(new).await.unwrap();
        let (client, origin) = (Some("device"), Origin::default());
        let login = LoginRequest { login: "alice", password: password(), client, scope: None, origin };
        let issued = app.authority.login(login).await.unwrap();
        let routes = Router::new().route("/admin", get(|| async { "hello" })).route_layer(app.guard.role("admin"));
        let request = Request::builder().uri("/admin").header(AUTHORIZATION, format!("Bearer {}", &*issued.secret));
        let answer = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let filter = AuditFilter { event: Some(Event::AuthzFail.name().to_owned()), ..AuditFilter::default() };
        let mut rows = Vec::new();
        for _ in 0..6000 {
            rows = app.authority.stores.audit.latest(9, &filter).await.unwrap();
            if !rows.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let records: Vec<_> = rows.into_iter().map(|row| Record::try_from(row).unwrap()).collect();
        assert_eq!(records.len(), 1, "once");
        assert_eq!((records[0].user, &records[0].actor), (Some(user.id), &Actor::User(user.id)));
        assert_eq!(records[0].details["lacks"], "role");
    }
}
