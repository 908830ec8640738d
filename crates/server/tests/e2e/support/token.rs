//! A look into a JWT, without believing it.

use serde_json::Value;

/// The header and the claims of a JWS in compact form.
#[track_caller]
pub(crate) fn peek(token: &str) -> (Value, Value) {
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    let read = |part: &str| serde_json::from_slice(&decoded(part)).unwrap_or_else(|error| panic!("{error}: {token}"));
    (read(parts[0]), read(parts[1]))
}

/// Base64url without padding (RFC 4648 §5).
fn decoded(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for character in text.bytes() {
        let position = ALPHABET.iter().position(|known| *known == character).unwrap_or_else(|| panic!("{text:?}"));
        bits = bits << 6 | u32::try_from(position).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}
