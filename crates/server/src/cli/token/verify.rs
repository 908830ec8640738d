//! `counterfoil token verify`: what the server's own verifier would say, and why.

use std::time::Duration;

use counterfoil_core::Clock as _;
use counterfoil_core::jose::{self, Expected, KeySet, Limits, Refusal, claims, json};
use serde_json::{Value, json};

use super::super::output::{answer, note};
use super::{Failure, args, jwks};
use crate::clock::SystemClock;

/// Prints what a token says if it counts, and else why it would be refused.
pub(super) async fn run(args: &args::VerifyToken) -> Result<(), Failure> {
    let keys = trusted(args).await?;
    let limits = args.max_bytes.map_or_else(Limits::default, |max_bytes| Limits { max_bytes });
    let token = super::text(args.token.clone(), limits.max_bytes)?;
    match check(&token, &keys, limits, args) {
        Ok(said) => answer(&format!("{said:#}")),
        Err(refusal) => {
            if args.output.json {
                answer(&format!("{:#}", json!({ "refused": refusal.to_string() })))?;
            } else {
                note(&format!("refused: {refusal}"));
            }
            Err(Failure::Said)
        }
    }
}

/// The keys that may have signed the token: with `--alg`, those of that algorithm.
async fn trusted(args: &args::VerifyToken) -> Result<KeySet, Failure> {
    let unreadable = |error| Failure::Refused(format!("the keys in {} cannot be used: {error}", args.jwks));
    let keys = KeySet::from_jwks(&jwks::text(&args.jwks).await?, args.alg).map_err(unreadable)?;
    let Some(alg) = args.alg else { return Ok(keys) };
    let fit: Vec<_> = keys.iter().filter(|key| key.algorithm() == alg).cloned().collect();
    if fit.is_empty() {
        return Err(Failure::Refused(format!("none of the keys in {} is for {alg}", args.jwks)));
    }
    KeySet::of(fit).map_err(unreadable)
}

/// What a token that counts says.
fn check(token: &str, keys: &KeySet, limits: Limits, args: &args::VerifyToken) -> Result<Value, Refusal> {
    let verified = jose::read(token, keys, &limits)?;
    // All members, also those that mean nothing to the verifier.
    let header = jose::inspect(token, &limits)?.header;
    if args.no_claims {
        let (payload, form) = payload(&verified.payload, token);
        return Ok(json!({ "header": header, "payload": payload, "payload_is": form }));
    }
    let expected = Expected {
        issuer: args.issuer.as_deref(),
        audience: args.audience.as_deref(),
        // The server's default: its clock is the one that made the token.
        leeway: Duration::ZERO,
        ..Expected::at(SystemClock::start().now())
    };
    claims::check(&verified, &expected)?;
    let claims = json::parse(&verified.payload).map_err(Refusal::ClaimsJson)?;
    Ok(json!({ "header": header, "claims": claims }))
}

/// The payload of a token that may carry anything, and the form that it is printed in.
fn payload(bytes: &[u8], token: &str) -> (Value, &'static str) {
    if let Ok(value) = json::parse(bytes) {
        return (value, "json");
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.into(), "text"),
        // It stands in the token in that form already.
        Err(_) => (token.split('.').nth(1).unwrap_or_default().into(), "base64url"),
    }
}
