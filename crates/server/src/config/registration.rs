//! `[registration]`: who may make an account.

use schemars::JsonSchema;

use super::reader::Section;

/// Who may make an account.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Registration {
    /// Whether anyone may register. Closed, accounts are made by `counterfoil user add`.
    pub open: bool,
}

impl Default for Registration {
    fn default() -> Self {
        Self { open: true }
    }
}

impl Registration {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        Self { open: at.value("open", Self::default().open) }
    }
}
