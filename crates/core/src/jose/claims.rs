//! Claims: what a token says, and whether it is meant for us, now (RFC 7519 §4, RFC 8725 §3).

use std::time::Duration;

use serde_json::{Map, Value};

use super::header::same_media_type;
use super::json;
use super::read::Verified;
use super::refusal::Refusal;
use super::snippet::Snippet;
use crate::Timestamp;

/// What a token must be, to be accepted.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'e> {
    /// The issuer that `iss` must be, exactly. `None` accepts any, which is right only where the keys are one issuer's.
    pub issuer: Option<&'e str>,
    /// What `aud` must contain, exactly. `None` accepts any, which is right only where the issuer serves one audience.
    pub audience: Option<&'e str>,
    /// The kinds of token, as `typ`, of which the token must be one. Empty accepts any kind, even an unnamed one.
    pub types: &'e [&'e str],
    /// How far clocks may be apart. 5 s by default; more than 60 s is not sensible.
    pub leeway: Duration,
    /// By how much `iat` may be later than now, where that is more than the leeway: the clock of whoever signed may be ahead, and a
    /// time in whole seconds makes a second of a millisecond. 5 s by default.
    pub ahead: Duration,
    /// What time it is.
    pub now: Timestamp,
    /// Whether `exp` must be there. True by default.
    pub require_exp: bool,
}

impl Expected<'_> {
    /// The kind of an access token (RFC 9068 §2.1).
    pub const ACCESS_TOKEN: &'static str = "at+jwt";

    /// An access token that is valid at `now`, of any issuer and for any audience.
    pub fn at(now: Timestamp) -> Self {
        Self {
            issuer: None,
            audience: None,
            types: &[Self::ACCESS_TOKEN],
            leeway: Duration::from_secs(5),
            ahead: Duration::from_secs(5),
            now,
            require_exp: true,
        }
    }
}

/// The claims of a token: the registered ones (RFC 7519 §4.1) with their types, the others as they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    /// `iss`.
    pub issuer: Option<String>,
    /// `sub`.
    pub subject: Option<String>,
    /// `aud`: one or several, or none when it is missing.
    pub audience: Vec<String>,
    /// `exp`.
    pub expires_at: Option<Timestamp>,
    /// `nbf`.
    pub not_before: Option<Timestamp>,
    /// `iat`.
    pub issued_at: Option<Timestamp>,
    /// `jti`.
    pub id: Option<String>,
    /// All other claims.
    pub rest: Map<String, Value>,
}

/// Reads the claims of a token whose signature is verified, and checks that they are what is expected.
pub fn check(token: &Verified<'_>, expected: &Expected<'_>) -> Result<Claims, Refusal> {
    check_type(token.header.typ.as_deref(), expected.types)?;
    let claims = Claims::parse(&token.payload)?;
    claims.check_times(expected)?;
    if let Some(issuer) = expected.issuer {
        match claims.issuer.as_deref() {
            None => return Err(Refusal::ClaimMissing("iss")),
            Some(found) if found != issuer => return Err(Refusal::WrongIssuer),
            Some(_) => {}
        }
    }
    if let Some(audience) = expected.audience {
        if claims.audience.is_empty() {
            return Err(Refusal::ClaimMissing("aud"));
        }
        if !claims.audience.iter().any(|found| found == audience) {
            return Err(Refusal::WrongAudience);
        }
    }
    Ok(claims)
}

/// `typ` keeps kinds of token apart (RFC 8725 §3.11); it is compared as a media type (RFC 7515 §4.1.9).
fn check_type(typ: Option<&str>, types: &[&str]) -> Result<(), Refusal> {
    if types.is_empty() {
        return Ok(());
    }
    let typ = typ.ok_or(Refusal::TypeMissing)?;
    if types.iter().any(|wanted| same_media_type(typ, wanted)) {
        Ok(())
    } else {
        Err(Refusal::TypeWrong(Snippet::of(typ)))
    }
}

impl Claims {
    /// Reads a payload: strict JSON, and registered claims of the right type whether anyone asks for them or not.
    pub fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        let Value::Object(mut rest) = json::parse(payload).map_err(Refusal::ClaimsJson)? else {
            return Err(Refusal::ClaimsNotObject);
        };
        Ok(Self {
            issuer: text(&mut rest, "iss")?,
            subject: text(&mut rest, "sub")?,
            audience: audience(&mut rest)?,
            expires_at: date(&mut rest, "exp")?,
            not_before: date(&mut rest, "nbf")?,
            issued_at: date(&mut rest, "iat")?,
            id: text(&mut rest, "jti")?,
            rest,
        })
    }

    fn check_times(&self, expected: &Expected<'_>) -> Result<(), Refusal> {
        let (now, leeway) = (expected.now, expected.leeway);
        match self.expires_at {
            None if expected.require_exp => return Err(Refusal::ClaimMissing("exp")),
            // RFC 7519 §4.1.4: not accepted on or after the time given.
            Some(expires_at) if now >= expires_at.after(leeway) => return Err(Refusal::Expired),
            _ => {}
        }
        if self.not_before.is_some_and(|not_before| now.after(leeway) < not_before) {
            return Err(Refusal::NotYetValid);
        }
        if self.issued_at.is_some_and(|issued_at| now.after(leeway.max(expected.ahead)) < issued_at) {
            return Err(Refusal::IssuedInFuture);
        }
        Ok(())
    }
}

fn text(claims: &mut Map<String, Value>, claim: &'static str) -> Result<Option<String>, Refusal> {
    match claims.remove(claim) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::ClaimMalformed { claim, expected: "a string" }),
    }
}

/// A string or a list of strings, none of them empty (RFC 7519 §4.1.3).
fn audience(claims: &mut Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let malformed = Refusal::ClaimMalformed { claim: "aud", expected: "a string or a list of strings, none empty" };
    let audience = match claims.remove("aud") {
        None => return Ok(Vec::new()),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(items)) if !items.is_empty() => {
            let mut several = Vec::with_capacity(items.len());
            for item in items {
                let Value::String(one) = item else { return Err(malformed) };
                several.push(one);
            }
            several
        }
        Some(_) => return Err(malformed),
    };
    if audience.iter().any(String::is_empty) {
        return Err(malformed);
    }
    Ok(audience)
}

/// The largest number of seconds that is read: beyond 2⁵³ − 1, readers of JSON disagree (RFC 8259 §6).
const MAX_SECONDS: i64 = (1 << 53) - 1;

/// A `NumericDate` (RFC 7519 §2): seconds since the epoch, perhaps with a fraction, which is kept to the millisecond.
fn date(claims: &mut Map<String, Value>, claim: &'static str) -> Result<Option<Timestamp>, Refusal> {
    let malformed = Refusal::ClaimMalformed { claim, expected: "a number of seconds since 1970" };
    let number = match claims.remove(claim) {
        None => return Ok(None),
        Some(Value::Number(number)) => number,
        Some(_) => return Err(malformed),
    };
    if let Some(seconds) = number.as_i64() {
        return if (0..=MAX_SECONDS).contains(&seconds) {
            Ok(Some(Timestamp::from_seconds(seconds)))
        } else {
            Err(malformed)
        };
    }
    match number.as_f64() {
        #[expect(clippy::cast_precision_loss, reason = "2⁵³ − 1 is exact in a double")]
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked, and the fraction is to go")]
        Some(seconds) if (0.0..=MAX_SECONDS as f64).contains(&seconds) => {
            Ok(Some(Timestamp::from_millis((seconds * 1000.0) as i64)))
        }
        _ => Err(malformed),
    }
}
