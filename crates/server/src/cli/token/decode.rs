//! `counterfoil token decode`: what a token says, which anybody may have written.

use counterfoil_core::jose::{Algorithm, Claims, Expected, Limits, Unverified, inspect};
use counterfoil_core::{Clock as _, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::output::{Output, aligned, cell};
use super::{Failure, credential, meaning};
use crate::clock::SystemClock;
use crate::pages::Moment;

/// The longest text that is shown, in bytes: more than any server reads, so that what is too long can be looked at.
const LIMITS: Limits = Limits { max_bytes: 1024 * 1024 };

/// Prints what a token says.
pub(super) fn run(typed: &str, output: Output) -> Result<(), Failure> {
    let text = super::text(typed.to_owned(), LIMITS.max_bytes)?;
    if let Some(shape) = credential::shape(&text) {
        return output.text(&shape, || shape.text());
    }
    let said = inspect(&text, &LIMITS).map_err(|refusal| Failure::Refused(refusal.to_string()))?;
    let now = SystemClock::start().now();
    let decoded = Decoded {
        kind: "jwt",
        verified: false,
        times: times(&said, now),
        warnings: warnings(&said, text.len(), now),
        header: said.header,
        claims: said.payload,
        signature_bytes: said.signature_len,
    };
    output.text(&decoded, || decoded.text())
}

/// A token as it is printed.
#[derive(Serialize)]
struct Decoded {
    kind: &'static str,
    verified: bool,
    header: Value,
    /// `null`: the payload is not strict JSON.
    claims: Option<Value>,
    /// `null`: the signature is not canonical base64url.
    signature_bytes: Option<usize>,
    /// The claims that are points in time, as RFC 3339 and in words.
    times: Map<String, Value>,
    warnings: Vec<String>,
}

impl Decoded {
    fn text(&self) -> String {
        let mut rows = vec![["HEADER", "VALUE", "MEANING"].map(str::to_owned).to_vec()];
        rows.extend(members(&self.header, |name, value| row(name, cell(value), meaning::of_header(name))));
        rows.push(vec![String::new(); 3]);
        rows.push(["CLAIM", "VALUE", "MEANING"].map(str::to_owned).to_vec());
        match &self.claims {
            Some(claims @ Value::Object(_)) => rows.extend(members(claims, |name, value| self.claim(name, value))),
            Some(other) => rows.push(row("-", cell(other), "no claims: this is not a JSON object")),
            None => rows.push(row("-", "-".to_owned(), "no claims: the payload is not strict JSON")),
        }
        let warnings: Vec<String> = self.warnings.iter().map(|warning| format!("\nwarning: {warning}")).collect();
        format!(
            "NOT VERIFIED: anybody can write what follows. `counterfoil token verify` checks it.\n\n{}\n\n\
             {signature} It was not checked.{warnings}",
            aligned(&rows),
            signature = match self.signature_bytes {
                Some(bytes) => format!("The signature has {bytes} bytes."),
                None => "The signature cannot be read.".to_owned(),
            },
            warnings = warnings.concat(),
        )
    }

    fn claim(&self, name: &str, value: &Value) -> Vec<String> {
        let shown = match self.times.get(name).and_then(|time| Some((time["at"].as_str()?, time["relative"].as_str()?)))
        {
            Some((at, relative)) => format!("{at} ({relative})"),
            None => cell(value),
        };
        row(name, shown, meaning::of_claim(name))
    }
}

fn row(name: &str, value: String, meaning: &str) -> Vec<String> {
    vec![cell(&name.into()), value, meaning.to_owned()]
}

fn members<'v, R: 'v>(value: &'v Value, row: impl Fn(&str, &Value) -> R + 'v) -> impl Iterator<Item = R> + 'v {
    value.as_object().into_iter().flatten().map(move |(name, value)| row(name, value))
}

fn times(said: &Unverified, now: Timestamp) -> Map<String, Value> {
    let claims = said.payload.as_ref().and_then(Value::as_object).into_iter().flatten();
    let time = |(name, value): (&String, &Value)| {
        let at = meaning::is_time(name).then(|| value.as_f64())?.and_then(milliseconds)?;
        let moment = Moment::new(at, now.as_millis());
        let words = serde_json::json!({ "at": moment.machine(), "relative": moment.relative() });
        Some((name.clone(), words))
    };
    claims.filter_map(time).collect()
}

/// Milliseconds of a number of seconds, if a calendar has them.
fn milliseconds(seconds: f64) -> Option<i64> {
    /// The end of the year 9999.
    const END: f64 = 253_402_300_799.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked, and the fraction is to go")]
    (0.0..=END).contains(&seconds).then_some((seconds * 1000.0) as i64)
}

/// Why no verifier should believe the token, as far as that can be seen without a key.
fn warnings(said: &Unverified, length: usize, now: Timestamp) -> Vec<String> {
    let mut warnings = Vec::new();
    let usual = Limits::default().max_bytes;
    if length > usual {
        warnings.push(format!("it has {length} bytes; the server reads no token of more than {usual}"));
    }
    of_header(&said.header, &mut warnings);
    match said.signature_len {
        None => warnings.push("its signature is not canonical base64url: no verifier takes it".to_owned()),
        Some(0) => warnings.push("it has no signature".to_owned()),
        Some(_) => {}
    }
    match said.payload.as_ref().map(|payload| Claims::parse(payload.to_string().as_bytes())) {
        None => warnings.push("its payload is not strict JSON".to_owned()),
        Some(Err(refusal)) => warnings.push(refusal.to_string()),
        Some(Ok(claims)) => of_times(&claims, now, &mut warnings),
    }
    warnings
}

fn of_header(header: &Value, warnings: &mut Vec<String>) {
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    match text("alg") {
        None => warnings.push("its header has no `alg`".to_owned()),
        Some(alg) if alg.trim().eq_ignore_ascii_case("none") => {
            warnings.push("its `alg` is \"none\": it is not signed at all".to_owned());
        }
        // The other name of EdDSA with this curve (RFC 9864 §2.2).
        Some("Ed25519") => {}
        Some(alg) if alg.parse::<Algorithm>().is_err() => {
            warnings.push(format!("its `alg` {alg:?} is no algorithm that is supported"));
        }
        Some(_) => {}
    }
    match text("typ") {
        None => warnings.push("its header has no `typ`: it could be any kind of token".to_owned()),
        Some(typ) if !typ.to_ascii_lowercase().trim_start_matches("application/").eq(Expected::ACCESS_TOKEN) => {
            warnings.push(format!("its `typ` {typ:?} is not that of an access token, \"{}\"", Expected::ACCESS_TOKEN));
        }
        Some(_) => {}
    }
    for name in ["crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"] {
        if header.get(name).is_some() {
            warnings.push(format!("its header has `{name}`, with which no token is accepted"));
        }
    }
}

fn of_times(claims: &Claims, now: Timestamp, warnings: &mut Vec<String>) {
    let words = |at: Timestamp| Moment::new(at.as_millis(), now.as_millis()).relative();
    match claims.expires_at {
        None => warnings.push("it has no `exp`: it would never expire".to_owned()),
        Some(at) if now >= at => warnings.push(format!("it has expired {}", words(at))),
        Some(_) => {}
    }
    if let Some(at) = claims.not_before.filter(|at| now < *at) {
        warnings.push(format!("it does not count yet, but {} (`nbf`)", words(at)));
    }
    if claims.issued_at.is_some_and(|at| now < at) {
        warnings.push("it was issued in the future (`iat`)".to_owned());
    }
}
