//! Sessions by the million, each made from its number, so that none needs to be remembered.

use std::ops::Range;

use counterfoil_bench::Outcome;
use counterfoil_core::Timestamp;
use counterfoil_core::credential::{Kind, SecretHash};
use counterfoil_core::id::{ClientId, SessionId, UserId};
use counterfoil_core::revocation::Position;
use counterfoil_core::session::{Origin, Reference, Session, SessionData};
use counterfoil_core::store::{Login, Stores};

use crate::at;

/// What time it is in this world: some years from now, so that no server forgets anything by its own clock.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_900_000_000_000);

const HOUR: i64 = 3_600_000;
/// How many are stored at once.
const BATCH: u64 = 500;
/// Dead ones have numbers of their own.
const DEAD: u64 = 1 << 40;

/// Sessions of a range of numbers.
pub(crate) struct Population {
    numbers: Range<u64>,
    expires_at: Timestamp,
}

impl Population {
    /// The living.
    pub(crate) const fn alive(count: u64) -> Self {
        Self { numbers: 0..count, expires_at: at(12 * HOUR) }
    }

    /// Those that have expired.
    pub(crate) const fn expired(numbers: Range<u64>) -> Self {
        Self { numbers: DEAD + numbers.start..DEAD + numbers.end, expires_at: at(-1) }
    }

    /// Stores them all.
    pub(crate) async fn fill(&self, stores: &Stores) -> Outcome<()> {
        let client = ClientId::parse("web")?;
        let mut next = self.numbers.start;
        while next < self.numbers.end {
            let end = (next + BATCH).min(self.numbers.end);
            let logins: Vec<_> = (next..end).map(|number| self.login(number, &client)).collect();
            stores.sessions.import(&logins).await?;
            next = end;
        }
        Ok(())
    }

    /// The hash of the credential of any of them.
    pub(crate) fn credential(&self, random: u64) -> SecretHash {
        let count = self.numbers.end - self.numbers.start;
        hash(b'r', self.numbers.start + random % count)
    }

    fn login(&self, number: u64, client: &ClientId) -> Login {
        // Ids begin with the time of their making, as real ones do; the rest of them is random.
        let mut id = sixteen(hash(b's', number));
        let made = at(-12 * HOUR).as_millis() + i64::try_from(number % 43_200).unwrap_or(0) * 1_000;
        for (byte, digit) in id.iter_mut().zip(made.to_be_bytes().into_iter().skip(2)) {
            *byte = digit;
        }
        let session = Session {
            id: SessionId::from_bytes(id),
            // Three logins a user.
            user: UserId::from_bytes(sixteen(hash(b'u', number / 3))),
            client: client.clone(),
            kind: Kind::Session,
            generation: 0,
            scopes: Vec::new(),
            authenticated_at: Timestamp::from_millis(made),
            last_seen_at: Timestamp::from_millis(made),
            expires_at: self.expires_at,
            origin: Origin {
                ip: Some([192, 0, 2, 7].into()),
                user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned()),
            },
            position: Position(0),
        };
        let reference = Reference {
            hash: hash(b'r', number),
            session: session.id,
            client: client.clone(),
            scopes: Vec::new(),
            idle: Some(std::time::Duration::from_mins(30)),
            idle_expires_at: Some(self.expires_at),
            expires_at: self.expires_at,
            position: Position(0),
        };
        Login { session, data: SessionData::new(), references: vec![reference], families: Vec::new() }
    }
}

/// Thirty-two bytes that follow from a number and say nothing about it.
fn hash(what: u8, number: u64) -> SecretHash {
    SecretHash::of(&[&[what][..], &number.to_be_bytes()].concat())
}

fn sixteen(hash: SecretHash) -> [u8; 16] {
    let mut half = [0; 16];
    for (byte, from) in half.iter_mut().zip(hash.as_bytes()) {
        *byte = *from;
    }
    half
}
