//! Exchanging a credential: the same login behind it, nothing wider, nothing longer.

use std::time::Duration;

use counterfoil_core::authority::ExchangeError;
use counterfoil_core::client::Client;
use counterfoil_core::session::Origin;

use crate::support::{BUILTIN, House, PASSWORD, builtin, changed, over_each_store, scopes, words};

over_each_store!(
    every_client_is_exchanged_for_every_other,
    an_exchange_prolongs_nothing,
    an_exchange_widens_nothing,
    an_exchange_needs_a_client_that_takes_it,
    an_exchange_needs_a_login_that_counts,
    an_exchange_in_flight_does_not_survive_an_end,
);

async fn every_client_is_exchanged_for_every_other(house: House) {
    let (node, other) = (house.node().await, house.node().await);
    for source in BUILTIN {
        let issued = node.log_in(source).await;
        let identity = node.believed(&issued.secret).await;
        let mut exchanged = Vec::new();
        for target in BUILTIN {
            let issued = node.authority.exchange(&identity, target, Origin::default()).await.unwrap();
            let found = node.believed(&issued.secret).await;
            other.believed(&issued.secret).await;
            assert_eq!((found.user, found.client.as_str()), (identity.user, target));
            assert_eq!((found.kind, found.transport), (issued.client.kind, issued.client.transport));
            assert_eq!(found.authenticated_at, identity.authenticated_at);
            assert_eq!(issued.refresh.is_some(), issued.client.lifetimes.refresh.is_some());
            assert_eq!(found.login, identity.login, "{source} → {target}: the same login behind it");
            assert_eq!(found.session, Some(identity.login), "{source} → {target}");
            exchanged.push(issued);
        }
        // By the credential itself where nothing was stored about it, and by its name where something was.
        match identity.session {
            Some(session) => drop(node.authority.end_session(session).await.unwrap()),
            None => node.authority.logout(&identity).await.unwrap(),
        }
        other.catch_up().await;
        for issued in &exchanged {
            node.refused(&issued.secret).await;
            other.refused(&issued.secret).await;
            if let Some(refresh) = &issued.refresh {
                node.authority.refresh(refresh).await.map(drop).unwrap_err();
            }
        }
    }
}

async fn an_exchange_prolongs_nothing(house: House) {
    let node = house.node().await;
    for source in BUILTIN {
        let issued = node.log_in(source).await;
        let identity = node.believed(&issued.secret).await;
        let ends = identity.expires_at;
        house.clock.pass(Duration::from_secs(1));
        node.catch_up().await;
        for target in BUILTIN {
            let issued = node.authority.exchange(&identity, target, Origin::default()).await.unwrap();
            assert!(issued.expires_at <= ends, "{source} → {target}");
            assert!(issued.refresh_expires_at.is_none_or(|renewed| renewed <= ends), "{source} → {target}");
        }
    }
}

/// All clients with scopes: `read` everywhere, and one of its own each.
fn scoped() -> Vec<Client> {
    let mut clients = builtin();
    for client in &mut clients {
        client.scopes = scopes(&["read", "write", client.id.as_str()]);
    }
    clients
}

async fn an_exchange_widens_nothing(house: House) {
    let node = house.node_with(scoped()).await;
    for source in BUILTIN {
        let issued = node.try_log_in("alice", PASSWORD, Some(source), Some(&format!("read {source}"))).await.unwrap();
        let identity = node.believed(&issued.secret).await;
        for target in BUILTIN {
            let issued = node.authority.exchange(&identity, target, Origin::default()).await.unwrap();
            let mut expected = vec!["read"];
            if source == target {
                expected.push(source);
            }
            let found = node.believed(&issued.secret).await;
            let mut found = words(&found.scopes);
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{source} → {target}");
            // And back: what was lost on the way is not regained.
            let narrowed = node.believed(&issued.secret).await;
            let back = node.authority.exchange(&narrowed, source, Origin::default()).await.unwrap();
            assert_eq!(back.scopes.len(), expected.len());
        }
    }
}

async fn an_exchange_needs_a_client_that_takes_it(house: House) {
    let node = house.node_with(changed("api", |client| client.exchange = false)).await;
    let identity = node.believed(&node.log_in("web").await.secret).await;
    for target in ["api", "nobody", ""] {
        let refused = node.authority.exchange(&identity, target, Origin::default()).await.map(drop);
        assert!(matches!(refused, Err(ExchangeError::NotAllowed)), "{target}");
    }
    // A client that takes no exchanges may still be exchanged for others.
    let identity = node.believed(&node.log_in("api").await.secret).await;
    node.authority.exchange(&identity, "web", Origin::default()).await.map(drop).unwrap();
}

async fn an_exchange_needs_a_login_that_counts(house: House) {
    for source in BUILTIN {
        for end in ["logout", "end all", "disable"] {
            let node = house.node().await;
            let identity = node.believed(&node.log_in(source).await.secret).await;
            match end {
                "logout" => node.authority.logout(&identity).await.unwrap(),
                "end all" => assert!(node.authority.end_all(&identity, false).await.unwrap()),
                _ => drop(node.authority.disable("alice").await.unwrap()),
            }
            for target in BUILTIN {
                let refused = node.authority.exchange(&identity, target, Origin::default()).await.map(drop);
                assert!(matches!(refused, Err(ExchangeError::Ended)), "{source} → {target} after {end}");
            }
            node.authority.enable("alice").await.unwrap();
        }
    }
}

async fn an_exchange_in_flight_does_not_survive_an_end(house: House) {
    for source in BUILTIN {
        for target in BUILTIN {
            let (node, control) = house.spied_node().await;
            let (authority, identity) = (&node.authority, node.believed(&node.log_in(source).await.secret).await);
            control.hold("users.by_id");
            let end = async {
                control.reached().await;
                assert!(authority.end_all(&identity, false).await.unwrap());
                control.release();
            };
            let (exchanged, ()) = tokio::join!(authority.exchange(&identity, target, Origin::default()), end);
            if let Ok(exchanged) = exchanged {
                node.refused(&exchanged.secret).await;
                if let Some(refresh) = &exchanged.refresh {
                    authority.refresh(refresh).await.map(drop).unwrap_err();
                }
            }
        }
    }
}
