//! A check, a refresh or an exchange that is on its way while a login, a token, a key … is revoked: what comes of it has ended too,
//! whichever of its steps it is at, and on whichever node that happens.

use counterfoil_core::authority::{ExchangeError, Issued};
use counterfoil_core::credential::Kind;
use counterfoil_core::session::Origin;

use crate::support::{BUILTIN, Control, House, Node, over_each_store, taken_apart};

over_each_store!(
    a_check_in_flight_is_not_remembered,
    a_refresh_in_flight_brings_nothing_that_is_revoked,
    an_exchange_in_flight_brings_nothing_that_is_revoked,
);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Revoked {
    Login,
    Token,
    User,
    Client,
    System,
    Key,
}

const ALL: [Revoked; 6] =
    [Revoked::Login, Revoked::Token, Revoked::User, Revoked::Client, Revoked::System, Revoked::Key];

impl Revoked {
    /// A token and a key have names where the credential is a JWT.
    fn concerns(self, client: &str) -> bool {
        !matches!(self, Self::Token | Self::Key) || ["spa", "api", "stateless"].contains(&client)
    }

    /// Whether the login ends with it, and not the credential alone.
    fn ends(self, client: &str) -> bool {
        match self {
            Self::Login | Self::User | Self::Client | Self::System => true,
            Self::Token => client == "stateless",
            Self::Key => false,
        }
    }

    async fn revoke(self, node: &Node, issued: &Issued) {
        let authority = &node.authority;
        match self {
            Self::Login => {
                let identity = node.believed(&issued.secret).await;
                authority.logout(&identity).await.unwrap();
            }
            Self::Token => {
                let identity = node.believed(&issued.secret).await;
                authority.revoke_token(identity.token.unwrap()).await.unwrap();
            }
            Self::User => drop(authority.end_logins_of("alice").await.unwrap()),
            Self::Client => authority.revoke_client(&issued.client.id).await.unwrap(),
            Self::System => authority.revoke_everything().await.unwrap(),
            Self::Key => authority.revoke_key(&kid(&issued.secret)).await.unwrap(),
        }
    }
}

fn kid(token: &str) -> String {
    taken_apart(token).0["kid"].as_str().unwrap().to_owned()
}

