//! A client, everybody, a user, a key, a token: each revoked by one line of the log, in every kind and on every node, and nothing
//! that is on its way comes through.

use std::time::Duration;

use counterfoil_core::authority::Issued;
use counterfoil_core::client::Client;
use counterfoil_core::credential::{Identity, Kind};
use counterfoil_core::id::TokenId;
use counterfoil_core::keys::{KeyState, RingKey};
use counterfoil_core::revocation::Position;
use counterfoil_core::session::Origin;

use crate::support::{BUILTIN, Control, House, Node, builtin, id, over_each_store};

over_each_store!(
    a_revoked_client_is_out_and_the_others_are_not,
    what_a_revoked_client_was_exchanged_for_is_out,
    ss_10_everything_is_revoked_by_one_line,
    everything_stays_revoked_after_a_restart,
    a_token_is_revoked_by_its_name,
    all_logins_of_a_user_are_revoked,
    a_login_in_flight_survives_no_target,
    a_refresh_in_flight_survives_no_target,
    an_exchange_in_flight_survives_no_target,
    a_login_after_a_revocation_counts_where_the_feed_is_lost,
    a_session_whose_client_is_revoked_is_not_listed,
    what_was_revoked_hides_no_login_that_counts,
);

/// What can be revoked beside a login.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Named {
    Client,
    System,
    User,
    Key,
}

const NAMED: [Named; 4] = [Named::Client, Named::System, Named::User, Named::Key];

impl Named {
    async fn revoke(self, node: &Node, client: &str) {
        let authority = &node.authority;
        match self {
            Self::Client => authority.revoke_client(&id(client)).await.unwrap(),
            Self::System => authority.revoke_everything().await.unwrap(),
            Self::User => drop(authority.end_logins_of("alice").await.unwrap()),
            Self::Key => {
                let algorithm = policy(client).algorithm;
                let view = authority.ring.view();
                let signs = |key: &RingKey| key.state == KeyState::Active && key.algorithm() == algorithm;
                let kid = view.iter().find_map(|(kid, key)| signs(key).then(|| kid.to_owned())).unwrap();
                // Another one has to sign from now on.
                authority.rotate_keys(algorithm).await.unwrap();
                authority.revoke_key(&kid).await.unwrap();
            }
        }
    }

    /// A key ends what it has signed, and no session.
    fn concerns(self, client: &str) -> bool {
        self != Self::Key || policy(client).kind == Kind::Jwt
    }
}

fn policy(name: &str) -> Client {
    builtin().into_iter().find(|client| client.id.as_str() == name).unwrap()
}

/// That nothing of what was handed out counts, on any of the nodes.
async fn is_dead(nodes: &[&Node], issued: &Issued) {
    for node in nodes {
        node.catch_up().await;
        node.refused(&issued.secret).await;
        if let Some(refresh) = &issued.refresh {
            node.authority.refresh(refresh).await.map(drop).unwrap_err();
        }
    }
}

async fn a_revoked_client_is_out_and_the_others_are_not(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    for client in BUILTIN {
        let mut issued = Vec::new();
        for client in BUILTIN {
            let login = here.log_in(client).await;
            here.believed(&login.secret).await;
            there.believed(&login.secret).await;
            issued.push(login);
        }
        let before = house.stores.revocations.head().await.unwrap();
        here.authority.revoke_client(&id(client)).await.unwrap();
        assert_eq!(
            house.stores.revocations.head().await.unwrap(),
            Position(before.0 + 1),
            "one line, however many logins"
        );
        there.catch_up().await;
        for login in &issued {
            if login.client.id.as_str() == client {
                is_dead(&[&here, &there], login).await;
            } else {
                here.believed(&login.secret).await;
                there.believed(&login.secret).await;
            }
        }
        for node in [&here, &there] {
            let again = node.log_in(client).await;
            here.believed(&again.secret).await;
            there.believed(&again.secret).await;
        }
    }
}

