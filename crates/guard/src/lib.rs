//! The door: recognises who a request speaks for, in any axum or tower app.
//!
//! A [`Guard`] is a tower layer. It takes the credential from where one may stand, has the verifier believe it, and hands
//! the request on with the identity inside, or answers 401, 403, 400 or 503 itself. Handlers take the identity as an
//! argument ([`Authenticated`]), or the login behind it ([`CurrentSession`]).

mod deny;
mod extract;
mod layer;
mod origin;
mod present;
mod problem;

pub use counterfoil_core::credential::Identity;
pub use deny::{Denial, Responder};
pub use extract::{Authenticated, CurrentSession, SessionDataError};
pub use layer::{Demand, Guard, GuardLayer, GuardService, Recognised};
pub use origin::Origins;
pub use present::{Ambiguous, CookieNames, Found, cookies, present};
pub use problem::Problem;
