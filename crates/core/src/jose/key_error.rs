//! Why a key is refused at load.

use super::algorithm::Algorithm;
use super::json::JsonError;
use super::secret::Weakness;
use super::snippet::Snippet;
use crate::EntropyError;

/// Why a key or a set of keys is refused at load. Each message says what is wrong and what to do; none shows a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key id cannot stand in a header.
    #[error("the key id {0} is too long or has control characters: take at most 128 bytes of plain text")]
    KeyId(Snippet),
    /// The PEM text is damaged or not one key.
    #[error("the PEM text cannot be read: {0}")]
    Pem(&'static str),
    /// The PEM block is not of a kind that is read here.
    #[error("a PEM block {found} is not {wanted}")]
    PemLabel {
        /// The block's label, escaped.
        found: Snippet,
        /// What is read here, and how to get it.
        wanted: &'static str,
    },
    /// The JWK is not strict JSON.
    #[error("the JWK cannot be read: {0}")]
    Json(#[from] JsonError),
    /// A member of the JWK is missing, of the wrong type or has an impossible value.
    #[error("the JWK's member `{member}` is not {expected}")]
    Member {
        /// Which member.
        member: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The key type or curve is not supported.
    #[error("keys of this kind are not supported: take RSA, EC on P-256, P-384 or P-521, Ed25519, or a shared secret")]
    UnsupportedType,
    /// Neither the JWK nor the caller says which algorithm the key is for (RFC 8725 §3.1).
    #[error("the key does not say its algorithm: add `alg` to the JWK, or name the algorithm beside it")]
    AlgorithmMissing,
    /// The JWK's `alg` is not a signature algorithm that is supported.
    #[error("the JWK's `alg` {0} is not a supported signature algorithm")]
    AlgorithmUnknown(Snippet),
    /// The JWK's `alg` contradicts the algorithm asked for.
    #[error("the JWK is for {found}, but {asked} was asked for: a key has one algorithm")]
    AlgorithmContradiction {
        /// What the JWK says.
        found: Algorithm,
        /// What the caller says.
        asked: Algorithm,
    },
    /// The key does not fit its algorithm.
    #[error("the key does not fit {algorithm}, which needs {needs}")]
    Unfit {
        /// The algorithm.
        algorithm: Algorithm,
        /// The kind of key that it needs.
        needs: &'static str,
    },
    /// The key is malformed: damaged, point not on the curve, wrong length, inconsistent parts, bytes after its end.
    #[error("the key is damaged: it is not {0}")]
    Invalid(&'static str),
    /// An HMAC secret shorter than the hash (RFC 7518 §3.2).
    #[error("the secret has {found} bytes, but {algorithm} needs at least {needed} random bytes: generate a new one")]
    SecretTooShort {
        /// The algorithm.
        algorithm: Algorithm,
        /// Bytes that it has.
        found: usize,
        /// Bytes that it needs.
        needed: usize,
    },
    /// An HMAC secret that can be guessed (RFC 8725 §3.5).
    #[error("the secret is weak: {0}. Generate random bytes, for example with `openssl rand`")]
    SecretWeak(#[from] Weakness),
    /// Text of a public or private key given as an HMAC secret: the confusion that forges tokens (RFC 8725 §2.1).
    #[error("the secret is the text of a key ({0}): a key's text is never a shared secret")]
    SecretIsKey(&'static str),
    /// An RSA key outside 2048 to 8192 bits (RFC 7518 §3.3).
    #[error("the RSA key has {0} bits: take 3072, and never fewer than 2048 or more than 8192")]
    RsaSize(usize),
    /// An RSA exponent that is even or below 65537.
    #[error("the RSA key's public exponent is unusual: take 65537")]
    RsaExponent,
    /// `use` is not `sig`.
    #[error("the JWK's `use` is not \"sig\": the key is not meant for signatures")]
    NotForSignatures,
    /// `key_ops` does not allow what the key is loaded for.
    #[error("the JWK's `key_ops` does not contain \"{0}\"")]
    OperationNotAllowed(&'static str),
    /// Private members where a public key is expected.
    #[error(
        "the JWK holds a private key where a public one belongs: remove `{0}`, and treat the key as leaked if this text was published"
    )]
    PrivateMember(&'static str),
    /// No private members where a private key is expected.
    #[error("the JWK holds no private key (`{0}` is missing)")]
    PrivateMissing(&'static str),
    /// Two keys with the same id.
    #[error("two keys have the key id {0}: give each its own")]
    DuplicateKeyId(Snippet),
    /// Shared secrets and public keys in one set.
    #[error("the set mixes shared secrets and public keys: keep them in two sets")]
    MixedSet,
    /// A set without keys.
    #[error("the set holds no key")]
    EmptySet,
    /// One key of a set is refused.
    #[error("key {position} of the set: {source}")]
    InSet {
        /// Its position, from 1.
        position: usize,
        /// Why.
        source: Box<KeyError>,
    },
    /// The operating system gave no randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The primitives library failed.
    #[error("the cryptographic library could not make or store the key")]
    Library,
}
