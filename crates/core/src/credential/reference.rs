//! References: random credentials that mean what the store says. Session ids and opaque tokens.

use zeroize::Zeroizing;

use super::format::write_reference;
use super::{Identity, Kind, SecretHash};
use crate::account::{User, UserState};
use crate::client::Client;
use crate::id::Scope;
use crate::session::{Reference, Session};
use crate::{Entropy, EntropyError, Timestamp};

/// A new reference to `session` for `client`, and the secret to hand out.
///
/// It never outlives the session that it refers to, and knows as much of the log.
pub fn issue(
    session: &Session,
    client: &Client,
    scopes: Vec<Scope>,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(Zeroizing<String>, Reference), EntropyError> {
    let mut secret = Zeroizing::new([0; 32]);
    entropy.fill(secret.as_mut_slice())?;
    let text = write_reference(client.kind == Kind::Session, &secret);
    let reference = Reference {
        hash: SecretHash::of(text.as_bytes()),
        session: session.id,
        client: client.id.clone(),
        scopes,
        idle: client.lifetimes.idle,
        idle_expires_at: client.lifetimes.idle.map(|idle| now.after(idle)),
        expires_at: now.after(client.lifetimes.credential).min(session.expires_at),
        position: session.position,
    };
    Ok((text, reference))
}

/// Why a reference that was found is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// It has expired, or was not used for too long.
    #[error("it has expired")]
    Expired,
    /// Its user has logged out everywhere since, changed the password, or may not log in.
    #[error("its login has ended")]
    Ended,
    /// Its client is configured no more.
    #[error("its client is not configured")]
    Client,
}

/// Who a reference speaks for, by what the store knows of it.
///
/// The client may hand out another kind by now: a login survives that change.
pub fn believe(
    kind: Kind,
    reference: &Reference,
    session: &Session,
    user: &User,
    client: &Client,
    now: Timestamp,
) -> Result<Identity, NotBelieved> {
    if now >= reference.expires_at
        || now >= session.expires_at
        || reference.idle_expires_at.is_some_and(|idle_expires_at| now >= idle_expires_at)
    {
        return Err(NotBelieved::Expired);
    }
    if user.state != UserState::Active || !user.standing.admits(session.generation, session.id) {
        return Err(NotBelieved::Ended);
    }
    Ok(Identity {
        user: user.id,
        username: user.username.as_str().into(),
        roles: user.roles.iter().cloned().collect(),
        // A scope that the client has lost since is lost to the credential too.
        scopes: reference.scopes.iter().filter(|scope| client.scopes.contains(scope.as_str())).cloned().collect(),
        client: client.id.clone(),
        kind,
        transport: client.transport,
        login: session.id,
        session: Some(session.id),
        login_client: session.client.clone(),
        token: None,
        key: None,
        generation: session.generation,
        position: reference.position,
        user_version: user.version,
        authenticated_at: session.authenticated_at,
        expires_at: reference.expires_at,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::SystemEntropy;
    use crate::client::builtin_clients;
    use crate::id::{SessionId, UserId};
    use crate::revocation::Position;
    use crate::session::Origin;

    /// How uneven the counts are: about 255 where 256 values are equally likely, and above 400 once in a hundred million times.
    fn chi_square(counts: &[u32; 256]) -> f64 {
        let expected = f64::from(counts.iter().sum::<u32>()) / 256.0;
        counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
    }

    /// `SS_01_IDS=1000000` looks at a million.
    #[test]
    fn ss_01_ids_have_256_random_bits_and_nothing_else() {
        let count = std::env::var("SS_01_IDS").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
        let web = builtin_clients().unwrap().remove(0);
        let at = Timestamp::from_seconds(1);
        let session = Session {
            id: SessionId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            client: web.id.clone(),
            kind: web.kind,
            generation: 0,
            scopes: Vec::new(),
            authenticated_at: at,
            last_seen_at: at,
            expires_at: at.after(web.lifetimes.credential),
            origin: Origin::default(),
            position: Position(0),
        };
        let entropy = SystemEntropy::default();
        let (mut seen, mut all, mut first) = (HashSet::new(), [0; 256], [0; 256]);
        for _ in 0..count {
            let (id, reference) = issue(&session, &web, Vec::new(), at, &entropy).unwrap();
            assert!(id.len() == 54 && id.starts_with("cf_s_"));
            assert_eq!(reference.hash, SecretHash::of(id.as_bytes()));
            let secret: [u8; 32] = URL_SAFE_NO_PAD.decode(&id[5..48]).unwrap().try_into().unwrap();
            for byte in secret {
                all[usize::from(byte)] += 1;
            }
            first[usize::from(secret[0])] += 1;
            assert!(seen.insert(secret), "an id came twice");
        }
        assert!(chi_square(&all) < 400.0 && chi_square(&first) < 400.0, "{} {}", chi_square(&all), chi_square(&first));
    }

    #[test]
    fn an_uneven_count_is_seen() {
        let mut counts = [1_000; 256];
        assert!(chi_square(&counts) < 1.0);
        counts[7] = 2_000;
        assert!(chi_square(&counts) > 400.0);
    }
}
