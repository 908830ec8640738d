//! What the number of live sessions costs: the same reads on a store that holds ten thousand of them and one that holds a
//! million, and what a purge does to those reads. Every server is started for it and removed at the end.
//!
//! Between the two sizes and between purging and not, ratios count: they are of one run on one machine.

mod fill;
mod places;
mod reads;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use counterfoil_bench::Outcome;
use counterfoil_core::Timestamp;
use counterfoil_core::store::Stores;

use fill::Population;
use places::{Opened, Place};
use reads::Latencies;

/// The size that every other one is compared with.
const SMALL: u64 = 10_000;
/// As the server purges: so many at a time, and then a pause.
const BATCH: usize = 500;
const PAUSE: Duration = Duration::from_millis(50);

/// What the number of live sessions costs.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many sessions are alive.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(SMALL..=100_000_000))]
    sessions: u64,
    /// How many look-ups are measured each time.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    reads: u32,
    /// How many look-ups are under way at once.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=256))]
    readers: u32,
    /// Measure these stores only.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Place::ALL)]
    store: Vec<Place>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("scale: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{} look-ups by the hash of a credential, {} at once; µs\n", arguments.reads, arguments.readers);
    println!(
        "{:<24} {:>10} {:>9}  {:>7} {:>7}  {:>9}  {:>11} {:>8}  {:>11} {:>9}",
        "store", "sessions", "filled/s", "p50", "p99", "bytes", "purge p99", "ratio", "purged/s", "flat out"
    );
    for place in &arguments.store {
        for size in [SMALL, arguments.sessions] {
            match runtime.block_on(measure(*place, size, &arguments)) {
                Ok(figures) => figures.print(*place, size),
                Err(error) => {
                    eprintln!("scale: {place} with {size} sessions: {error}");
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    println!(
        "\nbytes: of the store for each session, its credential and indices included (memory: of the whole process)"
    );
    println!(
        "purge p99: of the look-ups while a twentieth as many expired sessions is purged as the server does, {BATCH} and a pause of {} ms",
        PAUSE.as_millis()
    );
    println!("ratio: purge p99 ÷ p99 · purged/s: at that pace · flat out: without pauses");
    ExitCode::SUCCESS
}

/// What was measured on one store of one size.
struct Figures {
    filled: f64,
    quiet: Latencies,
    bytes: f64,
    purging: Latencies,
    purged: f64,
    flat_out: f64,
}

impl Figures {
    fn print(&self, place: Place, size: u64) {
        let ratio = self.purging.percentile(99) / self.quiet.percentile(99);
        println!(
            "{:<24} {:>10} {:>9.0}  {:>7.1} {:>7.1}  {:>9.0}  {:>11.1} {:>8.2}  {:>11.0} {:>9.0}",
            place.to_string(),
            size,
            self.filled,
            self.quiet.percentile(50),
            self.quiet.percentile(99),
            self.bytes,
            self.purging.percentile(99),
            ratio,
            self.purged,
            self.flat_out,
        );
    }
}

async fn measure(place: Place, size: u64, arguments: &Arguments) -> Outcome<Figures> {
    let Opened { stores, footprint } = place.open().await?;
    let empty = footprint.bytes()?;
    let living = Population::alive(size);
    let began = now();
    living.fill(&stores).await?;
    let filled = per_second(size, began.elapsed());
    let bytes = footprint.bytes()?.saturating_sub(empty);

    // The first look-ups warm what the database keeps at hand.
    reads::measure(&stores, &living, arguments.reads / 4, arguments.readers).await?;
    let quiet = reads::measure(&stores, &living, arguments.reads, arguments.readers).await?;

    let expired = (size / 20).max(2_000);
    Population::expired(0..expired).fill(&stores).await?;
    let (began, purge) = (now(), purge(&stores, PAUSE));
    let (purging, removed) = reads::during(purge, &stores, &living, arguments.readers).await?;
    let purged = per_second(removed, began.elapsed());

    Population::expired(expired..2 * expired).fill(&stores).await?;
    let began = now();
    let removed = self::purge(&stores, Duration::ZERO).await?;
    let flat_out = per_second(removed, began.elapsed());
    Ok(Figures { filled, quiet, bytes: ratio(bytes, size), purging, purged, flat_out })
}

/// Purges until nothing is left to purge. Returns how many sessions it took.
async fn purge(stores: &Stores, pause: Duration) -> Outcome<u64> {
    let mut removed = 0;
    loop {
        let batch = stores.sessions.purge(fill::NOW, BATCH).await?;
        removed += batch;
        if batch < BATCH as u64 {
            return Ok(removed);
        }
        tokio::time::sleep(pause).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2⁵³")]
fn ratio(of: u64, by: u64) -> f64 {
    of as f64 / by as f64
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2⁵³")]
fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn now() -> Instant {
    Instant::now()
}

/// A moment that many milliseconds after [`fill::NOW`].
const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(fill::NOW.as_millis() + millis)
}
