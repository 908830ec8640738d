//! The tower layer.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use counterfoil_core::credential::{Identity, Kind, Presented, Transport};
use counterfoil_core::verifier::{Denied, Unsure, Verifier};
use futures_util::future::{BoxFuture, Either, FutureExt as _, MapOk, TryFutureExt as _};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use tower_layer::Layer;
use tower_service::Service;

use crate::deny::{Denial, Responder};
use crate::origin::Origins;
use crate::present::{CookieNames, Found, present};

/// Recognises who a request speaks for. Cheap to clone.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    verifier: Arc<Verifier>,
    names: CookieNames,
    origins: Origins,
    responder: Responder,
}

/// What was recognised: an extension of the request.
#[derive(Clone)]
pub struct Recognised {
    /// Who the request speaks for.
    pub identity: Arc<Identity>,
    /// How the credential came.
    pub transport: Transport,
    /// Who recognised it.
    pub(crate) guard: Guard,
}

/// What a layer demands beyond a credential that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// Nothing, not even a credential: whoever brings none is let through unrecognised.
    Nothing,
    /// Any identity.
    Identity,
    /// A role.
    Role(Arc<str>),
    /// A scope.
    Scope(Arc<str>),
}

impl Guard {
    /// A guard that asks `verifier`. Whether the site is served over HTTPS decides the names of its cookies.
    pub fn new(verifier: Arc<Verifier>, origins: Origins) -> Self {
        let https = matches!(&origins, Origins::Public(public) if public.starts_with("https://"));
        let names = CookieNames::new(verifier.clients(), https);
        Self(Arc::new(Inner { verifier, names, origins, responder: Denial::responder() }))
    }

    /// The same, with answers of the app's own to requests that are turned away.
    #[must_use]
    pub fn answering(&self, responder: Responder) -> Self {
        let Inner { verifier, names, origins, .. } = &*self.0;
        let (verifier, names, origins) = (verifier.clone(), names.clone(), origins.clone());
        Self(Arc::new(Inner { verifier, names, origins, responder }))
    }

    /// A layer that lets only recognised requests through.
    pub fn required(&self) -> GuardLayer {
        self.demanding(Demand::Identity)
    }

    /// A layer that recognises whoever brings a credential, and lets everybody else through too. A credential that does not
    /// count is refused all the same.
    pub fn optional(&self) -> GuardLayer {
        self.demanding(Demand::Nothing)
    }

    /// A layer that lets only users with a role through.
    pub fn role(&self, role: &str) -> GuardLayer {
        self.demanding(Demand::Role(role.into()))
    }

    /// A layer that lets only credentials with a scope through.
    pub fn scope(&self, scope: &str) -> GuardLayer {
        self.demanding(Demand::Scope(scope.into()))
    }

    fn demanding(&self, demand: Demand) -> GuardLayer {
        GuardLayer { guard: self.clone(), demand }
    }

    /// What counts as a page of this site.
    pub fn origins(&self) -> &Origins {
        &self.0.origins
    }

