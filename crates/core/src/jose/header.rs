//! The header of a token, read strictly (RFC 7515 §4).

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::algorithm::Algorithm;
use super::json::{self, Fault, JsonError, Name, Strict, Unread};
use super::refusal::Refusal;
use super::snippet::Snippet;

/// The longest `kid` that is read, in bytes.
pub const MAX_KID: usize = 128;

/// What a token's header says. Members that are unknown and not critical are ignored (RFC 7515 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `alg`. On a verified token it is the algorithm of the key.
    pub algorithm: Algorithm,
    /// `typ`, as written.
    pub typ: Option<String>,
    /// `kid`.
    pub kid: Option<String>,
}

/// Reads the header's JSON.
pub(super) fn parse(bytes: &[u8]) -> Result<Header, Refusal> {
    let fault = Cell::new(None);
    let blame = Cell::new(Some(Refusal::HeaderNotObject));
    json::drive(bytes, &fault, Reader { fault: &fault, blame: &blame }).map_err(|error| match error {
        Unread::Json(error) => Refusal::HeaderJson(error),
        Unread::Unfit(error) => blame.take().unwrap_or(Refusal::HeaderJson(error)),
    })
}

/// Whether a `kid` is one that we would give or read: an opaque name, not empty, without control characters.
pub(super) fn is_well_formed_kid(kid: &str) -> bool {
    !kid.is_empty() && kid.len() <= MAX_KID && !kid.chars().any(char::is_control)
}

struct Reader<'f> {
    fault: &'f Fault,
    /// What is wrong if the JSON is well-formed, but not what is wanted at this place.
    blame: &'f Cell<Option<Refusal>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Header;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Header, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl Reader<'_> {
    fn refuse<E: serde::de::Error>(&self, refusal: Refusal) -> E {
        self.blame.set(Some(refusal));
        E::custom("refused")
    }

    fn duplicate<E: serde::de::Error>(&self, name: &str) -> E {
        self.fault.set(Some(JsonError::DuplicateMember(Snippet::of(name))));
        E::custom("duplicate member")
    }

    /// Fills `slot` with the value of the member `name`: a string, and the first of its name.
    fn text<'de, A: MapAccess<'de>>(
        &self,
        members: &mut A,
        slot: &mut Option<Cow<'de, str>>,
        name: &'static str,
    ) -> Result<(), A::Error> {
        if slot.is_some() {
            return Err(self.duplicate(name));
        }
        self.blame.set(Some(Refusal::HeaderNotString(name)));
        *slot = Some(members.next_value_seed(Name)?);
        Ok(())
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Header, A::Error> {
        let (mut alg, mut typ, mut kid, mut cty) = (None, None, None, None);
        let mut others: Vec<Cow<'de, str>> = Vec::new();
        while let Some(name) = members.next_key_seed(Name)? {
            match name.as_ref() {
                "alg" => self.text(&mut members, &mut alg, "alg")?,
                "typ" => self.text(&mut members, &mut typ, "typ")?,
                "kid" => self.text(&mut members, &mut kid, "kid")?,
                "cty" => self.text(&mut members, &mut cty, "cty")?,
                other => {
                    if let Some(refusal) = forbidden(other) {
                        return Err(self.refuse(refusal));
                    }
                    if others.contains(&name) {
                        return Err(self.duplicate(&name));
                    }
                    members.next_value_seed(Strict { fault: self.fault, depth: 1 })?;
                    others.push(name);
                }
            }
        }
        finish(alg, typ, kid, cty.as_deref()).map_err(|refusal| self.refuse(refusal))
    }
}

/// Members whose presence alone is a reason to refuse, whatever their value.
///
/// The six that bring or name a key may be ignored by RFC 7515 §4.1; refusing them too means that no token which
/// tries to supply its own trust is ever believed, not even one that another reader would take for forged.
fn forbidden(name: &str) -> Option<Refusal> {
    const KEYS: [&str; 6] = ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"];
    match name {
        "crit" => Some(Refusal::Critical),
        "b64" => Some(Refusal::UnencodedPayload),
        "zip" => Some(Refusal::Compressed),
        name => KEYS.into_iter().find(|key| *key == name).map(Refusal::KeyInHeader),
    }
}

fn finish(
    alg: Option<Cow<'_, str>>,
    typ: Option<Cow<'_, str>>,
    kid: Option<Cow<'_, str>>,
    cty: Option<&str>,
) -> Result<Header, Refusal> {
    let alg = alg.ok_or(Refusal::AlgorithmMissing)?;
    let algorithm = match Algorithm::named(&alg) {
        Some(algorithm) => algorithm,
        None if alg.trim().eq_ignore_ascii_case("none") => return Err(Refusal::Unsigned),
        None => return Err(Refusal::AlgorithmUnknown(Snippet::of(&alg))),
    };
    if cty.is_some_and(|cty| same_media_type(cty, "JWT")) {
        return Err(Refusal::Nested);
    }
    if let Some(kid) = kid.as_deref().filter(|kid| !is_well_formed_kid(kid)) {
        return Err(Refusal::KeyIdMalformed(Snippet::of(kid)));
    }
    Ok(Header { algorithm, typ: typ.map(Cow::into_owned), kid: kid.map(Cow::into_owned) })
}

/// Whether two values of `typ` or `cty` are the same media type: without regard to case, and with `application/`
/// put before a value that has no slash (RFC 7515 §4.1.9).
pub(super) fn same_media_type(one: &str, other: &str) -> bool {
    bare(one).eq_ignore_ascii_case(bare(other))
}

fn bare(value: &str) -> &str {
    const PREFIX: &str = "application/";
    match value.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) && !rest.contains('/') => rest,
        _ => value,
    }
}
