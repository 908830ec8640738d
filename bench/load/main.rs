//! What authentication costs a server under load: the same axum route with and without the guard, in one run. And what the
//! server's own listener costs beside axum's.
//!
//! One thread serves, another asks over loopback. Each round asks four times, in an order that turns from round to round:
//! the open route without a credential, the open route with one (which nobody reads), the same by our listener, and the
//! guarded route with one. The last three receive the same bytes, so what lies between them is the listener, or the guard. Ratios are taken within a round, and
//! their median is printed: a machine that is busy with other things disturbs both alike.

mod ask;
mod clients;
mod report;
mod serve;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use counterfoil_bench::Outcome;

use ask::Sample;
use clients::Client;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What authentication costs a server under load.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long each of the four parts of a round lasts, in seconds.
    #[arg(long, default_value_t = 1.0, value_parser = positive)]
    seconds: f64,
    /// How many rounds there are for each client.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How many connections ask at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    connections: u16,
    /// How many logins there are to each client.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    logins: u16,
    /// Ask for these clients only.
    #[arg(long = "client", value_enum)]
    clients: Vec<Client>,
}

fn positive(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    if (0.05..=60.0).contains(&seconds) { Ok(seconds) } else { Err("expected 0.05 to 60 seconds".to_owned()) }
}

/// The four parts of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// No guard, no credential.
    Plain,
    /// No guard, though a credential is sent.
    Open,
    /// As open, by the listener of our server.
    Strict,
    /// The guard, and a credential that counts.
    Guarded,
}

/// What one round has shown.
#[derive(Debug, Default)]
struct Round {
    plain: Sample,
    open: Sample,
    strict: Sample,
    guarded: Sample,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Outcome<()> {
    let server = serve::start(usize::from(arguments.logins))?;
    let asking = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let length = Duration::from_secs_f64(arguments.seconds);
    report::head(arguments.connections, arguments.rounds, length);
    for (client, requests) in &server.clients {
        if !arguments.clients.is_empty() && !arguments.clients.contains(client) {
            continue;
        }
        let plain: Arc<[Vec<u8>]> = Arc::from([clients::request(None)]);
        asking.block_on(ask::prove(&server, &plain[0], requests))?;
        let mut rounds = Vec::new();
        for number in 0..arguments.rounds {
            let mut round = Round::default();
            for part in order(number) {
                let (address, requests) = match part {
                    Part::Plain => (server.open, &plain),
                    Part::Open => (server.open, requests),
                    Part::Strict => (server.strict, requests),
                    Part::Guarded => (server.guarded, requests),
                };
                let ask = ask::for_a_while(address, requests, arguments.connections, length, || server.cpu_time());
                let sample = asking.block_on(ask)?;
                match part {
                    Part::Plain => round.plain = sample,
                    Part::Open => round.open = sample,
                    Part::Strict => round.strict = sample,
                    Part::Guarded => round.guarded = sample,
                }
            }
            rounds.push(round);
        }
        report::line(*client, requests[0].len(), &rounds);
    }
    report::foot();
    Ok(())
}

/// Each part comes at each place equally often, and neither of any two always before the other.
const fn order(round: u32) -> [Part; 4] {
    use Part::{Guarded, Open, Plain, Strict};
    match round % 4 {
        0 => [Plain, Open, Guarded, Strict],
        1 => [Strict, Guarded, Open, Plain],
        2 => [Open, Strict, Plain, Guarded],
        _ => [Guarded, Plain, Strict, Open],
    }
}
