//! What is weak in settings that are one for the whole server.

mod logins;
mod server;
mod store;
mod tokens;

use std::time::Duration;

use super::Level;
use crate::config::Settings;

/// A setting that can be weak.
pub(super) struct Rule {
    pub(super) key: &'static str,
    pub(super) level: Level,
    pub(super) weak: fn(&Settings) -> bool,
    pub(super) why: &'static str,
    /// The line to write.
    pub(super) change: &'static str,
}

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// All of them, in the order of the documentation.
pub(super) fn rules() -> impl Iterator<Item = &'static Rule> {
    [server::RULES, store::RULES, logins::RULES, tokens::RULES].into_iter().flatten()
}
