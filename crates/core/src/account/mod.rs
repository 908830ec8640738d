//! Accounts: who may log in, and under which names.

mod identifier;

pub use identifier::*;
