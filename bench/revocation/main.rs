//! What "revoked is revoked" costs: how soon an end is obeyed on another node, how long its answer waits for that, and what the
//! checks and the log take. Every server is started for it and removed at the end.

mod costs;
mod latencies;
mod log;
mod node;
mod places;
mod spread;
mod targets;

use std::process::ExitCode;

use clap::Parser;
use counterfoil_bench::{Outcome, first_login, random_text};

use latencies::{Latencies, micros, millis};
use log::Length;
use node::Node;
use places::Place;
use spread::Spread;

/// What "revoked is revoked" costs.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many logins are ended each time.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    rounds: u32,
    /// How long the log is that a new node follows from its beginning. A million takes minutes.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    entries: u64,
    /// Measure these stores only.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Place::ALL)]
    store: Vec<Place>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(late) => {
            eprintln!("revocation: {late} checks were accepted after the answer");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("revocation: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns how many checks were accepted that should not have been.
fn run(arguments: &Arguments) -> Outcome<u32> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(costs::print())?;
    println!("two nodes, {} logins ended, ms; the log: {} entries\n", arguments.rounds, arguments.entries);
    println!(
        "{:<20}  {:^23}  {:^15}  {:>4}  {:^15}  {:^15}  {:^15}  {:>6} {:>9}",
        "",
        "refused elsewhere",
        "ahead of answer",
        "",
        "logout, 1 node",
        "logout, 2 nodes",
        "first check, µs",
        "log",
        ""
    );
    println!(
        "{:<20}  {:>7} {:>7} {:>7}  {:>7} {:>7}  {:>4}  {:>7} {:>7}  {:>7} {:>7}  {:>7} {:>7}  {:>6} {:>9}",
        "store",
        "p50",
        "p99",
        "max",
        "p50",
        "least",
        "late",
        "p50",
        "p99",
        "p50",
        "p99",
        "p50",
        "p99",
        "bytes",
        "followed"
    );
    let mut late = 0;
    for place in &arguments.store {
        let mut figures = runtime.block_on(measure(*place, arguments)).map_err(|error| format!("{place}: {error}"))?;
        figures.print(*place);
        late += figures.spread.late;
    }
    println!("\nrefused elsewhere: from the beginning of the call to the first check that the other node refused");
    println!("ahead of answer: how long before the answer the last check began that it accepted");
    println!("late: checks that it accepted though they began after the answer");
    println!("first check: of a session that the node has never seen");
    println!("log: bytes of the store for each entry · followed: how long a new node takes until its lease begins");
    for place in &arguments.store {
        late += runtime
            .block_on(targets::print(*place, arguments.rounds / 10))
            .map_err(|error| format!("{place}: {error}"))?;
    }
    Ok(late)
}

/// What was measured on one store.
struct Figures {
    alone: Latencies,
    paired: Latencies,
    spread: Spread,
    misses: Latencies,
    log: Length,
}

impl Figures {
    fn print(&mut self, place: Place) {
        let Self { alone, paired, spread, misses, log } = self;
        println!(
            "{place:<20}  {:>7.2} {:>7.2} {:>7.2}  {:>7.2} {:>7.2}  {:>4}  {:>7.2} {:>7.2}  {:>7.2} {:>7.2}  {:>7.0} {:>7.0}  {:>6.0} {:>8.2}s",
            millis(spread.refused.percentile(50)),
            millis(spread.refused.percentile(99)),
            millis(spread.refused.percentile(100)),
            millis(spread.ahead.percentile(50)),
            millis(spread.ahead.percentile(0)),
            spread.late,
            millis(alone.percentile(50)),
            millis(alone.percentile(99)),
            millis(paired.percentile(50)),
            millis(paired.percentile(99)),
            micros(misses.percentile(50)),
            micros(misses.percentile(99)),
            log.bytes,
            log.caught_up.as_secs_f64(),
        );
    }
}

async fn measure(place: Place, arguments: &Arguments) -> Outcome<Figures> {
    let (site, rounds, secret) = (place.start()?, arguments.rounds, random_text()?);
    let one = Node::start(site.open().await?, &secret).await?;
    let user = first_login(&one.authority, &one.verifier).await?;
    let alone = spread::logouts(&one, &user, rounds).await?;
    let other = Node::start(site.open().await?, &secret).await?;
    let paired = spread::logouts(&one, &user, rounds).await?;
    let spread = spread::measure(&one, &other, &user, rounds).await?;
    let misses = spread::misses(&one, &other, &user, rounds).await?;
    other.stop().await?;
    one.stop().await?;
    let log = log::measure(&site, arguments.entries).await?;
    Ok(Figures { alone, paired, spread, misses, log })
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2⁵³")]
fn ratio(of: u64, by: u64) -> f64 {
    of as f64 / by as f64
}
