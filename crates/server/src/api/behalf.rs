//! On whose behalf a handler acts: what it does is written down with where its request comes from.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use counterfoil_core::audit::{Actor, Caller};
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

/// A refusal stands, whether it is written down or not.
fn told(noted: Result<(), StoreError>) {
    if let Err(error) = noted {
        tracing::error!(%error, "a refusal is not written down yet");
    }
}