    /// Who recognises credentials.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.0.verifier
    }

    /// The one credential that a request brings.
    pub fn present<'a>(&self, headers: &'a http::HeaderMap) -> Result<Option<Found<'a>>, Denial> {
        present(headers, &self.0.names).map_err(|_| Denial::Ambiguous)
    }

    /// Answers a request that is turned away.
    pub fn turn_away(&self, request: Request, denial: &Denial) -> Response {
        (self.0.responder)(&request.into_parts().0, denial)
    }

    /// What can be said without waiting: nearly always everything.
    fn check(&self, request: &Request, demand: &Demand) -> Check {
        let found = match self.present(request.headers()) {
            Ok(Some(found)) => found,
            Ok(None) if *demand == Demand::Nothing => return Check::Anonymous,
            Ok(None) => return Check::Denied(Denial::Anonymous),
            Err(denial) => return Check::Denied(denial),
        };
        let rides_on_cookie = found.transport == Transport::Cookie;
        if rides_on_cookie && !self.0.origins.admit(request.method(), request.uri(), request.headers()) {
            return Check::Denied(Denial::CrossSite);
        }
        let verifier = &self.0.verifier;
        if let Some(identity) = verifier.recall(found.text) {
            return self.judge(identity, found.transport, demand);
        }
        match Presented::parse(found.text) {
            Ok(Presented::Session(_) | Presented::Token(_)) => {
                Check::LookUp { text: found.text.into(), transport: found.transport }
            }
            Ok(Presented::Jwt(token)) => match verifier.verify_jwt(token) {
                Ok(identity) => self.judge(identity, found.transport, demand),
                // The log has to be read first.
                Err(Denied::Unsure(Unsure::Behind(_))) => {
                    Check::LookUp { text: found.text.into(), transport: found.transport }
                }
                Err(denied) => Check::Denied(denied.into()),
            },
            Err(_) => Check::Denied(Denial::Refused),
        }
    }

    fn judge(&self, identity: Arc<Identity>, transport: Transport, demand: &Demand) -> Check {
        match demand {
            // A session id is for a cookie alone (ASVS 5 §7.2): in a header, a script has put it there.
            _ if identity.kind == Kind::Session && transport != Transport::Cookie => Check::Denied(Denial::Refused),
            Demand::Role(role) if !identity.has_role(role) => Check::Denied(Denial::Role(role.clone())),
            Demand::Scope(scope) if !identity.has_scope(scope) => Check::Denied(Denial::Scope(scope.clone())),
            _ => Check::Recognised(Recognised { identity, transport, guard: self.clone() }),
        }
    }
}

/// What a guard says of a request.
enum Check {
    Anonymous,
    Recognised(Recognised),
    Denied(Denial),
    LookUp { text: Box<str>, transport: Transport },
}

/// A [`Guard`] with a demand, to be put before a service.
#[derive(Clone)]
pub struct GuardLayer {
    guard: Guard,
    demand: Demand,
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService { inner, guard: self.guard.clone(), demand: self.demand.clone() }
    }
}

/// A service behind a [`Guard`].
#[derive(Clone)]
pub struct GuardService<S> {
    inner: S,
    guard: Guard,
    demand: Demand,
}

impl<S> Service<Request> for GuardService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<
        Either<S::Future, MapOk<S::Future, fn(Response) -> Response>>,
        BoxFuture<'static, Result<Response, Infallible>>,
    >;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        match self.guard.check(&request, &self.demand) {
            Check::Anonymous => Either::Left(Either::Left(self.inner.call(request))),
            Check::Recognised(recognised) => {
                request.extensions_mut().insert(recognised);
                Either::Left(Either::Right(self.inner.call(request).map_ok(not_stored)))
            }
            Check::Denied(denial) => {
                let response = self.guard.turn_away(request, &denial);
                Either::Right(async move { Ok(response) }.boxed())
            }
            Check::LookUp { text, transport } => {
                // The one that is ready goes on; its clone waits for the next request (tower's rule for clones).
                let clone = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, clone);
                let (guard, demand) = (self.guard.clone(), self.demand.clone());
                Either::Right(
                    async move {
                        let denial = match guard.verifier().verify(&text).await {
                            Ok(identity) => match guard.judge(identity, transport, &demand) {
                                Check::Recognised(recognised) => {
                                    request.extensions_mut().insert(recognised);
                                    return inner.call(request).map_ok(not_stored).await;
                                }
                                Check::Denied(denial) => denial,
                                Check::Anonymous | Check::LookUp { .. } => Denial::Refused,
                            },
                            Err(denied) => denied.into(),
                        };
                        Ok(guard.turn_away(request, &denial))
                    }
                    .boxed(),
                )
            }
        }
    }
}

/// What was made for one user is not to be kept for another (RFC 9111 §5.2.2.5), unless the app says otherwise.
fn not_stored(mut response: Response) -> Response {
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
