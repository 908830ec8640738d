//! `[revocation]`: how soon every verifier knows what counts no more.

use std::time::Duration;

use counterfoil_core::revocation::{Lease, Wait};
use schemars::JsonSchema;

use super::reader::Section;
use super::schema;
use super::value::Choice;

/// How soon every verifier knows what counts no more.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Revocation {
    /// A verifier that has not heard of the revocation log for this long no longer trusts its memory.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub lease: Duration,
    /// How often a verifier asks the log for news. Less than `lease`.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub interval: Duration,
    /// What a logout, or any other end, waits for before it is answered: `all` nodes refuse, or `local`: this one does.
    #[schemars(schema_with = "schema::of::<Wait>")]
    pub wait: Wait,
}

impl Choice for Wait {
    const WORDS: &'static [&'static str] = &["all", "local"];
}

impl Default for Revocation {
    fn default() -> Self {
        Self { lease: Duration::from_secs(2), interval: Duration::from_millis(100), wait: Wait::All }
    }
}

impl Revocation {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let millis = Duration::from_millis;
        let lease = at.within("lease", default.lease, millis(100)..=Lease::LONGEST);
        let interval = at.within("interval", default.interval, millis(10)..=millis(30_000));
        if interval >= lease {
            let key = if at.is_said("interval") { "interval" } else { "lease" };
            at.refuse(key, "`interval` must be shorter than `lease`, or the lease runs out between two questions");
        }
        Self { lease, interval, wait: at.value("wait", default.wait) }
    }
}