/// Lets `work` go on until it has read `method`, revokes, and lets it go on to its end. Says whether it got there.
async fn beside<T>(
    (control, method): (&Control, &'static str),
    revoke: impl Future<Output = ()>,
    work: impl Future<Output = T>,
) -> (bool, T) {
    let mut work = std::pin::pin!(work);
    control.hold(method);
    tokio::select! {
        done = &mut work => {
            control.hold("nothing");
            revoke.await;
            (false, done)
        }
        () = control.reached() => {
            revoke.await;
            control.release();
            (true, work.await)
        }
    }
}

/// That nothing of what was handed out counts, on any of the nodes.
async fn is_dead(nodes: [&Node; 2], issued: &Issued) {
    for node in nodes {
        node.refused(&issued.secret).await;
        if let Some(refresh) = &issued.refresh {
            node.authority.refresh(refresh).await.map(drop).unwrap_err();
        }
    }
}

async fn a_check_in_flight_is_not_remembered(house: House) {
    let (other, (node, control)) = (house.node().await, house.spied_node().await);
    for client in ["web", "device"] {
        for revoked in ALL.into_iter().filter(|revoked| revoked.concerns(client)) {
            for (method, is_elsewhere) in [
                ("sessions.by_reference", false),
                ("sessions.by_reference", true),
                ("users.by_id", false),
                ("users.by_id", true),
            ] {
                let issued = other.log_in(client).await;
                let from = if is_elsewhere { &other } else { &node };
                let verify = node.verifier.verify(&issued.secret);
                // Where the login is looked for by its credential to end it, the other one does so.
                let from = if revoked == Revoked::Login { &other } else { from };
                let (in_flight, _) = beside((&control, method), revoked.revoke(from, &issued), verify).await;
                assert!(in_flight, "{method}");
                node.catch_up().await;
                other.catch_up().await;
                is_dead([&node, &other], &issued).await;
            }
        }
    }
}

async fn a_refresh_in_flight_brings_nothing_that_is_revoked(house: House) {
    let (other, (node, control)) = (house.node().await, house.spied_node().await);
    for client in ["spa", "api"] {
        for revoked in ALL {
            for (method, is_elsewhere) in [
                ("sessions.by_family", true),
                ("users.by_id", false),
                ("sessions.rotate", true),
                ("sessions.rotate", false),
            ] {
                let from = if is_elsewhere { &other } else { &node };
                let login = node.log_in(client).await;
                other.catch_up().await;
                let refresh = node.authority.refresh(login.refresh.as_ref().unwrap());
                let (in_flight, renewed) = beside((&control, method), revoked.revoke(from, &login), refresh).await;
                assert!(in_flight, "{method}");
                node.catch_up().await;
                other.catch_up().await;
                node.refused(&login.secret).await;
                other.refused(&login.secret).await;
                if revoked.ends(client) {
                    is_dead([&node, &other], &login).await;
                    if let Ok(renewed) = renewed {
                        is_dead([&node, &other], &renewed).await;
                    }
                    continue;
                }
                let renewed = renewed.unwrap();
                judge([&node, &other], revoked, &login, &renewed).await;
                let next = other.authority.refresh(renewed.refresh.as_ref().unwrap()).await.unwrap();
                node.believed(&next.secret).await;
                other.believed(&next.secret).await;
            }
        }
    }
}

/// What came of a login that lives on counts, unless the key has signed it that was revoked.
async fn judge(nodes: [&Node; 2], revoked: Revoked, login: &Issued, new: &Issued) {
    let is_signed_by_it =
        revoked == Revoked::Key && new.client.kind == Kind::Jwt && kid(&new.secret) == kid(&login.secret);
    for node in nodes {
        if is_signed_by_it {
            node.refused(&new.secret).await;
        } else {
            node.believed(&new.secret).await;
        }
    }
}

async fn an_exchange_in_flight_brings_nothing_that_is_revoked(house: House) {
    let (other, (node, control)) = (house.node().await, house.spied_node().await);
    let mut flights = [0; 4];
    for source in BUILTIN {
        // A client, a user and everybody: see `revoking`.
        let all = [Revoked::Login, Revoked::Token, Revoked::Key].into_iter();
        for revoked in all.filter(|revoked| revoked.concerns(source)) {
            for target in ["web", "api", "stateless"] {
                for (at, method) in
                    ["users.by_id", "sessions.by_id", "sessions.attach", "sessions.open"].into_iter().enumerate()
                {
                    // Nothing is stored before a `stateless` login is exchanged, and something is of any other.
                    if target == "stateless" && at > 1
                        || at == 2 && source == "stateless"
                        || at == 3 && source != "stateless"
                    {
                        continue;
                    }
                    let login = node.log_in(source).await;
                    let identity = node.believed(&login.secret).await;
                    other.catch_up().await;
                    let from = if flights[at] % 2 == 0 { &other } else { &node };
                    let exchange = node.authority.exchange(&identity, target, Origin::default());
                    let (in_flight, exchanged) =
                        beside((&control, method), revoked.revoke(from, &login), exchange).await;
                    flights[at] += usize::from(in_flight);
                    node.catch_up().await;
                    other.catch_up().await;
                    node.refused(&login.secret).await;
                    other.refused(&login.secret).await;
                    match exchanged {
                        Ok(exchanged) if revoked.ends(source) => is_dead([&node, &other], &exchanged).await,
                        Ok(exchanged) => judge([&node, &other], revoked, &login, &exchanged).await,
                        // What was presented counts no more, at the least.
                        Err(error) => assert!(matches!(error, ExchangeError::Ended), "{error}"),
                    }
                }
            }
        }
    }
    assert!(flights.iter().all(|flights| *flights >= 4), "{flights:?}");
}
