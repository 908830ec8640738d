//! Accounts: users and what they are called.

mod identifier;
mod user;

pub use identifier::*;
pub use user::{User, UserState};
