//! What handlers take as arguments.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use counterfoil_core::credential::Identity;
use counterfoil_core::id::SessionId;
use counterfoil_core::session::{MAX_DATA_BYTES, SessionData};
use counterfoil_core::store::{Sessions, StoreError};
use http::StatusCode;
use http::request::Parts;

use crate::Problem;
use crate::layer::Recognised;

/// Who the request speaks for. Answers 401 where no guard has recognised anybody; `Option<Authenticated>` is `None` there.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Arc<Identity>);

impl<S: Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        recognised(parts).map(|found| Self(Arc::clone(&found.identity))).ok_or_else(|| Problem::unauthorized(false))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Ok(recognised(parts).map(|found| Self(Arc::clone(&found.identity))))
    }
}

/// The stored login behind the request, with what the app keeps about it. Answers 404 where nothing is stored.
#[derive(Clone)]
pub struct CurrentSession {
    /// Its name; no secret.
    pub id: SessionId,
    sessions: Arc<dyn Sessions>,
}

/// Why data was not read or kept.
#[derive(Debug, thiserror::Error)]
pub enum SessionDataError {
    /// The session has ended meanwhile.
    #[error("the session has ended")]
    Ended,
    /// It is too much.
    #[error("a session keeps at most {MAX_DATA_BYTES} bytes of data")]
    TooLarge,
    /// It cannot be written as JSON.
    #[error("the data cannot be written as JSON")]
    NotJson(#[source] serde_json::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CurrentSession {
    /// What the app keeps about this login.
    pub async fn data(&self) -> Result<SessionData, SessionDataError> {
        self.sessions.data(self.id).await?.ok_or(SessionDataError::Ended)
    }

    /// Replaces what the app keeps about this login. Of two at once the later one stays.
    pub async fn replace_data(&self, data: &SessionData) -> Result<(), SessionDataError> {
        let text = serde_json::to_string(data).map_err(SessionDataError::NotJson)?;
        if text.len() > MAX_DATA_BYTES {
            return Err(SessionDataError::TooLarge);
        }
        if self.sessions.replace_data(self.id, data).await? { Ok(()) } else { Err(SessionDataError::Ended) }
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentSession {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = recognised(parts).ok_or_else(|| Problem::unauthorized(false))?;
        let id = found.identity.session.ok_or_else(no_session)?;
        Ok(Self { id, sessions: Arc::clone(found.guard.verifier().sessions()) })
    }
}

fn no_session() -> Problem {
    let detail = "Nothing is stored about this login: its token says everything itself.";
    Problem::new(StatusCode::NOT_FOUND, "no-session", "No stored session", detail)
}

impl IntoResponse for SessionDataError {
    fn into_response(self) -> Response {
        match &self {
            Self::Ended => no_session().into_response(),
            Self::TooLarge | Self::NotJson(_) => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large", self.to_string()).into_response()
            }
            Self::Store(error) => {
                tracing::error!(error = error as &dyn std::error::Error, "session data could not be read or kept");
                Problem::unavailable(1).into_response()
            }
        }
    }
}

fn recognised(parts: &Parts) -> Option<&Recognised> {
    parts.extensions.get::<Recognised>()
}
