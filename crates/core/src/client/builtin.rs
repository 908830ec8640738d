//! The five clients that are there without any configuration: each way of recognising a user, ready to try.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{ClaimsPolicy, Client, CookiePolicy, FeedLoss, Lifetimes};
use crate::credential::{Kind, Transport};
use crate::id::{BadWord, ClientId};
use crate::jose::Algorithm;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `web`, `spa`, `api`, `stateless` and `device`.
pub fn builtin_clients() -> Result<Vec<Client>, BadWord> {
    use FeedLoss::{Accept, Refuse};
    use Kind::{Jwt, Session, Token};
    use Transport::{Bearer, Cookie};
    let lasting = |credential, idle, refresh| Lifetimes { credential, idle, refresh };
    Ok(vec![
        // NIST SP 800-63B-4 §2.2.3: at most an hour idle and a day in all; these are half of it.
        client("web", Session, Cookie, lasting(12 * HOUR, Some(30 * MINUTE), None), Refuse)?,
        client("spa", Jwt, Cookie, lasting(10 * MINUTE, None, Some(12 * HOUR)), Refuse)?,
        client("api", Jwt, Bearer, lasting(15 * MINUTE, None, Some(30 * DAY)), Refuse)?,
        client("stateless", Jwt, Bearer, lasting(15 * MINUTE, None, None), Accept)?,
        client("device", Token, Bearer, lasting(30 * DAY, None, None), Refuse)?,
    ])
}

fn client(
    id: &str,
    kind: Kind,
    transport: Transport,
    lifetimes: Lifetimes,
    on_feed_loss: FeedLoss,
) -> Result<Client, BadWord> {
    Ok(Client {
        id: ClientId::parse(id)?,
        kind,
        transport,
        lifetimes,
        algorithm: Algorithm::default(),
        audience: None,
        scopes: BTreeSet::new(),
        claims: ClaimsPolicy { roles: true, ..ClaimsPolicy::default() },
        cookie: CookiePolicy::default(),
        on_feed_loss,
        exchange: true,
    })
}
