//! What one process does without a store: a check from memory, the question to the copy of the log, a signature.

use std::fs;
use std::hint::black_box;

use counterfoil_bench::{Outcome, Scene, World};
use counterfoil_core::Clock as _;
use counterfoil_core::credential::Identity;
use counterfoil_core::id::{SessionId, TokenId};
use counterfoil_core::revocation::Replica;

use crate::latencies::{Latencies, micros, now};
use crate::log::entry;

/// Logins that take turns: more than the processor holds nearest to it.
const LOGINS: usize = 1_024;
/// How often all of them are checked.
const SAMPLES: usize = 200;
/// The lower quartile: it sheds most of what else the machine does.
const QUARTILE: usize = 25;
/// How long the copy of the log is.
const LENGTHS: [u64; 3] = [0, 10_000, 1_000_000];

pub(crate) async fn print() -> Outcome<()> {
    // First of all, while the process is small.
    let (replicas, bytes) = replicas()?;
    let world = World::open(Scene::default()).await?;
    let forgetful = World::open(Scene { memory_bytes: 0, ..Scene::default() }).await?;
    println!("one of {LOGINS} logins, µs: lower quartile and median of {SAMPLES} samples\n");
    for (client, kind) in [("web", "session id"), ("device", "opaque token"), ("stateless", "ES256 token")] {
        let texts = world.credentials(client, LOGINS).await?;
        for text in &texts {
            world.system.verifier.verify(text).await?;
        }
        let mut latencies = sample(&texts, |text| world.system.verifier.recall(text).is_some())?;
        row(&format!("remembered: {kind}"), &mut latencies);
    }
    let identities = identities(&world)?;
    for (replica, length) in replicas.iter().zip(LENGTHS) {
        let admits = |identity: &Identity| replica.admits(&identity.subject());
        row(&format!("the copy of the log, {length} entries"), &mut sample(&identities, admits)?);
    }
    let tokens = forgetful.credentials("stateless", LOGINS / 16).await?;
    let mut latencies = sample(&tokens, |token| forgetful.system.verifier.verify_jwt(token).is_ok())?;
    row("not remembered: ES256 token", &mut latencies);
    println!("\nthe copy of the log: {bytes:.0} bytes of memory an entry, of {} entries\n", LENGTHS[2]);
    Ok(())
}

/// Bearers of tokens, each of a login of its own.
fn identities(world: &World) -> Outcome<Vec<Identity>> {
    let authority = world.authority();
    let identity = || {
        let (now, entropy) = (authority.clock.now(), &*authority.entropy);
        let (login, token) = (SessionId::new(now, entropy)?, Some(TokenId::new(now, entropy)?));
        Ok(Identity { login, token, ..Identity::clone(&world.stateless) })
    };
    std::iter::repeat_with(identity).take(LOGINS).collect()
}

/// Copies of logs of each length, and what the longest takes for each entry.
fn replicas() -> Outcome<(Vec<Replica>, f64)> {
    let (mut replicas, mut bytes) = (Vec::new(), 0.0);
    for length in LENGTHS {
        let before = resident()?;
        let replica = Replica::default();
        for first in (1..=length).step_by(1_000) {
            replica.apply(&(first..first + 1_000).map(entry).collect::<Vec<_>>());
        }
        replicas.push(replica);
        bytes = crate::ratio(resident()?.saturating_sub(before), length.max(1));
    }
    Ok((replicas, bytes))
}

/// The memory of this process, in bytes: counted in pages of 4 KiB (proc(5)).
fn resident() -> Outcome<u64> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    Ok(statm.split_whitespace().nth(1).ok_or("no resident pages in statm")?.parse::<u64>()? * 4096)
}

/// How long `check` takes for one of `among`, each sample being the mean of them all.
fn sample<T>(among: &[T], check: impl Fn(&T) -> bool) -> Outcome<Latencies> {
    let mut latencies = Latencies::default();
    for _ in 0..SAMPLES {
        let began = now();
        let all = among.iter().all(|one| check(black_box(one)));
        let took = began.elapsed();
        if !black_box(all) {
            return Err("a credential that counts was not believed".into());
        }
        latencies.push_mean(took, among.len());
    }
    Ok(latencies)
}

fn row(what: &str, latencies: &mut Latencies) {
    println!("{what:<40} {:>9.3} {:>9.3}", micros(latencies.percentile(QUARTILE)), micros(latencies.percentile(50)));
}
