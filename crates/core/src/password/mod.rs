//! Being built.
/// PHC string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordHash(String);
/// Error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad hash")]
pub struct HashError;
impl PasswordHash {
    /// Parse.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        Ok(Self(text.to_owned()))
    }
    /// Text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
