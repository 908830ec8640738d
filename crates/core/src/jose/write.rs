//! Writing a token.

use std::sync::Arc;

use serde::Serialize;

use super::base64url;
use super::signing::{SignError, SigningKey};

/// Signs claims as a compact JWS (RFC 7515 §7.1) with `typ`, `alg` and the key's `kid` in its header.
///
/// To sign many of one kind, a [`Writer`] keeps the encoded header.
pub fn sign_compact(key: &SigningKey, typ: &str, claims: &impl Serialize) -> Result<String, SignError> {
    sign_after(&encoded_header(key, typ)?, key, claims)
}

/// Signs tokens of one kind with one key; the header is encoded once.
#[derive(Clone, Debug)]
pub struct Writer {
    key: Arc<SigningKey>,
    header: Box<str>,
}

impl Writer {
    /// For tokens of kind `typ`, signed with `key`.
    pub fn new(key: Arc<SigningKey>, typ: &str) -> Result<Self, SignError> {
        Ok(Self { header: encoded_header(&key, typ)?.into(), key })
    }

    /// The key that signs.
    pub fn key(&self) -> &Arc<SigningKey> {
        &self.key
    }

    /// Signs claims, which must serialise as a JSON object without duplicate members.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, SignError> {
        sign_after(&self.header, &self.key, claims)
    }
}

#[derive(Serialize)]
struct HeaderText<'h> {
    alg: &'static str,
    typ: &'h str,
    #[serde(skip_serializing_if = "str::is_empty")]
    kid: &'h str,
}

fn encoded_header(key: &SigningKey, typ: &str) -> Result<String, SignError> {
    let header = HeaderText { alg: key.algorithm().name(), typ, kid: key.kid() };
    serde_json::to_vec(&header).map(|json| base64url::encode(&json)).map_err(SignError::Payload)
}

fn sign_after(header: &str, key: &SigningKey, claims: &impl Serialize) -> Result<String, SignError> {
    let payload = serde_json::to_vec(claims).map_err(SignError::Payload)?;
    if payload.first() != Some(&b'{') {
        return Err(SignError::NotObject);
    }
    let mut token = String::with_capacity(header.len() + payload.len() * 4 / 3 + 200);
    token.push_str(header);
    token.push('.');
    base64url::encode_onto(&mut token, &payload);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    base64url::encode_onto(&mut token, &signature);
    Ok(token)
}
