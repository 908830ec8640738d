//! `[keys]`: how long a signing key signs.

use std::time::Duration;

use schemars::JsonSchema;

use super::reader::Section;
use super::schema;
use super::value::Limit;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How long a signing key signs.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Keys {
    /// A key signs for this long; then the next one does, and this one only verifies. `"none"` leaves rotation to
    /// `counterfoil key rotate`.
    #[schemars(schema_with = "schema::of::<Limit>")]
    pub rotate_after: Option<Duration>,
}

impl Default for Keys {
    fn default() -> Self {
        Self { rotate_after: Some(90 * DAY) }
    }
}

impl Keys {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        let Limit(rotate_after) = at.value("rotate_after", Limit(Self::default().rotate_after));
        if rotate_after.is_some_and(|age| age < HOUR) {
            at.refuse("rotate_after", "must be at least \"1h\", or \"none\"");
        }
        Self { rotate_after }
    }
}
