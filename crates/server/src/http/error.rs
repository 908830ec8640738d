//! From what went wrong inside to what is said outside: the cause to the log, a bland text to the caller.

use std::error::Error;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use counterfoil_core::authority::{AccountError, ExchangeError, LoginError, RefreshError, SetupError, Trouble};
use counterfoil_core::password::PoolError;
use counterfoil_core::store::StoreError;
use counterfoil_guard::Problem;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use super::body::invalid;

/// A request that was not done.
pub struct Failure(pub Problem);

impl Failure {
    /// What is said.
    pub fn problem(&self) -> &Problem {
        &self.0
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Trouble::from(error).into()
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match &trouble {
            Trouble::Passwords(PoolError::Busy { .. }) => tracing::warn!("too many logins at once; some were put off"),
            _ => tracing::error!(error = &trouble as &dyn Error, "a request could not be done"),
        }
        Self(Problem::unavailable(trouble.retry_after().as_secs()))
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials => Self(invalid_credentials()),
            LoginError::TooManyAttempts { retry_after } => Self(too_many_attempts(retry_after)),
            LoginError::Locked => Self(locked()),
            LoginError::UnknownClient => Self(invalid("client", "there is no client of that name")),
            LoginError::Scope(scope) => {
                let scope: String = scope.chars().filter(|c| !c.is_control()).take(64).collect();
                Self(invalid("scope", &format!("this client does not allow `{scope}`")))
            }
            LoginError::Trouble(trouble) => trouble.into(),
        }
    }
}

/// Alike for every cause: an unknown user, a wrong password, a disabled account.
fn invalid_credentials() -> Problem {
    let detail = "The name or the password is wrong.";
    Problem::new(StatusCode::UNAUTHORIZED, "invalid-credentials", "Wrong name or password", detail)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// Alike for an account that is there and one that is not, and for an address (LG-01).
fn too_many_attempts(retry_after: Duration) -> Problem {
    let seconds = retry_after.as_secs().max(1);
    let detail = format!(
        "There were too many attempts. The next one counts in {seconds} s; until then even the right password is not looked at."
    );
    too_many(&detail, seconds)
}

/// Alike for a password that is locked and a name that nobody has (LG-01). No time helps; to ask once a day is often enough.
fn locked() -> Problem {
    let detail = "There were too many wrong passwords in a row, so none counts any more, not even the right one. \
                  Whoever runs this service can give you another one.";
    too_many(detail, 24 * 60 * 60)
}

fn too_many(detail: &str, seconds: u64) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-attempts", "Too many attempts", detail)
        .with_header(RETRY_AFTER, HeaderValue::from(seconds))
}

impl From<RefreshError> for Failure {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::InvalidGrant(reason) => {
                tracing::info!(event = "authn_refresh_fail", reason);
                Self(invalid_grant())
            }
            RefreshError::Trouble(trouble) => trouble.into(),
        }
    }
}

fn invalid_grant() -> Problem {
    not_renewed("The refresh token does not count, or no longer: log in again.", r#"Bearer error="invalid_token""#)
}

/// Nothing was presented, so nothing is said of it (RFC 6750 §3.1).
pub fn no_refresh_token() -> Problem {
    not_renewed("Send a refresh token: in the body, or in the cookie that has come with the login.", "Bearer")
}

fn not_renewed(detail: &str, challenge: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid-grant", "Not renewed", detail)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

impl From<ExchangeError> for Failure {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::NotAllowed => {
                let detail = "That client takes no exchanges.";
                Self(Problem::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail))
            }
            ExchangeError::Ended => Self(Problem::unauthorized(true)),
            ExchangeError::Trouble(trouble) => trouble.into(),
        }
    }
}

/// As for every request with a credential that is answered 401 (RFC 6750 §3). That the credential itself counts on is told by the
/// description, and by the problem's type.
const NOT_PROVEN: HeaderValue =
    HeaderValue::from_static(r#"Bearer error="invalid_token", error_description="The current password is wrong.""#);

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let problem = match error {
            AccountError::RegistrationClosed => {
                let detail = "This server makes no accounts for visitors. Ask its operator for one.";
                Problem::new(StatusCode::FORBIDDEN, "registration-closed", "Registration is closed", detail)
            }
            AccountError::UsernameTaken => taken("username"),
            AccountError::EmailTaken => taken("email"),
            AccountError::Username(reason) => refused("username", &reason.to_string()),
            AccountError::Email(reason) => refused("email", &reason.to_string()),
            AccountError::Role(reason) => refused("roles", &reason.to_string()),
            AccountError::Password(reason) => refused("password", &reason.to_string()),
            AccountError::WrongPassword => {
                let detail = "The current password is wrong.";
                Problem::new(StatusCode::UNAUTHORIZED, "invalid-credentials", "Wrong name or password", detail)
                    .with_header(WWW_AUTHENTICATE, NOT_PROVEN)
            }
            AccountError::TooManyAttempts { retry_after } => too_many_attempts(retry_after),
            AccountError::Locked => locked(),
            AccountError::Ended => Problem::unauthorized(true),
            AccountError::Trouble(trouble) => return trouble.into(),
        };
        Self(problem)
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::BadCode => {
                let detail = "The set-up link does not count, or no longer. While there are no users, a restart of the server prints a new one; \
                              later, `counterfoil user roles NAME --add admin` makes an administrator.";
                Self(Problem::new(StatusCode::FORBIDDEN, "setup-link", "Not set up", detail))
            }
            SetupError::Account(error) => error.into(),
        }
    }
}

fn taken(field: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "taken", "Taken", format!("`{field}`: somebody else has it."))
        .with("errors", serde_json::json!([{ "field": field, "message": "somebody else has it" }]))
}

/// 422 with a reason that is a sentence of its own.
fn refused(field: &str, reason: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "policy", "Not accepted", format!("`{field}`: {reason}"))
        .with("errors", serde_json::json!([{ "field": field, "message": reason }]))
}
