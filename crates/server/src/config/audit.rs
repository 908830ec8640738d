//! `[audit]`: for how long it is known who did what.

use std::time::Duration;

use counterfoil_core::audit::DEFAULT_KEEP;
use schemars::JsonSchema;

use super::reader::Section;
use super::schema;
use super::value::Limit;

const DAY: Duration = Duration::from_hours(24);

/// For how long it is known who did what.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Audit {
    /// Records of the audit log are removed when they are this old. `"none"` keeps them for ever.
    #[schemars(schema_with = "schema::of::<Limit>")]
    pub keep: Option<Duration>,
}

impl Default for Audit {
    fn default() -> Self {
        Self { keep: Some(DEFAULT_KEEP) }
    }
}

impl Audit {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        let Limit(keep) = at.value("keep", Limit(Self::default().keep));
        if keep.is_some_and(|keep| keep < DAY) {
            at.refuse("keep", "must be at least \"1d\", or \"none\"");
        }
        Self { keep }
    }
}
