//! The house: the server `counterfoil`, its routes, pages and command line; and the same routes for an app to embed.

pub mod api;
pub mod cli;
pub mod config;
pub mod http;
pub mod listener;
pub mod pages;
pub mod startup;

mod clock;
mod doctor;
mod embedded;
mod logging;

pub use clock::SystemClock;
pub use embedded::{EmbedError, Embedded};
