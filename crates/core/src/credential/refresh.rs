//! Refresh tokens: single-use references that renew an access credential.
//!
//! Each token's successor is a keyed function of it, so however many callers refresh at once, and however often one
//! repeats itself because an answer was lost, all get the same successor and one row is enough for the whole family.

use std::time::Duration;

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::SecretHash;
use super::format::{self, Malformed, REFRESH};
use crate::client::Client;
use crate::id::{FamilyId, Scope};
use crate::session::{Family, Session};
use crate::{Entropy, EntropyError, Timestamp};

const BODY: usize = 16 + 4 + 32 + TAG;

/// Proves that a token is one of ours, whatever family it names: a guess costs the server one HMAC and no more.
const TAG: usize = 8;

/// How far back a token's descent is followed to tell a stolen one from a made-up one. At a refresh every ten minutes this
/// is a year; an older one is refused without ending the family.
const MAX_DESCENT: u32 = 50_000;

/// A refresh token that has been read and is not believed yet.
pub struct RefreshToken {
    /// The family that it says it belongs to.
    pub family: FamilyId,
    generation: u32,
    secret: Zeroizing<[u8; 32]>,
    tag: [u8; TAG],
}

/// The key of the function from a token to its successor. The same on every node.
pub struct SuccessorKey(hmac::Key);

/// What is to be done about a token that was presented.
pub enum Judgement {
    /// It is the live one: it gives way to `token`, and the family's row from now on reads `family`.
    Rotate {
        /// The row after the change.
        family: Family,
        /// The successor, to hand out once the change is stored.
        token: Zeroizing<String>,
    },
    /// It was the live one until just now: whoever asks again gets the same successor.
    Repeat {
        /// The successor that was handed out before.
        token: Zeroizing<String>,
    },
    /// It was given up long ago and has come back: it was copied, and the family must end.
    Reused,
    /// It never belonged to the family. The family is not harmed by it.
    Forged,
    /// The family is over.
    Expired,
}

/// A new family for `session`, and its first token.
pub fn issue(
    session: &Session,
    client: &Client,
    scopes: Vec<Scope>,
    now: Timestamp,
    key: &SuccessorKey,
    entropy: &dyn Entropy,
) -> Result<(Zeroizing<String>, Family), EntropyError> {
    let mut secret = Zeroizing::new([0; 32]);
    entropy.fill(secret.as_mut_slice())?;
    // Random throughout: a family's name must not tell when its login was made.
    let mut id = [0; 16];
    entropy.fill(&mut id)?;
    let token = key.tagged(FamilyId::from_bytes(id), 0, secret);
    let family = Family {
        id: token.family,
        session: session.id,
        client: client.id.clone(),
        scopes,
        generation: 0,
        hash: token.hash(),
        rotated_at: now,
        expires_at: now.after(client.lifetimes.refresh.unwrap_or_default()).min(session.expires_at),
        position: session.position,
    };
    Ok((token.write(), family))
}

/// Judges a presented token by its family's row.
///
/// One that is ahead of the row is the successor of the live one, or of its successors: nobody but us can tag a token, and a
/// family has one chain. It was handed out, and then the store lost the last rotations, by a failover or by the return of a
/// copy. It takes the live one's place, which is then its predecessor like any other. A refusal to rotate within `reuse_window` after the last rotation is not
/// theft: the answer may have been lost, or two tabs may have asked at once.
pub fn judge(
    family: &Family,
    presented: &RefreshToken,
    key: &SuccessorKey,
    now: Timestamp,
    reuse_window: Duration,
) -> Judgement {
    if !key.has_tagged(presented) {
        return Judgement::Forged;
    }
    if now >= family.expires_at {
        return Judgement::Expired;
    }
    let successor = key.successor(presented);
    let age = family.generation.saturating_sub(presented.generation);
    if age > MAX_DESCENT {
        return Judgement::Forged;
    }
    // A token is genuine when the live one descends from it: nothing about the ones in between is stored. Of one that is
    // ahead the tag has said so already.
    let is_ahead = presented.generation > family.generation;
    if !is_ahead && !(0..age).fold(presented.copy(), |token, _| key.successor(&token)).hash().matches(&family.hash) {
        return Judgement::Forged;
    }
    match age {
        0 => match presented.generation.checked_add(1) {
            Some(generation) => Judgement::Rotate {
                family: Family { generation, hash: successor.hash(), rotated_at: now, ..family.clone() },
                token: successor.write(),
            },
            None => Judgement::Expired,
        },
        1 if now.since(family.rotated_at) <= reuse_window => Judgement::Repeat { token: successor.write() },
        _ => Judgement::Reused,
    }
}

