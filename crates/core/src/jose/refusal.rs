//! Why a token is refused.

use super::algorithm::Algorithm;
use super::json::JsonError;
use super::snippet::Snippet;

/// Why a token is refused: one variant per reason.
///
/// For logs and for `counterfoil token verify`. Whoever presents a token gets one uniform answer instead, whatever
/// the reason. No variant carries more of the token than a bounded, escaped [`Snippet`] of a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Over the cap on size, which is checked before anything is decoded.
    #[error("the token is longer than {limit} bytes")]
    TooLarge {
        /// The cap, in bytes.
        limit: usize,
    },
    /// JSON serialisation (RFC 7515 §7.2) in place of the compact form.
    #[error("the token is in JSON serialisation; only the compact form is read")]
    JsonSerialisation,
    /// Five segments: a JWE (RFC 7516 §7.1).
    #[error("the token is encrypted (JWE); only signed tokens (JWS) are read")]
    Encrypted,
    /// Not exactly three segments.
    #[error("the token does not consist of three segments separated by dots")]
    Segments,
    /// A segment is not canonical base64url (RFC 7515 §2).
    #[error("the token's {0} is not canonical base64url")]
    NotBase64url(Segment),
    /// The header is longer than any header that is read.
    #[error("the token's header is longer than {limit} bytes")]
    HeaderTooLarge {
        /// The cap, in bytes.
        limit: usize,
    },
    /// The header is not strict JSON.
    #[error("the token's header cannot be read: {0}")]
    HeaderJson(JsonError),
    /// The header is JSON, but not an object.
    #[error("the token's header is not a JSON object")]
    HeaderNotObject,
    /// A member of the header has a value that is not a string.
    #[error("the header's `{0}` is not a string")]
    HeaderNotString(&'static str),
    /// `alg` is missing (RFC 7515 §4.1.1).
    #[error("the header has no `alg`")]
    AlgorithmMissing,
    /// `alg` is `none`, in whichever spelling (RFC 8725 §3.2).
    #[error("the token is not signed: `alg` is \"none\"")]
    Unsigned,
    /// `alg` names no algorithm that is supported; names are case-sensitive.
    #[error("the header's `alg` {0} is not a supported algorithm")]
    AlgorithmUnknown(Snippet),
    /// `alg` is not the one algorithm of the key (RFC 8725 §3.1).
    #[error("the header's `alg` is {found}, but the key is for {expected} only")]
    AlgorithmMismatch {
        /// What the header says.
        found: Algorithm,
        /// What the key is for.
        expected: Algorithm,
    },
    /// `crit` is present: no extension is understood (RFC 7515 §4.1.11).
    #[error("the header has `crit`; no critical extension is supported")]
    Critical,
    /// `b64` is present (RFC 7797 §7 forbids it in a JWT).
    #[error("the header has `b64`, which a JWT must not use")]
    UnencodedPayload,
    /// `zip` is present: nothing is ever decompressed.
    #[error("the header has `zip`; compressed tokens are not read")]
    Compressed,
    /// The header brings or points to a key: keys come from the configuration alone (RFC 8725 §3.10).
    #[error("the header has `{0}`; a token never supplies its own key")]
    KeyInHeader(&'static str),
    /// `cty` says that the payload is itself a JWT (RFC 7519 §5.2).
    #[error("the token contains another token (`cty` is \"JWT\"); nested tokens are not read")]
    Nested,
    /// `kid` is empty, longer than 128 bytes or has control characters.
    #[error("the header's `kid` {0} is empty, too long or has control characters")]
    KeyIdMalformed(Snippet),
    /// No key has this `kid`.
    #[error("no key has the `kid` {0}")]
    KeyUnknown(Snippet),
    /// There is no `kid`, and not exactly one key to choose from.
    #[error("the header has no `kid`, and there is not exactly one key")]
    KeyIdMissing,
    /// The signature is not that of the key.
    #[error("the signature is not valid")]
    BadSignature,
    /// The payload is not strict JSON.
    #[error("the token's claims cannot be read: {0}")]
    ClaimsJson(JsonError),
    /// The payload is JSON, but not an object (RFC 7519 §7.2).
    #[error("the token's payload is not a JSON object")]
    ClaimsNotObject,
    /// `typ` is missing (RFC 8725 §3.11).
    #[error("the header has no `typ`, so that the token could be of any kind")]
    TypeMissing,
    /// `typ` is of another kind of token.
    #[error("the header's `typ` {0} is another kind of token")]
    TypeWrong(Snippet),
    /// A claim that is required is missing.
    #[error("the claim `{0}` is missing")]
    ClaimMissing(&'static str),
    /// A claim has the wrong JSON type or an impossible value.
    #[error("the claim `{claim}` is not {expected}")]
    ClaimMalformed {
        /// Which claim.
        claim: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// `exp` has come.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not come yet.
    #[error("the token is not valid yet (`nbf`)")]
    NotYetValid,
    /// `iat` lies in the future.
    #[error("the token was issued in the future (`iat`)")]
    IssuedInFuture,
    /// `iss` is another issuer.
    #[error("the token is from another issuer (`iss`)")]
    WrongIssuer,
    /// `aud` does not contain the audience asked for.
    #[error("the token is for another audience (`aud`)")]
    WrongAudience,
}

/// A part of a compact token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// The first part.
    Header,
    /// The second part.
    Payload,
    /// The third part.
    Signature,
}

impl std::fmt::Display for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}
