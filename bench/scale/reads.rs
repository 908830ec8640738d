//! Look-ups, and how long they took.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use counterfoil_bench::Outcome;
use counterfoil_core::store::{StoreError, Stores};
use tokio::task::JoinSet;

use crate::fill::Population;
use crate::now;

/// The most look-ups that are remembered of each reader while something else goes on.
const MOST: usize = 1_000_000;

/// How long look-ups took, from the fastest to the slowest.
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    /// What so many of a hundred look-ups were not slower than, in microseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(rank).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e6)
    }
}

/// Looks `count` credentials up, by `readers` at once.
pub(crate) async fn measure(stores: &Stores, among: &Population, count: u32, readers: u32) -> Outcome<Latencies> {
    let each = count.div_ceil(readers) as usize;
    collect(start(stores, among, each, readers, &Arc::new(AtomicBool::new(false)))).await
}

/// Looks credentials up for as long as `meanwhile` takes. Returns what that returns, too.
pub(crate) async fn during<T>(
    meanwhile: impl Future<Output = Outcome<T>>,
    stores: &Stores,
    among: &Population,
    readers: u32,
) -> Outcome<(Latencies, T)> {
    let over = Arc::new(AtomicBool::new(false));
    let reading = start(stores, among, MOST, readers, &over);
    let outcome = meanwhile.await;
    over.store(true, Ordering::Relaxed);
    Ok((collect(reading).await?, outcome?))
}

type Reading = JoinSet<Result<Vec<Duration>, StoreError>>;

fn start(stores: &Stores, among: &Population, each: usize, readers: u32, over: &Arc<AtomicBool>) -> Reading {
    let mut reading = JoinSet::new();
    for reader in 0..readers {
        // Which ones is the same in every run.
        let mut random = u64::from(reader) + 1;
        let credentials: Vec<_> = std::iter::repeat_with(|| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            among.credential(random >> 20)
        })
        .take(each.min(50_000))
        .collect();
        let (sessions, over) = (stores.sessions.clone(), Arc::clone(over));
        reading.spawn(async move {
            let mut latencies = Vec::new();
            for hash in credentials.iter().cycle().take(each) {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let began = now();
                let found = sessions.by_reference(hash).await?;
                latencies.push(began.elapsed());
                if found.is_none() {
                    return Err(StoreError::Damaged {
                        what: "a session that is alive is gone".to_owned(),
                        source: None,
                    });
                }
                tokio::task::yield_now().await;
            }
            Ok(latencies)
        });
    }
    reading
}

async fn collect(mut reading: Reading) -> Outcome<Latencies> {
    let mut all = Vec::new();
    while let Some(latencies) = reading.join_next().await {
        all.extend(latencies??);
    }
    all.sort_unstable();
    Ok(Latencies(all))
}
