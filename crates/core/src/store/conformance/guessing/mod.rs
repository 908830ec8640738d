//! Guessing at passwords: systems on a store, a clock that is set by hand, and people who try.

mod alike;
mod races;
mod spent;

pub use alike::*;
pub use races::*;
pub use spent::*;

use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use super::fixtures::at;
use super::house::{Node, PASSWORD, password, secret, setup};
use crate::account::User;
use crate::authority::{LoginError, LoginRequest, Rules, Trouble};
use crate::credential::Kind;
use crate::password::{Params, PoolError, PoolSettings};
use crate::revocation::Wait;
use crate::session::Origin;
use crate::store::Stores;
use crate::system::Setup;
use crate::throttle::Limits;
use crate::{Clock, Timestamp};

/// A password that nobody has.
const WRONG: &str = "not the pass phrase at all";

/// A wall clock that is set by hand. No lease runs out.
#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        at(self.0.load(SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

/// A store, and what every system on it shares.
struct Town {
    stores: Stores,
    clock: Arc<Hand>,
    secret: String,
    limits: Limits,
    hashing: Params,
}

/// What a guess was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It was right.
    Right,
    /// It was wrong.
    Wrong,
    /// It was not judged, and the next one is in so many seconds.
    TooMany(u64),
    /// It was not judged, and no later one is either.
    Locked,
    /// It was not judged, as too many come at once.
    Busy,
}

impl Town {
    fn on(stores: Stores, limits: Limits) -> Self {
        Self { stores, clock: Arc::default(), secret: secret(), limits, hashing: Params::quick() }
    }

    /// A system on the store, as after a restart or on another machine.
    async fn node(&self) -> Node {
        let setup = setup(self.stores.clone(), &self.secret, Kind::Token);
        let rules = Rules { wait: Wait::Local, guessing: self.limits.clone(), ..Rules::default() };
        let passwords = PoolSettings { params: self.hashing.clone(), ..setup.passwords };
        Node::open(Setup { clock: self.clock.clone(), rules, passwords, ..setup }).await
    }

    fn pass(&self, seconds: u64) {
        self.clock.0.fetch_add(i64::try_from(seconds).unwrap() * 1_000, SeqCst);
    }

    /// Guesses wrong as soon as it is let, from another address each time, until nothing helps any more. Returns how often it
    /// was told so.
    async fn wear_out(&self, node: &Node, login: &str) -> u32 {
        let mut wrong = 0;
        loop {
            match guess(node, login, WRONG, address(wrong)).await {
                Told::Wrong => wrong += 1,
                Told::TooMany(wait) => self.pass(wait),
                Told::Locked => return wrong,
                told => panic!("{told:?}"),
            }
        }
    }
}

/// An address by its number.
#[expect(clippy::unnecessary_wraps, reason = "it is what a login says of its origin")]
fn address(number: u32) -> Option<IpAddr> {
    Some(Ipv4Addr::from_bits(0xC612_0000 + number).into())
}

async fn alice(node: &Node) -> User {
    node.authority.register("alice", Some("alice@example.com"), password(PASSWORD)).await.unwrap()
}

async fn guess(node: &Node, login: &str, secret: &str, ip: Option<IpAddr>) -> Told {
    let origin = Origin { ip, user_agent: None };
    let request = LoginRequest { login, password: password(secret), client: Some("web"), scope: None, origin };
    match node.authority.login(request).await {
        Ok(_) => Told::Right,
        Err(LoginError::InvalidCredentials) => Told::Wrong,
        Err(LoginError::TooManyAttempts { retry_after }) => Told::TooMany(retry_after.as_secs()),
        Err(LoginError::Locked) => Told::Locked,
        Err(LoginError::Trouble(Trouble::Passwords(PoolError::Busy { .. }))) => Told::Busy,
        Err(error) => panic!("{error}"),
    }
}
