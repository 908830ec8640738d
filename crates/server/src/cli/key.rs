//! `counterfoil key …`

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::Clock as _;
use counterfoil_core::authority::Authority;
use counterfoil_core::id::TokenId;
use counterfoil_core::jose::{Algorithm, Jwk, KeyError, PublicJwk, SigningKey};
use counterfoil_core::keys::KeyState;
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::open::{open, open_or_make};
use super::output::rfc3339;
use super::{Failure, args, ask};
use crate::config::Environment;

/// The longest file that is read for a key: the largest RSA key takes a tenth of it.
const MAX_FILE: usize = 64 * 1024;

/// Does what the command says.
pub(super) async fn run(command: args::Key, environment: Environment) -> Result<(), Failure> {
    match command {
        args::Key::List { common, output } => {
            let authority = open(&common, environment).await?;
            output.list(&listed(&authority), Listed::COLUMNS)
        }
        args::Key::Rotate { algorithm, common, output } => {
            let authority = open(&common, environment).await?;
            let algorithms = algorithm.map_or_else(|| in_use(&authority), |algorithm| BTreeSet::from([algorithm]));
            let mut rotated = Vec::new();
            for algorithm in algorithms {
                rotated.push(Rotated { algorithm, kid: authority.rotate_keys(algorithm).await? });
            }
            let sentence =
                |Rotated { algorithm, kid }: &Rotated| format!("{algorithm}: the key {kid} signs from now on.");
            output.text(&rotated, || rotated.iter().map(sentence).collect::<Vec<_>>().join("\n"))
        }
        args::Key::Retire(args::KeyName { kid, common, output }) => {
            let authority = open(&common, environment).await?;
            authority.retire_key(&kid).await?;
            output.text(&json!({ "kid": kid, "state": KeyState::Retired }), || {
                format!("The key {kid} signs no more. What it has signed still counts.")
            })
        }
        args::Key::Revoke(args::KeyName { kid, common, output }) => {
            let authority = open(&common, environment).await?;
            authority.revoke_key(&kid).await?;
            output.text(&json!({ "kid": kid, "state": KeyState::Revoked }), || {
                format!("The key {kid} is revoked. Nothing that it has signed counts any more.")
            })
        }
        args::Key::Import(args) => import(&args, environment).await,
    }
}

/// A key of the ring as it is printed. Nothing private is in it.
#[derive(Serialize)]
struct Listed {
    kid: String,
    algorithm: Algorithm,
    state: KeyState,
    created_at: String,
    /// When it came into its state.
    since: String,
}

impl Listed {
    const COLUMNS: &[&str] = &["kid", "algorithm", "state", "created_at", "since"];
}

/// A key that has begun to sign.
#[derive(Serialize)]
struct Rotated {
    algorithm: Algorithm,
    kid: String,
}

fn listed(authority: &Authority) -> Vec<Listed> {
    let view = authority.ring.view();
    let keys = view.iter().map(|(kid, key)| Listed {
        kid: kid.to_owned(),
        algorithm: key.algorithm(),
        state: key.state,
        created_at: rfc3339(key.created_at),
        since: rfc3339(key.state_since),
    });
    keys.collect()
}

/// The algorithms that something is signed with now.
fn in_use(authority: &Authority) -> BTreeSet<Algorithm> {
    let view = authority.ring.view();
    view.iter().filter(|(_, key)| key.state == KeyState::Active).map(|(_, key)| key.algorithm()).collect()
}

async fn import(args: &args::ImportKey, environment: Environment) -> Result<(), Failure> {
    let unfit = |error: KeyError| Failure::because(&error);
    let text = read(&args.file)?;
    // Before anything is opened: an unfit key leaves everything as it is.
    let mut key = key(&text, args.algorithm, args.kid.as_deref()).map_err(unfit)?;
    let authority = open_or_make(&args.common, environment).await?;
    if key.kid().is_empty() {
        let kid = new_kid(&key, &authority)?;
        key = self::key(&text, args.algorithm, Some(&kid)).map_err(unfit)?;
    }
    authority.import_key(&key).await?;
    let (kid, algorithm) = (key.kid(), key.algorithm());
    args.output.text(&json!({ "kid": kid, "algorithm": algorithm, "state": KeyState::Next }), || {
        format!(
            "The key {kid} is the next one of {algorithm}: verifiers learn of it now, and \
             `counterfoil key rotate --algorithm {algorithm}` lets it sign."
        )
    })
}

/// An id for a key that brings none: its thumbprint. That of a shared secret would help whoever guesses at it (RFC 7638 §7).
fn new_kid(key: &SigningKey, authority: &Authority) -> Result<String, Failure> {
    let thumbprint = key.verifying_key().to_jwk().and_then(|public| thumbprint(&public));
    match thumbprint {
        Some(thumbprint) => Ok(thumbprint),
        None => match TokenId::new(authority.clock.now(), &*authority.entropy) {
            Ok(id) => Ok(id.to_string()),
            Err(error) => Err(Failure::because(&error)),
        },
    }
}

/// The text of a file, or of standard input.
fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let bytes = if path == Path::new("-") {
        ask::standard_input(MAX_FILE)?
    } else {
        let mut bytes = Zeroizing::new(Vec::new());
        let most = MAX_FILE as u64 + 1;
        File::open(path)
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(|error| Failure::Refused(format!("{} cannot be read: {error}", path.display())))?;
        bytes
    };
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= MAX_FILE);
    text.map(|text| Zeroizing::new(text.to_owned()))
        .ok_or_else(|| Failure::Refused(format!("{} holds no key: neither PEM nor a JWK", path.display())))
}

/// The private key in a JWK or in PEM. Without an id of its own and without `kid`, its id is empty.
fn key(text: &str, algorithm: Algorithm, kid: Option<&str>) -> Result<SigningKey, KeyError> {
    if text.trim_start().starts_with('{') {
        SigningKey::from_jwk(&text.parse::<Jwk>()?, Some(algorithm), kid)
    } else {
        SigningKey::from_pem(text, algorithm, kid.unwrap_or_default())
    }
}

/// RFC 7638 §3: SHA-256 over the members that make the key, in the order of their names and without white space.
fn thumbprint(key: &PublicJwk) -> Option<String> {
    let Ok(Value::Object(members)) = serde_json::to_value(key) else { return None };
    let made_by = |name: &str| ["crv", "e", "kty", "n", "x", "y"].contains(&name);
    let members: BTreeMap<_, _> = members.into_iter().filter(|(name, _)| made_by(name)).collect();
    let text = serde_json::to_string(&members).ok()?;
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_7638_3_1_the_thumbprint_is_that_of_the_example() {
        let jwk: Jwk = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#.parse().unwrap();
        let key = counterfoil_core::jose::VerifyingKey::from_jwk(&jwk, None).unwrap();
        assert_eq!(thumbprint(&key.to_jwk().unwrap()).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}
