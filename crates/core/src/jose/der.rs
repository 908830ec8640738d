//! Just enough DER (X.690) to look into keys: the primitives library parses them, but ignores what follows a key
//! and does not say an RSA key's size.

/// The first value of `input`: its tag, its content, and what follows it. Lengths must be minimal.
pub(super) fn value(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            let length = bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
            if length < 0x80 || bytes.first() == Some(&0) {
                return None;
            }
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// Tag of a sequence.
pub(super) const SEQUENCE: u8 = 0x30;
/// Tag of an integer.
pub(super) const INTEGER: u8 = 0x02;
/// Tag of an octet string.
const OCTET_STRING: u8 = 0x04;
/// Tag of a bit string.
pub(super) const BIT_STRING: u8 = 0x03;

/// The content of a sequence that is the whole of `input`.
pub(super) fn sole_sequence(input: &[u8]) -> Option<&[u8]> {
    match value(input)? {
        (SEQUENCE, content, []) => Some(content),
        _ => None,
    }
}

/// Modulus and exponent of a PKCS#1 `RSAPublicKey` (RFC 8017 §A.1.1), without leading zeros.
pub(super) fn rsa_public(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let content = sole_sequence(input)?;
    let (INTEGER, modulus, rest) = value(content)? else { return None };
    let (INTEGER, exponent, []) = value(rest)? else { return None };
    Some((unsigned(modulus), unsigned(exponent)))
}

/// The modulus of a PKCS#1 `RSAPrivateKey` (RFC 8017 §A.1.2), bare or in PKCS#8 (RFC 5208 §5), without leading zeros.
pub(super) fn rsa_private_modulus(input: &[u8]) -> Option<&[u8]> {
    let (INTEGER, _version, rest) = value(sole_sequence(input)?)? else { return None };
    match value(rest)? {
        (INTEGER, modulus, _) => Some(unsigned(modulus)),
        (SEQUENCE, _algorithm, rest) => match value(rest)? {
            (OCTET_STRING, key, _) => rsa_private_modulus(key),
            _ => None,
        },
        _ => None,
    }
}

/// A PKCS#1 `RSAPublicKey` of this modulus and exponent.
pub(super) fn encode_rsa_public(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(modulus.len() + exponent.len() + 16);
    for integer in [unsigned(modulus), unsigned(exponent)] {
        // A leading one bit would read as a minus sign.
        let sign: &[u8] = if integer.first().is_none_or(|byte| *byte >= 0x80) { &[0] } else { &[] };
        content.push(INTEGER);
        push_length(&mut content, sign.len() + integer.len());
        content.extend_from_slice(sign);
        content.extend_from_slice(integer);
    }
    let mut out = vec![SEQUENCE];
    push_length(&mut out, content.len());
    out.extend_from_slice(&content);
    out
}

/// The key bits of a `SubjectPublicKeyInfo` (RFC 5280 §4.1) that is the whole of `input`.
pub(super) fn spki_bits(input: &[u8]) -> Option<&[u8]> {
    let (SEQUENCE, _algorithm, rest) = value(sole_sequence(input)?)? else { return None };
    let (BIT_STRING, bits, []) = value(rest)? else { return None };
    match bits.split_first()? {
        (0, bits) => Some(bits),
        _ => None,
    }
}

/// Whether `input` is, as a whole, a sequence of well-formed values of which the first is one that a key begins with.
pub(super) fn looks_like_key(input: &[u8]) -> bool {
    let Some(mut rest) = sole_sequence(input) else { return false };
    if !matches!(rest.first(), Some(&(SEQUENCE | INTEGER))) {
        return false;
    }
    while !rest.is_empty() {
        match value(rest) {
            Some((_, _, next)) => rest = next,
            None => return false,
        }
    }
    true
}

fn unsigned(integer: &[u8]) -> &[u8] {
    let zeros = integer.iter().take_while(|byte| **byte == 0).count();
    integer.get(zeros..).unwrap_or_default()
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    let bytes = length.to_be_bytes();
    let bytes = unsigned(&bytes);
    if length >= 0x80 {
        out.push(0x80 | u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    }
    if length == 0 { out.push(0) } else { out.extend_from_slice(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rsa_key_survives_both_directions() {
        for modulus in [vec![0x80; 256], vec![0x7F; 256], vec![0xFF; 100], vec![1; 20]] {
            let der = encode_rsa_public(&modulus, &[1, 0, 1]);
            assert_eq!(rsa_public(&der), Some((modulus.as_slice(), [1u8, 0, 1].as_slice())));
            assert!(looks_like_key(&der));
            let mut longer = der.clone();
            longer.push(0);
            assert_eq!(rsa_public(&longer), None, "trailing byte");
        }
    }

    #[test]
    fn lengths_must_be_minimal_and_within_the_input() {
        assert_eq!(value(&[2, 1, 7, 9]), Some((2, [7].as_slice(), [9].as_slice())));
        for bad in [&[2, 0x81, 1, 7][..], &[2, 0x80, 7], &[2, 0x82, 0, 0x80], &[2, 5, 1], &[2], &[]] {
            assert_eq!(value(bad), None, "{bad:?}");
        }
    }
}
