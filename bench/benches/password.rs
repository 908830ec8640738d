//! A password in the pool, beside bare Argon2id with the same parameters.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Version};
use counterfoil_bench::{Outcome, timed};
use counterfoil_core::SystemEntropy;
use counterfoil_core::password::{Params, Password, Pool, PoolSettings};
use criterion::Criterion;
use tokio::runtime::Builder;

const TEXT: &str = "four plain words together";

fn main() -> Outcome<()> {
    let runtime = Builder::new_current_thread().build()?;
    let mut criterion =
        Criterion::default().sample_size(30).measurement_time(Duration::from_secs(4)).configure_from_args();
    let params = Params::default();
    let bare = argon2::Params::new(params.memory_kib(), params.passes(), params.lanes(), Some(32))?;
    let blocks = bare.block_count();
    let bare = Argon2::new(Algorithm::Argon2id, Version::V0x13, bare);
    let pool = Pool::new(&PoolSettings::default(), Arc::new(SystemEntropy::default()))?;
    let password = || Password::new(TEXT.to_owned());
    let hash = runtime.block_on(pool.hash(password()?))?;

    let mut group = criterion.benchmark_group(format!("password, {params:?}"));
    group.bench_function("bare Argon2id, memory reused", |b| {
        let mut memory = vec![Block::new(); blocks];
        let mut tag = [0; 32];
        b.iter(|| {
            let outcome = bare.hash_password_into_with_memory(TEXT.as_bytes(), &[7; 16], &mut tag, &mut memory);
            assert!(outcome.is_ok());
            black_box(tag)
        });
    });
    group.bench_function("bare Argon2id, fresh memory each time", |b| {
        let mut tag = [0; 32];
        b.iter(|| {
            assert!(bare.hash_password_into(TEXT.as_bytes(), &[7; 16], &mut tag).is_ok());
            black_box(tag)
        });
    });
    group.bench_function("in the pool", |b| {
        b.iter_custom(|times| {
            timed(&runtime, times, async || {
                let Ok(password) = password() else { return };
                let outcome = pool.verify(Some(hash.clone()), password).await;
                assert!(black_box(outcome).is_ok_and(|outcome| outcome.matches));
            })
        });
    });
    group.bench_function("in the pool, unknown user", |b| {
        b.iter_custom(|times| {
            timed(&runtime, times, async || {
                let Ok(password) = password() else { return };
                assert!(black_box(pool.verify(None, password).await).is_ok_and(|outcome| !outcome.matches));
            })
        });
    });
    group.finish();
    Ok(())
}
