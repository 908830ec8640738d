//! The commands as they are typed, on stores of their own and beside a running server.
#![expect(clippy::unwrap_used, clippy::panic, reason = "clippy spares test functions alone, not what they call")]

mod decode;
mod doctor;
mod foreseen;
mod help;
mod import;
mod keys;
mod revoke;
mod server;
mod sessions;
mod stores;
mod support;
mod users;
mod vectors;
mod verify;
