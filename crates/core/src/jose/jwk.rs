//! JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2), read strictly and published without anything private.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

use super::algorithm::{Algorithm, Curve};
use super::base64url;
use super::json;
use super::key_error::KeyError;
use super::snippet::Snippet;

/// A JWK as read: its members, not yet a key. Private members are wiped when it is dropped.
pub struct Jwk(Map<String, Value>);

/// What the key type and curve of a JWK say.
pub(super) enum KeyType {
    Rsa,
    Ec(Curve),
    Ed25519,
    Secret,
}

impl FromStr for Jwk {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::from_value(json::parse(text.as_bytes())?)
    }
}

impl Jwk {
    pub(super) fn from_value(value: Value) -> Result<Self, KeyError> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(KeyError::Member { member: "kty", expected: "there: the text is not a JSON object" }),
        }
    }

    /// The key id; empty when there is none.
    pub(super) fn kid(&self) -> Result<&str, KeyError> {
        Ok(self.text("kid")?.unwrap_or_default())
    }

    /// `kty` and `crv`.
    pub(super) fn key_type(&self) -> Result<KeyType, KeyError> {
        match self.required("kty")? {
            "RSA" => Ok(KeyType::Rsa),
            "oct" => Ok(KeyType::Secret),
            "EC" => match self.required("crv")? {
                "P-256" => Ok(KeyType::Ec(Curve::P256)),
                "P-384" => Ok(KeyType::Ec(Curve::P384)),
                "P-521" => Ok(KeyType::Ec(Curve::P521)),
                _ => Err(KeyError::UnsupportedType),
            },
            "OKP" if self.required("crv")? == "Ed25519" => Ok(KeyType::Ed25519),
            _ => Err(KeyError::UnsupportedType),
        }
    }

    /// The one algorithm that this key is for: its `alg`, else the one asked for, else the only one of its curve.
    pub(super) fn algorithm(&self, asked: Option<Algorithm>) -> Result<Algorithm, KeyError> {
        let found = match self.text("alg")? {
            Some(name) => Some(Algorithm::named(name).ok_or_else(|| KeyError::AlgorithmUnknown(Snippet::of(name)))?),
            None => None,
        };
        match (found, asked) {
            (Some(found), Some(asked)) if found != asked => Err(KeyError::AlgorithmContradiction { found, asked }),
            (Some(algorithm), _) | (None, Some(algorithm)) => Ok(algorithm),
            (None, None) => match self.key_type()? {
                KeyType::Ec(Curve::P256) => Ok(Algorithm::ES256),
                KeyType::Ec(Curve::P384) => Ok(Algorithm::ES384),
                KeyType::Ec(Curve::P521) => Ok(Algorithm::ES512),
                KeyType::Ed25519 => Ok(Algorithm::EdDSA),
                KeyType::Rsa | KeyType::Secret => Err(KeyError::AlgorithmMissing),
            },
        }
    }

    /// Whether the JWK names its algorithm itself.
    pub(super) fn says_algorithm(&self) -> bool {
        self.0.contains_key("alg")
    }

    /// `use` and `key_ops`, when present, must allow `operation` (RFC 7517 §4.2, §4.3).
    pub(super) fn allow(&self, operation: &'static str) -> Result<(), KeyError> {
        if self.text("use")?.is_some_and(|purpose| purpose != "sig") {
            return Err(KeyError::NotForSignatures);
        }
        let expected = "a list of distinct strings";
        let operations = match self.0.get("key_ops") {
            None => return Ok(()),
            Some(Value::Array(operations)) => operations,
            Some(_) => return Err(KeyError::Member { member: "key_ops", expected }),
        };
        let distinct = operations.iter().enumerate().all(|(at, one)| !operations.iter().skip(at + 1).any(|o| o == one));
        if !distinct || !operations.iter().all(Value::is_string) {
            return Err(KeyError::Member { member: "key_ops", expected });
        }
        if operations.iter().any(|one| one == operation) {
            Ok(())
        } else {
            Err(KeyError::OperationNotAllowed(operation))
        }
    }

    /// Refuses a private key where a public one belongs.
    pub(super) fn refuse_private(&self) -> Result<(), KeyError> {
        const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
        match PRIVATE.into_iter().find(|member| self.0.contains_key(*member)) {
            Some(member) => Err(KeyError::PrivateMember(member)),
            None => Ok(()),
        }
    }

    /// Refuses a public key where a private one belongs.
    pub(super) fn require_private(&self) -> Result<(), KeyError> {
        if self.0.contains_key("d") { Ok(()) } else { Err(KeyError::PrivateMissing("d")) }
    }

    /// A member that is bytes in canonical base64url.
    pub(super) fn bytes(&self, member: &'static str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        base64url::decode(self.required(member)?)
            .map(Zeroizing::new)
            .map_err(|_| KeyError::Member { member, expected: "canonical base64url" })
    }

    /// A member that is exactly `length` bytes (RFC 7518 §6.2.1.2, RFC 8037 §2).
    pub(super) fn exactly(&self, member: &'static str, length: usize) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let bytes = self.bytes(member)?;
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(KeyError::Member { member, expected: "of the full length for its curve" })
        }
    }

    /// A positive integer without leading zero bytes (RFC 7518 §2, `Base64urlUInt`).
    pub(super) fn integer(&self, member: &'static str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let bytes = self.bytes(member)?;
        match bytes.first() {
            None | Some(0) => Err(KeyError::Member { member, expected: "a positive integer without leading zeros" }),
            Some(_) => Ok(bytes),
        }
    }

    fn required(&self, member: &'static str) -> Result<&str, KeyError> {
        self.text(member)?.ok_or(KeyError::Member { member, expected: "there" })
    }

    fn text(&self, member: &'static str) -> Result<Option<&str>, KeyError> {
        match self.0.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(KeyError::Member { member, expected: "a string" }),
        }
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk").finish_non_exhaustive()
    }
}

impl Drop for Jwk {
    fn drop(&mut self) {
        for value in self.0.values_mut() {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

/// A public key as published in a JWKS. It has no place for anything private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicJwk {
    #[serde(flatten)]
    pub(super) numbers: PublicNumbers,
    /// `kid`; left out when the key has none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) kid: Box<str>,
    pub(super) alg: Algorithm,
    #[serde(rename = "use")]
    pub(super) purpose: Purpose,
}

/// What a published key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Purpose {
    #[serde(rename = "sig")]
    Signatures,
}

/// The public numbers of a key, in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
pub(super) enum PublicNumbers {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: &'static str, x: String, y: String },
    #[serde(rename = "OKP")]
    Okp { crv: &'static str, x: String },
}