impl RefreshToken {
    /// Reads a token.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let body = format::read::<BODY>(REFRESH, text)?;
        let (family, rest) = body.split_first_chunk::<16>().ok_or(Malformed::Form)?;
        let (generation, rest) = rest.split_first_chunk::<4>().ok_or(Malformed::Form)?;
        let (secret, rest) = rest.split_first_chunk::<32>().ok_or(Malformed::Form)?;
        let tag: [u8; TAG] = rest.try_into().map_err(|_| Malformed::Form)?;
        Ok(Self {
            family: FamilyId::from_bytes(*family),
            generation: u32::from_be_bytes(*generation),
            secret: Zeroizing::new(*secret),
            tag,
        })
    }

    /// Which of its family's tokens it says it is.
    pub(crate) const fn generation(&self) -> u32 {
        self.generation
    }

    fn write(&self) -> Zeroizing<String> {
        let mut body = Zeroizing::new([0; BODY]);
        let (family, rest) = body.split_at_mut(16);
        let (generation, rest) = rest.split_at_mut(4);
        let (secret, tag) = rest.split_at_mut(32);
        family.copy_from_slice(self.family.as_bytes());
        generation.copy_from_slice(&self.generation.to_be_bytes());
        secret.copy_from_slice(self.secret.as_slice());
        tag.copy_from_slice(&self.tag);
        format::write(REFRESH, body.as_slice())
    }

    fn hash(&self) -> SecretHash {
        SecretHash::of(self.secret.as_slice())
    }

    fn copy(&self) -> Self {
        Self { family: self.family, generation: self.generation, secret: self.secret.clone(), tag: self.tag }
    }
}

impl SuccessorKey {
    /// From 32 bytes derived for this purpose alone.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    fn tagged(&self, family: FamilyId, generation: u32, secret: Zeroizing<[u8; 32]>) -> RefreshToken {
        let mut token = RefreshToken { family, generation, secret, tag: [0; TAG] };
        token.tag = self.tag(&token);
        token
    }

    /// Whether a token is one of ours, of whatever family and age. To be asked before a store is: a guess costs no more than this.
    pub(crate) fn has_tagged(&self, token: &RefreshToken) -> bool {
        self.tag(token).ct_eq(&token.tag).into()
    }

    fn tag(&self, token: &RefreshToken) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"one of ours");
        context.update(token.family.as_bytes());
        context.update(&token.generation.to_be_bytes());
        context.update(token.secret.as_slice());
        let mut tag = [0; TAG];
        tag.copy_from_slice(context.sign().as_ref().get(..TAG).unwrap_or(&[0; TAG]));
        tag
    }

    fn successor(&self, token: &RefreshToken) -> RefreshToken {
        let generation = token.generation.saturating_add(1);
        let mut context = hmac::Context::with_key(&self.0);
        context.update(token.family.as_bytes());
        context.update(&generation.to_be_bytes());
        context.update(token.secret.as_slice());
        let mut secret = Zeroizing::new([0; 32]);
        secret.copy_from_slice(context.sign().as_ref());
        self.tagged(token.family, generation, secret)
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RefreshToken({} #{}, …)", self.family, self.generation)
    }
}

impl std::fmt::Debug for SuccessorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SuccessorKey(…)")
    }
}

#[cfg(test)]
mod tests;
