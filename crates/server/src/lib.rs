//! Placeholder.

pub mod pages;
