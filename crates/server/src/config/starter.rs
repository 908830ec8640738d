//! The file that `counterfoil init` writes.

/// A configuration file in which every line is a comment: it says what can be changed, and changes nothing.
pub const fn starter() -> &'static str {
    include_str!("starter.toml")
}
