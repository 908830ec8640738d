//! Keys in PEM (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::key_error::KeyError;

/// One key out of a PEM text: what its label says it is, and its DER.
pub(super) struct Block<'t> {
    pub(super) label: &'t str,
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// The only key in `text`. An `EC PARAMETERS` block, which some tools write before an EC key, is skipped.
pub(super) fn sole_block(text: &str) -> Result<Block<'_>, KeyError> {
    let mut rest = text;
    let mut found = None;
    while let Some((label, body, after)) = next_block(rest)? {
        rest = after;
        if label == "EC PARAMETERS" {
            continue;
        }
        if found.is_some() {
            return Err(KeyError::Pem("it holds more than one block; give one key at a time"));
        }
        found = Some((label, body));
    }
    let (label, body) = found.ok_or(KeyError::Pem("it has no \"-----BEGIN …-----\" line"))?;
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    base64.extend(body.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')));
    let der = STANDARD.decode(base64.as_bytes()).map_err(|_| KeyError::Pem("its body is not base64"))?;
    Ok(Block { label, der: Zeroizing::new(der) })
}

/// Label and body of the first block, and the text after it.
type Found<'t> = Option<(&'t str, &'t str, &'t str)>;

fn next_block(text: &str) -> Result<Found<'_>, KeyError> {
    let Some((_, rest)) = text.split_once("-----BEGIN ") else { return Ok(None) };
    let (label, rest) = rest.split_once("-----").ok_or(KeyError::Pem("its first line is not complete"))?;
    let (body, rest) = rest.split_once("-----END ").ok_or(KeyError::Pem("it has no \"-----END …-----\" line"))?;
    let (end, rest) = rest.split_once("-----").ok_or(KeyError::Pem("its last line is not complete"))?;
    if end != label {
        return Err(KeyError::Pem("its first and last line name different things"));
    }
    Ok(Some((label, body, rest)))
}
