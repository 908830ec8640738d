//! Sets of keys that verify, and how a token's key is found.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::algorithm::Algorithm;
use super::json;
use super::jwk::Jwk;
use super::key_error::KeyError;
use super::snippet::Snippet;
use super::verifying::VerifyingKey;

/// Where the key of a token is looked up. The answer comes from configuration; the token only names it.
pub trait Keys {
    /// The key with exactly this id, byte for byte.
    fn find(&self, kid: &str) -> Option<&VerifyingKey>;

    /// The key for a token that names none: there must be exactly one.
    fn sole(&self) -> Option<&VerifyingKey>;
}

/// A set of keys by their ids: all public, or all shared secrets.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: BTreeMap<Box<str>, Arc<VerifyingKey>>,
}

impl KeySet {
    /// From the text of a JWK Set (RFC 7517 §5), or of a single JWK. `algorithm` is for keys that do not say their own.
    ///
    /// A key that is not fit for use refuses the whole set: a set is replaced by a good one or kept as it was.
    pub fn from_jwks(text: &str, algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        let expected = "a list of keys";
        let keys = match json::parse(text.as_bytes())? {
            Value::Object(mut set) if set.contains_key("keys") => match set.remove("keys") {
                Some(Value::Array(keys)) => keys,
                _ => return Err(KeyError::Member { member: "keys", expected }),
            },
            single @ Value::Object(_) => vec![single],
            _ => return Err(KeyError::Member { member: "keys", expected }),
        };
        if keys.is_empty() {
            return Err(KeyError::EmptySet);
        }
        let mut set = Self::default();
        for (at, key) in keys.into_iter().enumerate() {
            let read = || {
                let jwk = Jwk::from_value(key)?;
                // The default is for keys that are silent; a key that speaks is believed.
                let algorithm = if jwk.says_algorithm() { None } else { algorithm };
                VerifyingKey::from_jwk(&jwk, algorithm).map(Arc::new)
            };
            read().and_then(|key| set.insert(key)).map_err(|source| match source {
                KeyError::MixedSet | KeyError::DuplicateKeyId(_) => source,
                source => KeyError::InSet { position: at + 1, source: Box::new(source) },
            })?;
        }
        Ok(set)
    }

    /// Of these keys, each with its own id.
    pub fn of(keys: impl IntoIterator<Item = Arc<VerifyingKey>>) -> Result<Self, KeyError> {
        let mut set = Self::default();
        for key in keys {
            set.insert(key)?;
        }
        Ok(set)
    }

    fn insert(&mut self, key: Arc<VerifyingKey>) -> Result<(), KeyError> {
        let is_secret = |key: &VerifyingKey| key.algorithm().is_symmetric();
        if self.keys.values().any(|other| is_secret(other) != is_secret(&key)) {
            return Err(KeyError::MixedSet);
        }
        match self.keys.insert(key.kid().into(), key) {
            None => Ok(()),
            Some(earlier) => Err(KeyError::DuplicateKeyId(Snippet::of(earlier.kid()))),
        }
    }

    /// The keys, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<VerifyingKey>> {
        self.keys.values()
    }
}

impl Keys for KeySet {
    fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys.get(kid).map(AsRef::as_ref)
    }

    fn sole(&self) -> Option<&VerifyingKey> {
        match self.keys.len() {
            1 => self.keys.values().next().map(AsRef::as_ref),
            _ => None,
        }
    }
}

/// A key on its own: for tokens that name it, and for tokens that name none.
impl Keys for VerifyingKey {
    fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        (self.kid() == kid).then_some(self)
    }

    fn sole(&self) -> Option<&VerifyingKey> {
        Some(self)
    }
}
