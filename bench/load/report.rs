//! What is printed.

use std::time::Duration;

use crate::Round;
use crate::ask::{Latencies, Sample};
use crate::clients::Client;

pub(crate) fn head(connections: u16, rounds: u32, length: Duration) {
    println!("{connections} connections, {rounds} rounds of 4 × {:.2} s for each client", length.as_secs_f64());
    println!("ratio: requests a second with the guard ÷ without, same bytes received; median of rounds [least, most]");
    println!("listener: requests a second by our listener ÷ by axum's, same bytes received, no guard");
    println!("CPU: of the serving thread a request; busy: the part of the time in which it had a processor\n");
    println!(
        "{:<10} {:>5} {:>22} {:>7} {:>22}  {:>24}  {:>15} {:>15} {:>5}  {:>16}",
        "client",
        "bytes",
        "ratio",
        "/plain",
        "listener",
        "CPU µs without→with (Δ)",
        "p50 µs",
        "p99 µs",
        "busy",
        "requests/s"
    );
}

pub(crate) fn line(client: Client, bytes: usize, rounds: &[Round]) {
    let of = |what: &dyn Fn(&Round) -> f64| Spread::of(rounds.iter().map(what).collect());
    let ratio = of(&|round| rate(&round.guarded) / rate(&round.open));
    let listener = of(&|round| rate(&round.strict) / rate(&round.open));
    let plain = of(&|round| rate(&round.guarded) / rate(&round.plain));
    let (without, with) = (of(&|round| cpu(&round.open)), of(&|round| cpu(&round.guarded)));
    let more = of(&|round| cpu(&round.guarded) - cpu(&round.open));
    let busy = of(&|round| cpu(&round.guarded) * rate(&round.guarded) / 10_000.0);
    let (open, guarded) = (all(rounds, |round| &round.open), all(rounds, |round| &round.guarded));
    println!(
        "{:<10} {:>5} {:>8.3} [{:.3}, {:.3}] {:>7.3} {:>8.3} [{:.3}, {:.3}]  {:>9.2}→{:<5.2} ({:>+5.2})  {:>7}→{:<7} {:>7}→{:<7} {:>4.0}%  {:>7.0}→{:<7.0}",
        client.name(),
        bytes,
        ratio.median,
        ratio.least,
        ratio.most,
        plain.median,
        listener.median,
        listener.least,
        listener.most,
        without.median,
        with.median,
        more.median,
        open.percentile(50),
        guarded.percentile(50),
        open.percentile(99),
        guarded.percentile(99),
        busy.median,
        of(&|round| rate(&round.open)).median,
        of(&|round| rate(&round.guarded)).median,
    );
}

pub(crate) fn foot() {
    println!();
    for client in Client::ALL {
        println!("{:<10} {}", client.name(), client.what());
    }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2⁵³ requests")]
fn rate(sample: &Sample) -> f64 {
    sample.requests as f64 / sample.elapsed.as_secs_f64()
}

/// Microseconds of processor time a request.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2⁵³ requests")]
fn cpu(sample: &Sample) -> f64 {
    sample.cpu.map_or(f64::NAN, |cpu| cpu.as_secs_f64() * 1e6 / sample.requests as f64)
}

fn all(rounds: &[Round], part: impl Fn(&Round) -> &Sample) -> Latencies {
    let mut all = Latencies::default();
    for round in rounds {
        all.add(&part(round).latencies);
    }
    all
}

/// The middle of several figures, and how far they lie apart.
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
        let last = figures.len().saturating_sub(1);
        Self { least: at(0), median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), most: at(last) }
    }
}
