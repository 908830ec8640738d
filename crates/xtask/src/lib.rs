//! The workshop's parts that tests of other crates use: real servers to throw away.

pub mod services;
