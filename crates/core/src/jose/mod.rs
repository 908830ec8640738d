//! Being built.
use serde::{Deserialize, Serialize};
/// Algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Algorithm {
    /// ES256
    #[default]
    ES256,
}
