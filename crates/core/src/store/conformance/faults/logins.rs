//! One login, from the account to its end.

use super::super::house::{CHANGING, CLIENTS, House, PASSWORD, password};
use crate::authority::{AccountError, Authority, Issued, RefreshError};
use crate::session::Origin;
use crate::store::Stores;

pub async fn a_registration_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    house
        .at_every_fault(async |house| {
            let (name, authority) = (house.name(), &house.node.authority);
            let register = || authority.register(&name, None, password(PASSWORD));
            if house.attempt(register()).await.is_none() {
                match register().await {
                    Ok(_) | Err(AccountError::UsernameTaken) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            house.other.try_log_in(&name, PASSWORD, "web").await.unwrap();
        })
        .await;
}

pub async fn a_login_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    for client in CLIENTS {
        house
            .at_every_fault(async |house| {
                let user = house.user().await;
                let log_in = || house.node.try_log_in(user.username.as_str(), PASSWORD, client);
                let issued = match house.attempt(log_in()).await {
                    Some(issued) => issued,
                    None => log_in().await.unwrap(),
                };
                house.node.believed(&issued).await;
                house.other.believed(&issued).await;
            })
            .await;
    }
}

pub async fn a_recognition_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for client in ["web", "device"] {
        house
            .at_every_fault(async |house| {
                let (issued, _) = house.other.log_in(&user, client).await;
                house.attempt(house.node.verifier.verify(&issued.secret)).await;
                house.node.believed(&issued).await;
            })
            .await;
    }
}

async fn renewed(authority: &Authority, issued: &Issued) -> Result<Issued, RefreshError> {
    authority.refresh(issued.refresh.as_ref().unwrap()).await
}

pub async fn a_refresh_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for client in ["api", CHANGING] {
        house
            .at_every_fault(async |house| {
                let (issued, _) = house.other.log_in(&user, client).await;
                let successor = match house.attempt(renewed(&house.node.authority, &issued)).await {
                    Some(successor) => successor,
                    None => renewed(&house.node.authority, &issued).await.unwrap(),
                };
                house.other.believed(&successor).await;
                let again = renewed(&house.other.authority, &issued).await.unwrap();
                assert!(again.refresh == successor.refresh, "one live leaf");
                let next = renewed(&house.other.authority, &successor).await.unwrap();
                house.node.believed(&next).await;
            })
            .await;
    }
}

pub async fn an_exchange_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for (from, to) in [("web", "api"), ("web", "stateless"), ("api", "device"), ("stateless", "device")] {
        house
            .at_every_fault(async |house| {
                let (issued, identity) = house.node.log_in(&user, from).await;
                let exchange = || house.node.authority.exchange(&identity, to, Origin::default());
                let exchanged = match house.attempt(exchange()).await {
                    Some(exchanged) => exchanged,
                    None => exchange().await.unwrap(),
                };
                for issued in [&issued, &exchanged] {
                    house.node.believed(issued).await;
                    house.other.believed(issued).await;
                }
                house.node.authority.logout(&identity).await.unwrap();
                house.refuses(&exchanged).await;
            })
            .await;
    }
}

pub async fn a_logout_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for client in CLIENTS {
        house
            .at_every_fault(async |house| {
                let (issued, identity) = house.node.log_in(&user, client).await;
                if house.attempt(house.node.authority.logout(&identity)).await.is_none() {
                    house.node.authority.logout(&identity).await.unwrap();
                }
                house.refuses(&issued).await;
            })
            .await;
    }
}

pub async fn a_logout_by_refresh_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for client in ["api", CHANGING] {
        house
            .at_every_fault(async |house| {
                let (issued, _) = house.other.log_in(&user, client).await;
                house.node.believed(&issued).await;
                let token = issued.refresh.as_ref().unwrap();
                match house.attempt(house.node.authority.logout_by_refresh(token)).await {
                    Some(ended) => assert!(ended),
                    // `false`: there is none any more.
                    None => drop(house.node.authority.logout_by_refresh(token).await.unwrap()),
                }
                house.refuses(&issued).await;
            })
            .await;
    }
}

pub async fn the_end_of_one_session_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for client in ["web", "api", "device"] {
        house
            .at_every_fault(async |house| {
                let (issued, _) = house.node.log_in(&user, client).await;
                let session = issued.session.unwrap();
                let end = || house.node.authority.end_own_session(user.id, session);
                match house.attempt(end()).await {
                    Some(ended) => assert!(ended),
                    None => drop(end().await.unwrap()),
                }
                house.refuses(&issued).await;
            })
            .await;
    }
}
