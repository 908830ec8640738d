//! The rules of the domain, held against both embedded stores.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unchecked_time_subtraction,
    unreachable_pub,
    reason = "this is a test"
)]

mod apart;
mod at_will;
mod clocks;
mod ending;
mod exchange;
mod failover;
mod feed;
mod guessing;
mod import;
mod in_flight;
mod interleavings;
mod keys;
mod login;
mod model;
mod nodes;
mod randomness;
mod refresh;
mod rest;
mod restored;
mod revoking;
mod setup;
mod succeeding;
mod support;
mod token;
mod unfinished;
mod uses;
