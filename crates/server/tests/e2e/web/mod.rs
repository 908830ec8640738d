//! What browsers and whoever imitates them may do, on all routes together.

mod answers;
mod cookies;
mod defaults;
mod forged;
mod journey;
mod kinds;
mod line;
mod origins;
mod real;
mod returning;
mod spellings;
