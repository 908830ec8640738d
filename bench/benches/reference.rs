//! Session ids, opaque tokens and refresh tokens: issued and looked up, beside the primitives that they are made of.

use std::hint::black_box;

use aws_lc_rs::digest::{SHA256, digest};
use counterfoil_bench::{Outcome, Scene, Store, World, timed};
use counterfoil_core::Clock as _;
use counterfoil_core::credential::refresh::{Judgement, RefreshToken, SuccessorKey, judge};
use counterfoil_core::credential::{SecretHash, reference};
use counterfoil_core::session::Origin;
use counterfoil_core::{Entropy as _, SystemEntropy};
use criterion::Criterion;
use tokio::runtime::{Builder, Runtime};

/// More than any cache of the processor holds the identities of, and a power of two.
const LOGINS: usize = 1024;

fn main() -> Outcome<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut criterion = Criterion::default().configure_from_args();
    pure(&mut criterion, &runtime)?;
    for store in [Store::Memory, Store::Sqlite] {
        stored(&mut criterion, &runtime, store)?;
    }
    criterion.final_summary();
    Ok(())
}

/// What no store has a part in.
fn pure(criterion: &mut Criterion, runtime: &Runtime) -> Outcome<()> {
    let world = runtime.block_on(World::open(Scene::default()))?;
    let authority = world.authority();
    let (text, _) = runtime.block_on(world.login("web"))?;
    let found = runtime.block_on(authority.stores.sessions.by_reference(&SecretHash::of(text.as_bytes())))?;
    let (_, session) = found.ok_or("the session is not there")?;
    let web = authority.clients.find("web").ok_or("no client")?;
    let (now, entropy) = (authority.clock.now(), SystemEntropy::default());

    let mut group = criterion.benchmark_group("reference");
    group.bench_function("sha-256 of a credential", |b| {
        b.iter(|| black_box(digest(&SHA256, black_box(text.as_bytes()))));
    });
    group.bench_function("bare issue: 32 random bytes and their sha-256", |b| {
        b.iter(|| {
            let mut secret = [0; 32];
            assert!(entropy.fill(&mut secret).is_ok());
            black_box(digest(&SHA256, &secret))
        });
    });
    group.bench_function("issue", |b| {
        b.iter(|| {
            let issued = reference::issue(&session, web, Vec::new(), now, &entropy);
            assert!(issued.is_ok());
            black_box(issued)
        });
    });

    let (_, token) = runtime.block_on(world.login("api"))?;
    let presented = RefreshToken::parse(&token.ok_or("no refresh token")?)?;
    let found = runtime.block_on(authority.stores.sessions.by_family(presented.family))?;
    let (family, _) = found.ok_or("the family is not there")?;
    let key = SuccessorKey::new(&[7; 32]);
    group.bench_function("judge a refresh token and make its successor", |b| {
        b.iter(|| {
            let judgement = judge(&family, &presented, &key, now, authority.rules.reuse_window);
            assert!(matches!(judgement, Judgement::Rotate { .. }));
            black_box(judgement)
        });
    });
    group.finish();
    Ok(())
}

/// The same with what a store adds.
fn stored(criterion: &mut Criterion, runtime: &Runtime, store: Store) -> Outcome<()> {
    let forgetful = Scene { store, memory_bytes: 0, ..Scene::default() };
    let world = runtime.block_on(World::open(forgetful))?;
    let credentials = runtime.block_on(world.credentials("web", LOGINS))?;
    let mut group = criterion.benchmark_group(format!("reference, store: {store:?}"));

    let (verifier, mut at) = (&world.system.verifier, 0);
    group.bench_function("resolve, not in the verifier's memory", |b| {
        b.iter_custom(|times| {
            timed(runtime, times, async || {
                at = (at + 1) % LOGINS;
                assert!(verifier.recall(&credentials[at]).is_none());
                assert!(black_box(verifier.verify(&credentials[at]).await).is_ok());
            })
        });
    });
    group.bench_function("log in to `web`, less the password", |b| {
        b.iter_custom(|times| {
            timed(runtime, times, async || {
                let issued = world.authority().exchange(&world.stateless, "web", Origin::default()).await;
                assert!(black_box(issued).is_ok());
            })
        });
    });
    let (_, token) = runtime.block_on(world.login("api"))?;
    let mut token = token.ok_or("no refresh token")?;
    group.bench_function("refresh `api`: rotate, and sign an ES256 token", |b| {
        b.iter_custom(|times| {
            timed(runtime, times, async || {
                let issued = world.authority().refresh(&token).await;
                let next = issued.ok().and_then(|issued| issued.refresh);
                assert!(next.is_some());
                token = next.map(|token| token.to_string()).unwrap_or_default();
            })
        });
    });
    group.finish();
    Ok(())
}