async fn what_a_revoked_client_was_exchanged_for_is_out(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    for source in BUILTIN {
        for target in BUILTIN {
            let login = here.log_in(source).await;
            let identity = here.believed(&login.secret).await;
            let exchanged = here.authority.exchange(&identity, target, Origin::default()).await.unwrap();
            let found = there.believed(&exchanged.secret).await;
            assert_eq!((found.login_client.as_str(), found.client.as_str()), (source, target));
            // The other way round, the login lives on.
            here.authority.revoke_client(&id(target)).await.unwrap();
            is_dead(&[&here, &there], &exchanged).await;
            if source == target {
                is_dead(&[&here, &there], &login).await;
                continue;
            }
            here.believed(&login.secret).await;
            let again = here.authority.exchange(&identity, target, Origin::default()).await.unwrap();
            there.believed(&again.secret).await;
            here.authority.revoke_client(&id(source)).await.unwrap();
            is_dead(&[&here, &there], &again).await;
            is_dead(&[&here, &there], &login).await;
        }
    }
}

async fn ss_10_everything_is_revoked_by_one_line(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    here.add("bob", None, &[]).await;
    let mut issued = Vec::new();
    for client in BUILTIN {
        for user in ["alice", "bob"] {
            let login = here.try_log_in(user, crate::support::PASSWORD, Some(client), None).await.unwrap();
            there.believed(&login.secret).await;
            issued.push(login);
        }
    }
    let before = house.stores.revocations.head().await.unwrap();
    here.authority.revoke_everything().await.unwrap();
    assert_eq!(house.stores.revocations.head().await.unwrap(), Position(before.0 + 1));
    for login in &issued {
        is_dead(&[&here, &there], login).await;
    }
    for client in BUILTIN {
        for node in [&here, &there] {
            let again = node.log_in(client).await;
            here.believed(&again.secret).await;
            there.believed(&again.secret).await;
        }
    }
}

async fn everything_stays_revoked_after_a_restart(mut house: House) {
    let node = house.node().await;
    let mut issued = Vec::new();
    for client in BUILTIN {
        issued.push(node.log_in(client).await);
    }
    node.authority.revoke_everything().await.unwrap();
    drop(node);
    house.restart();
    let node = house.node().await;
    for login in &issued {
        is_dead(&[&node], login).await;
    }
    for client in BUILTIN {
        node.believed(&node.log_in(client).await.secret).await;
    }
}

async fn a_token_is_revoked_by_its_name(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    for client in ["spa", "api", "stateless"] {
        let login = here.log_in(client).await;
        let identity = there.believed(&login.secret).await;
        let exchanged = here.authority.exchange(&identity, "device", Origin::default()).await.unwrap();
        let other = here.log_in(client).await;
        here.authority.revoke_token(identity.token.unwrap()).await.unwrap();
        here.refused(&login.secret).await;
        there.catch_up().await;
        there.refused(&login.secret).await;
        there.believed(&other.secret).await;
        match &login.refresh {
            // The token has ended and its login has not.
            Some(refresh) => {
                there.believed(&here.authority.refresh(refresh).await.unwrap().secret).await;
                there.believed(&exchanged.secret).await;
            }
            None => is_dead(&[&here, &there], &exchanged).await,
        }
        // Nobody's: nothing happens.
        here.authority.revoke_token(TokenId::from_bytes([9; 16])).await.unwrap();
        here.believed(&other.secret).await;
    }
}

async fn all_logins_of_a_user_are_revoked(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    here.add("bob", None, &[]).await;
    for client in BUILTIN {
        let login = here.log_in(client).await;
        let bystander = here.try_log_in("bob", crate::support::PASSWORD, Some(client), None).await.unwrap();
        there.believed(&login.secret).await;
        here.authority.end_logins_of("alice").await.unwrap();
        is_dead(&[&here, &there], &login).await;
        there.believed(&bystander.secret).await;
        there.believed(&there.log_in(client).await.secret).await;
    }
}

