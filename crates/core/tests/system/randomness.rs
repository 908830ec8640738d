//! What is random: names that are never used twice, and what happens when there is no randomness.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use counterfoil_core::authority::{
    AccountError, ExchangeError, LoginError, NewUser, OperateError, RefreshError, Trouble,
};
use counterfoil_core::jose::Algorithm;
use counterfoil_core::session::Origin;
use counterfoil_core::{Clock as _, Entropy, EntropyError, SystemEntropy};

use crate::support::{BUILTIN, House, PASSWORD, over_each_store, password, taken_apart};

over_each_store!(
    cr_04_without_randomness_nothing_is_handed_out_and_nothing_is_stored,
    tk_14_no_token_has_the_name_of_another,
    ss_01_no_two_ids_have_anything_in_common,
);

/// The system's, until it is broken.
#[derive(Default)]
struct Breakable {
    system: SystemEntropy,
    broken: AtomicBool,
}

impl Entropy for Breakable {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        if self.broken.load(SeqCst) { Err(EntropyError) } else { self.system.fill(bytes) }
    }
}

async fn cr_04_without_randomness_nothing_is_handed_out_and_nothing_is_stored(mut house: House) {
    let source = Arc::new(Breakable::default());
    house.entropy = Arc::clone(&source) as _;
    let node = house.node().await;
    let issued = node.log_in("api").await;
    let identity = node.believed(&issued.secret).await;
    let user = identity.user;
    let now = house.clock.now();
    let state = || async {
        let keys = house.stores.keys.list().await.unwrap();
        let kids: Vec<_> = keys.into_iter().map(|key| (key.kid, key.state)).collect();
        let sessions = house.stores.sessions.list(user, now, usize::MAX).await.unwrap();
        (kids, sessions.len(), house.stores.revocations.head().await.unwrap())
    };
    let before = state().await;

    source.broken.store(true, SeqCst);
    for client in BUILTIN {
        let login = node.try_log_in("alice", PASSWORD, Some(client), None).await;
        assert!(matches!(login.err(), Some(LoginError::Trouble(Trouble::Entropy(_)))), "{client}");
        let exchanged = node.authority.exchange(&identity, client, Origin::default()).await;
        assert!(matches!(exchanged.err(), Some(ExchangeError::Trouble(Trouble::Entropy(_)))), "{client}");
    }
    let renewed = node.authority.refresh(issued.refresh.as_deref().unwrap()).await;
    assert!(matches!(renewed.err(), Some(RefreshError::Trouble(Trouble::Entropy(_)))));
    let bob = NewUser { username: "bob", email: None, password: password(PASSWORD), roles: BTreeSet::new() };
    // A salt is random as well, so it is the pool that says so.
    assert!(matches!(node.authority.add_user(bob).await.err(), Some(AccountError::Trouble(_))));
    let rotated = node.authority.rotate_keys(Algorithm::ES256).await;
    assert!(matches!(rotated.err(), Some(OperateError::Ring(_))));
    assert_eq!(state().await, before);
    assert!(house.stores.users.by_username("bob").await.unwrap().is_none());
    // Who is logged in stays so: believing needs no randomness.
    node.believed(&issued.secret).await;

    source.broken.store(false, SeqCst);
    node.authority.refresh(issued.refresh.as_deref().unwrap()).await.unwrap();
    node.log_in("web").await;
}

async fn tk_14_no_token_has_the_name_of_another(mut house: House) {
    house.entropy = Arc::new(SystemEntropy::default());
    let node = house.node().await;
    let mut issued = node.log_in("api").await;
    let identity = node.believed(&issued.secret).await;
    let mut names = BTreeSet::new();
    for _ in 0..50 {
        issued = node.authority.refresh(issued.refresh.as_deref().unwrap()).await.unwrap();
        let stateless = node.authority.exchange(&identity, "stateless", Origin::default()).await.unwrap();
        for token in [&issued.secret, &stateless.secret] {
            let name = taken_apart(token).1["jti"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "{name} is there twice");
        }
    }
}

async fn ss_01_no_two_ids_have_anything_in_common(mut house: House) {
    house.entropy = Arc::new(SystemEntropy::default());
    let node = house.node().await;
    let identity = node.believed(&node.log_in("device").await.secret).await;
    let mut bodies = Vec::new();
    for client in ["web", "device"].into_iter().cycle().take(200) {
        let issued = node.authority.exchange(&identity, client, Origin::default()).await.unwrap();
        assert_eq!(issued.secret.len(), 5 + 43 + 6, "all of one length");
        bodies.push(issued.secret[5..48].to_owned());
    }
    // 256 bits: two of 200 agree in their first eight characters once in 10¹⁰ runs.
    let beginnings: BTreeSet<&str> = bodies.iter().map(|body| &body[..8]).collect();
    let ends: BTreeSet<&str> = bodies.iter().map(|body| &body[35..]).collect();
    assert_eq!((beginnings.len(), ends.len()), (200, 200));
    // At each place, about as many different characters as chance gives: 61 of the 64.
    for place in 0..42 {
        let letters: BTreeSet<_> = bodies.iter().map(|body| body.as_bytes()[place]).collect();
        assert!(letters.len() > 48, "{} different characters at {place}", letters.len());
    }
}
