//! Turning a request away.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use counterfoil_core::verifier::{Denied, Unsure};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode, request::Parts};

use crate::Problem;

/// Why a request is turned away.
#[derive(Debug)]
pub enum Denial {
    /// It brings no credential.
    Anonymous,
    /// It brings more than one, and it would be a guess which one counts.
    Ambiguous,
    /// Its credential does not count.
    Refused,
    /// Whether its credential counts cannot be found out now.
    Unsure,
    /// It would change something, rides on a cookie, and does not come from a page of this site.
    CrossSite,
    /// The user lacks a role.
    Role(Arc<str>),
    /// The credential lacks a scope.
    Scope(Arc<str>),
}

/// Makes the answer to a request that is turned away.
pub type Responder = Arc<dyn Fn(&Parts, &Denial) -> Response + Send + Sync>;

impl Denial {
    /// The same as a problem document.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Anonymous => Problem::unauthorized(false),
            Self::Refused => Problem::unauthorized(true),
            Self::Unsure => Problem::unavailable(1),
            Self::Ambiguous => Problem::new(
                StatusCode::BAD_REQUEST,
                "ambiguous-credentials",
                "More than one credential",
                "Send one credential: either the Authorization header or one cookie.",
            )
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer error="invalid_request""#)),
            Self::CrossSite => Problem::new(
                StatusCode::FORBIDDEN,
                "cross-site",
                "Not from this site",
                "A request that rides on a cookie and changes something must come from a page of this site: a browser \
                 says so by Sec-Fetch-Site or Origin. Programs should use a bearer token.",
            ),
            Self::Role(role) => Self::forbidden(format!("This needs the role `{role}`.")),
            // RFC 6750 §3.1.
            Self::Scope(scope) => Self::forbidden(format!("This needs the scope `{scope}`."))
                .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer error="insufficient_scope""#)),
        }
    }

    fn forbidden(detail: String) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    /// The answer that an app gives which has no pages.
    pub(crate) fn responder() -> Responder {
        Arc::new(|_, denial| denial.problem().into_response())
    }
}

impl From<Denied> for Denial {
    /// The cause goes to the log, and no further.
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Refused(reason) => {
                tracing::debug!(event = "authn_refused", %reason);
                Self::Refused
            }
            Denied::Unsure(Unsure::Store(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a credential could not be looked up");
                Self::Unsure
            }
            Denied::Unsure(reason @ (Unsure::FeedLost | Unsure::Behind(_))) => {
                tracing::warn!("a token was put off: {reason}");
                Self::Unsure
            }
        }
    }
}
