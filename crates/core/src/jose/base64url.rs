//! Canonical base64url (RFC 7515 §2): no padding, no whitespace, no other alphabet, zero trailing bits. So each
//! byte string has exactly one spelling, and a token's text cannot be changed without changing its content.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text is not canonical base64url.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotCanonical;

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the encoding of `bytes` to `text`.
pub(super) fn encode_onto(text: &mut String, bytes: &[u8]) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

pub(super) fn decode(text: &str) -> Result<Vec<u8>, NotCanonical> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotCanonical)
}

/// Decodes into `buffer`, without allocating. `None` when `text` is longer than the buffer could hold.
pub(super) fn decode_within<'b>(text: &str, buffer: &'b mut [u8]) -> Option<Result<&'b [u8], NotCanonical>> {
    if base64::decoded_len_estimate(text.len()) > buffer.len() {
        return None;
    }
    Some(match URL_SAFE_NO_PAD.decode_slice(text, buffer) {
        Ok(length) => buffer.get(..length).ok_or(NotCanonical),
        Err(_) => Err(NotCanonical),
    })
}