/// Lets `work` go on to its reading of `method`, revokes there, here or on another node, and lets it go on to its end.
async fn beside<T>(
    (control, method): (&Control, &'static str),
    revoke: impl Future<Output = ()>,
    work: impl Future<Output = T>,
) -> T {
    control.hold(method);
    let revoke = async {
        control.reached().await;
        revoke.await;
        control.release();
    };
    tokio::join!(work, revoke).0
}

async fn a_login_in_flight_survives_no_target(house: House) {
    let (other, (node, control)) = (house.node().await, house.spied_node().await);
    for client in BUILTIN {
        for named in NAMED.into_iter().filter(|named| named.concerns(client)) {
            for is_elsewhere in [false, true] {
                // A key is read before anything can be held, and where it is revoked elsewhere the feed tells.
                let method = if named == Named::Key { "sessions.open" } else { "users.by_username" };
                if named == Named::Key && !policy(client).stores_sessions() {
                    continue;
                }
                let from = if is_elsewhere { &other } else { &node };
                node.catch_up().await;
                other.catch_up().await;
                let issued = beside((&control, method), named.revoke(from, client), node.log_in(client)).await;
                node.catch_up().await;
                other.catch_up().await;
                node.refused(&issued.secret).await;
                other.refused(&issued.secret).await;
                if named != Named::Key {
                    is_dead(&[&node, &other], &issued).await;
                }
                other.believed(&node.log_in(client).await.secret).await;
            }
        }
    }
}

async fn a_refresh_in_flight_survives_no_target(house: House) {
    let (other, (node, control)) = (house.node().await, house.spied_node().await);
    for client in ["spa", "api"] {
        for named in [Named::Client, Named::System, Named::User] {
            for method in ["sessions.by_family", "users.by_id", "sessions.rotate"] {
                for is_elsewhere in [false, true] {
                    let from = if is_elsewhere { &other } else { &node };
                    let login = node.log_in(client).await;
                    let refresh = node.authority.refresh(login.refresh.as_ref().unwrap());
                    let renewed = beside((&control, method), named.revoke(from, client), refresh).await;
                    node.catch_up().await;
                    other.catch_up().await;
                    is_dead(&[&node, &other], &login).await;
                    if let Ok(renewed) = renewed {
                        is_dead(&[&node, &other], &renewed).await;
                    }
                }
            }
        }
    }
}

async fn an_exchange_in_flight_survives_no_target(house: House) {
    let (other, (node, control)) = (house.node().await, house.spied_node().await);
    for source in BUILTIN {
        for target in BUILTIN {
            let clients = [(Named::Client, source), (Named::Client, target)];
            for (named, client) in clients.into_iter().chain([(Named::System, source), (Named::User, source)]) {
                let login = node.log_in(source).await;
                let identity: &Identity = &*node.believed(&login.secret).await;
                let exchange = node.authority.exchange(identity, target, Origin::default());
                let revoke = named.revoke(&other, client);
                let exchanged = beside((&control, "users.by_id"), revoke, exchange).await;
                node.catch_up().await;
                other.catch_up().await;
                if let Ok(exchanged) = exchanged {
                    is_dead(&[&node, &other], &exchanged).await;
                }
            }
        }
    }
}

async fn a_login_after_a_revocation_counts_where_the_feed_is_lost(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    for client in BUILTIN {
        house.clock.pass_unseen(Duration::from_secs(60));
        assert!(!there.verifier.feed_is_live());
        here.authority.revoke_everything().await.unwrap();
        let issued = there.log_in(client).await;
        here.catch_up().await;
        here.believed(&issued.secret).await;
        there.catch_up().await;
        there.believed(&issued.secret).await;
    }
}

async fn a_session_whose_client_is_revoked_is_not_listed(house: House) {
    let node = house.node().await;
    let (web, api) = (node.log_in("web").await, node.log_in("api").await);
    let user = web.user.id;
    node.authority.revoke_client(&id("web")).await.unwrap();
    let listed = node.authority.sessions(user).await.unwrap();
    assert_eq!(listed.iter().map(|session| Some(session.id)).collect::<Vec<_>>(), [api.session]);
    node.authority.revoke_everything().await.unwrap();
    assert!(node.authority.sessions(user).await.unwrap().is_empty());
}

async fn what_was_revoked_hides_no_login_that_counts(house: House) {
    let node = house.node().await;
    let api = node.log_in("api").await;
    for _ in 0..20 {
        house.clock.pass(Duration::from_secs(1));
        node.log_in("web").await;
    }
    let newest = async |limit| {
        let listed = node.authority.newest_sessions(api.user.id, limit, None).await.unwrap();
        listed.sessions.iter().map(|session| session.client.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(newest(2).await, ["web", "web"]);
    node.authority.revoke_client(&id("web")).await.unwrap();
    assert_eq!(newest(2).await, ["api"], "its row is behind twenty that count no more");
    house.clock.pass(Duration::from_secs(1));
    let device = node.log_in("device").await;
    assert_eq!(device.user.id, api.user.id);
    assert_eq!(newest(1).await, ["device"]);
    assert_eq!(newest(2).await, ["device", "api"]);
}
