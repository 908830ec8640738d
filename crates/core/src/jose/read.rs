//! Reading a token: form and signature. What its claims mean is [`claims`](super::claims)' business.

use serde_json::Value;

use super::base64url;
use super::header::{self, Header};
use super::json;
use super::key_set::Keys;
use super::refusal::{Refusal, Segment};
use super::snippet::Snippet;
use super::verifying::VerifyingKey;

/// What is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest token, in bytes of its text. Checked before anything is decoded.
    pub max_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 8 * 1024 }
    }
}

/// Longest header, decoded, in bytes.
const MAX_HEADER: usize = 2048;

/// Longest signature, decoded, in bytes: that of an RSA key of 8192 bits.
const MAX_SIGNATURE: usize = 1024;

/// A token whose signature is that of `key`. Its claims are not read yet, much less believed.
#[derive(Debug)]
pub struct Verified<'k> {
    /// The header.
    pub header: Header,
    /// The payload's bytes.
    pub payload: Vec<u8>,
    /// The key that signed it.
    pub key: &'k VerifyingKey,
}

/// Reads a compact JWS (RFC 7515 §7.1) and verifies its signature.
pub fn read<'k, K: Keys + ?Sized>(token: &str, keys: &'k K, limits: &Limits) -> Result<Verified<'k>, Refusal> {
    let parts = Parts::of(token, *limits)?;
    let header = parts.header()?;
    let key = match header.kid.as_deref() {
        Some(kid) => keys.find(kid).ok_or_else(|| Refusal::KeyUnknown(Snippet::of(kid)))?,
        None => keys.sole().ok_or(Refusal::KeyIdMissing)?,
    };
    // The key decides the algorithm; the header may only agree (RFC 8725 §3.1).
    if header.algorithm != key.algorithm() {
        return Err(Refusal::AlgorithmMismatch { found: header.algorithm, expected: key.algorithm() });
    }
    parts.verify(key)?;
    let payload = base64url::decode(parts.payload).map_err(|_| Refusal::NotBase64url(Segment::Payload))?;
    Ok(Verified { header, payload, key })
}

/// A token taken apart without any check of its signature: for showing, never for believing.
#[derive(Clone, Debug)]
pub struct Unverified {
    /// The header, whatever it says.
    pub header: Value,
    /// The payload, whatever it says; `None` when it is not strict JSON.
    pub payload: Option<Value>,
    /// Bytes of the signature; `None` when it is not canonical base64url, so that no verifier reads it.
    pub signature_len: Option<usize>,
}

/// Takes a compact token apart to show what it says. **Nothing in it is verified.**
pub fn inspect(token: &str, limits: &Limits) -> Result<Unverified, Refusal> {
    let parts = Parts::of(token, *limits)?;
    let decode = |text, segment| base64url::decode(text).map_err(|_| Refusal::NotBase64url(segment));
    let header = decode(parts.header, Segment::Header)?;
    let payload = decode(parts.payload, Segment::Payload)?;
    Ok(Unverified {
        header: json::parse(&header).map_err(Refusal::HeaderJson)?,
        payload: json::parse(&payload).ok(),
        signature_len: base64url::decode(parts.signature).ok().map(|signature| signature.len()),
    })
}

/// The three segments, still encoded.
struct Parts<'t> {
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
    /// What is signed: header, dot, payload (RFC 7515 §5.1).
    signing_input: &'t str,
}

impl<'t> Parts<'t> {
    fn of(token: &'t str, limits: Limits) -> Result<Self, Refusal> {
        if token.len() > limits.max_bytes {
            return Err(Refusal::TooLarge { limit: limits.max_bytes });
        }
        if token.trim_ascii_start().starts_with('{') {
            return Err(Refusal::JsonSerialisation);
        }
        match token.bytes().filter(|byte| *byte == b'.').count() {
            2 => {}
            4 => return Err(Refusal::Encrypted),
            _ => return Err(Refusal::Segments),
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Refusal::Segments)?;
        let (header, payload) = signing_input.split_once('.').ok_or(Refusal::Segments)?;
        Ok(Self { header, payload, signature, signing_input })
    }

    fn header(&self) -> Result<Header, Refusal> {
        let mut buffer = [0; MAX_HEADER];
        let bytes = base64url::decode_within(self.header, &mut buffer)
            .ok_or(Refusal::HeaderTooLarge { limit: MAX_HEADER })?
            .map_err(|_| Refusal::NotBase64url(Segment::Header))?;
        header::parse(bytes)
    }

    fn verify(&self, key: &VerifyingKey) -> Result<(), Refusal> {
        // Two bytes more than the longest signature, because the size is estimated in whole groups of three.
        let mut buffer = [0; MAX_SIGNATURE + 2];
        let signature = base64url::decode_within(self.signature, &mut buffer)
            .ok_or(Refusal::BadSignature)?
            .map_err(|_| Refusal::NotBase64url(Segment::Signature))?;
        key.verify(self.signing_input.as_bytes(), signature).map_err(|_| Refusal::BadSignature)
    }
}
