//! The rules of Counterfoil: accounts, credentials, sessions and revocation.
//!
//! Nothing here knows HTTP, SQL, files or the wall clock. What happens outside comes in through small traits:
//! [`store`] for records, [`Clock`] for time, [`Entropy`] for randomness.

pub mod account;
pub mod audit;
pub mod authority;
pub mod client;
pub mod credential;
pub mod id;
pub mod jose;
pub mod keys;
pub mod password;
pub mod revocation;
pub mod session;
pub mod store;
pub mod system;
pub mod throttle;
pub mod verifier;

mod entropy;
mod floor;
mod time;

pub use entropy::{Entropy, EntropyError, SystemEntropy};
pub use floor::FloorClock;
pub use time::{Clock, Timestamp};
