//! The check that nearly every request is: a credential that was believed before.

use std::hint::black_box;

use counterfoil_bench::{Outcome, Scene, World};
use counterfoil_core::Clock as _;
use counterfoil_core::Timestamp;
use counterfoil_core::id::SessionId;
use counterfoil_core::revocation::{Announcement, Replica, Target};
use criterion::Criterion;
use tokio::runtime::{Builder, Runtime};

const LOGINS: usize = 1024;
/// More logins than the processor's nearest caches hold the identities of.
const MANY_LOGINS: usize = 65_536;
const REVOKED: u32 = 10_000;

fn main() -> Outcome<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut criterion = Criterion::default().configure_from_args();
    remembered(&mut criterion, &runtime)?;
    revoked(&mut criterion, &runtime)?;
    criterion.final_summary();
    Ok(())
}

fn remembered(criterion: &mut Criterion, runtime: &Runtime) -> Outcome<()> {
    let world = runtime.block_on(World::open(Scene::default()))?;
    let verifier = &world.system.verifier;
    let mut group = criterion.benchmark_group("check, remembered");
    for (client, logins) in [("web", LOGINS), ("device", LOGINS), ("stateless", LOGINS), ("web", MANY_LOGINS)] {
        let credentials = runtime.block_on(world.credentials(client, logins))?;
        for credential in &credentials {
            runtime.block_on(verifier.verify(credential))?;
        }
        let bytes = credentials[0].len();
        let mut at = 0;
        group.bench_function(format!("{client}: {bytes} bytes, one of {logins}"), |b| {
            b.iter(|| {
                at = (at + 1) % logins;
                let identity = verifier.recall(black_box(&credentials[at]));
                assert!(identity.is_some());
                black_box(identity)
            });
        });
    }
    let clock = &world.authority().clock;
    group.bench_function("of that, both clocks", |b| b.iter(|| black_box((clock.now(), clock.monotonic()))));
    group.finish();
    Ok(())
}

/// The question to the copy of the log, which is put when there has been news since the last check.
fn revoked(criterion: &mut Criterion, runtime: &Runtime) -> Outcome<()> {
    let world = runtime.block_on(World::open(Scene::default()))?;
    let mut group = criterion.benchmark_group("revocation");
    let (session, _) = runtime.block_on(world.login("web"))?;
    let session = runtime.block_on(world.system.verifier.verify(&session))?;
    for entries in [0, REVOKED] {
        let replica = Replica::default();
        let announcement = |n: u32| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            let target = Target::Session { session: SessionId::from_bytes(id) };
            Announcement { target, expires_at: Timestamp::from_millis(i64::MAX) }
        };
        replica.note(&(0..entries).map(announcement).collect::<Vec<_>>());
        for (kind, identity) in [("session", &session), ("jwt", &world.stateless)] {
            group.bench_function(format!("{kind}, {entries} revoked"), |b| {
                b.iter(|| {
                    let admitted = replica.admits(black_box(&identity.subject()));
                    assert!(admitted);
                    black_box(admitted)
                });
            });
        }
    }
    group.finish();
    Ok(())
}
