//! The rules of the domain, held against both embedded stores.
#![expect(clippy::unwrap_used, clippy::panic, unreachable_pub, reason = "this is a test")]

mod ending;
mod exchange;
mod feed;
mod login;
mod refresh;
mod support;
mod token;
mod uses;
