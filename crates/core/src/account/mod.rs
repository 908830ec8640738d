//! Accounts: who may log in, and under which names.

mod identifier;
mod user;

pub use identifier::*;
pub use user::{User, UserState};
