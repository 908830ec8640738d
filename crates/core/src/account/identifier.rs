//! Being built.
/// Username.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);
/// E-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);
/// Error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad identifier")]
pub struct IdentifierError;
impl Username {
    /// Parse.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        Ok(Self(text.to_owned()))
    }
    /// Display spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Canonical key.
    pub fn key(&self) -> &str {
        &self.0
    }
}
impl Email {
    /// Parse.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        Ok(Self(text.to_owned()))
    }
    /// Display spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Canonical key.
    pub fn key(&self) -> &str {
        &self.0
    }
}
