//! What those who are logged in notice of a storm of logins: how long a check takes while nobody logs in, and while many do.
//!
//! The server runs in this process as it does by itself: its routes, SQLite, its runtime, its threads for passwords. Each round
//! has a quiet part and a storm, in turns, and its ratio is taken within it. Whoever asks is on the same machine.

mod ask;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use clap::Parser;
use counterfoil::Embedded;
use counterfoil::config::{Flags, Settings, Sources};
use counterfoil_bench::{Outcome, random_text};
use tokio::net::TcpListener;

use ask::{Connection, Logins, pause};

/// What those who are logged in notice of a storm of logins.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long each of the two parts of a round lasts, in seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How many rounds there are.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How many log in at once, each again as soon as it has an answer; after a 503 after a pause.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1000))]
    logins: u32,
    /// How many connections check a session, each a thousand times a second at most.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    checks: u32,
    /// The threads that hash, as `passwords.workers`; 0 as the server does by itself.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=256))]
    workers: u32,
}

/// Between two checks of a connection.
const THINK: Duration = Duration::from_millis(1);

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let flags = Flags::default()
        .with("store.url", "--store", Some(format!("sqlite:{}", folder.path().join("storm.db").display())))
        .with("passwords.workers", "--workers", Some(arguments.workers.to_string()))
        .with("throttle.address_registrations", "--logins", Some("0".to_owned()));
    let (settings, _) = Settings::load(&Sources { flags, ..Sources::default() })?;
    let embedded = runtime.block_on(Embedded::with(&settings))?;
    let address = runtime.block_on(serve(&embedded))?;
    let password = random_text()?;
    // Each has an account, as an account's own budget of attempts is no part of this.
    let body = |number: u32, more: &str| format!(r#"{{"username":"user{number}","password":"{password}"{more}}}"#);
    let mut connection = Connection::open(address)?;
    for number in 0..arguments.logins {
        connection.exchange(&post(address, "/register", &body(number, "")))?;
    }
    let cookie = first_login(&mut connection, &post(address, "/login", &body(0, "")))?;
    let check = format!("GET /hello HTTP/1.1\r\nhost: {address}\r\ncookie: session_id={cookie}\r\n\r\n").into_bytes();
    // To a client that stores nothing, so that what is measured is the hashing.
    let login = |number| post(address, "/login", &body(number, r#","client":"stateless""#));
    let crowd: Vec<_> = (0..arguments.logins).map(login).collect();
    println!(
        "{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>7}",
        "quiet p50", "p99", "max", "storm p50", "p99", "max", "checks/s", "done/s", "503/s"
    );
    let mut ratios = Vec::new();
    for _ in 0..arguments.rounds {
        let (quiet, _) = part(&arguments, address, &check, &[])?;
        let (storm, logins) = part(&arguments, address, &check, &crowd)?;
        ratios.push((ratio(&storm, &quiet, 50), ratio(&storm, &quiet, 99)));
        println!(
            "{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>7}",
            percentile(&quiet, 50),
            percentile(&quiet, 99),
            percentile(&quiet, 100),
            percentile(&storm, 50),
            percentile(&storm, 99),
            percentile(&storm, 100),
            storm.len() as u64 / arguments.seconds,
            logins.done / arguments.seconds,
            logins.put_off / arguments.seconds,
        );
    }
    let median = |mut of: Vec<f64>| {
        of.sort_by(f64::total_cmp);
        of[of.len() / 2]
    };
    let (p50, p99) = ratios.into_iter().unzip();
    println!("storm ÷ quiet, median of rounds: p50 {:.2}, p99 {:.2}; times in µs", median(p50), median(p99));
    Ok(())
}

async fn serve(embedded: &Embedded) -> Outcome<SocketAddr> {
    let app = Router::new()
        .route("/hello", get(|| async { "Hello." }))
        .route_layer(embedded.guard().required())
        .merge(embedded.routes());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(address)
}

/// The session id of a login.
fn first_login(connection: &mut Connection, login: &[u8]) -> Outcome<String> {
    let answer = connection.exchange(login)?;
    let found = answer.split("session_id=").nth(1).and_then(|rest| rest.split(';').next());
    Ok(found.ok_or_else(|| format!("no session: {answer}"))?.to_owned())
}

fn post(address: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nsec-fetch-site: same-origin\r\n");
    format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// Checks for a while, beside logins if there are to be any. Returns how long each check took, in microseconds, in ascending order.
fn part(arguments: &Arguments, address: SocketAddr, check: &[u8], logins: &[Vec<u8>]) -> Outcome<(Vec<u64>, Logins)> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let ask = || -> Outcome<Vec<u64>> {
            let mut connection = Connection::open(address)?;
            let mut took = Vec::new();
            while !over.load(Relaxed) {
                took.push(connection.timed(check)?);
                pause(THINK);
            }
            Ok(took)
        };
        let askers: Vec<_> = (0..arguments.checks).map(|_| scope.spawn(ask)).collect();
        let over = &over;
        let crowd = logins.iter().map(|login| scope.spawn(move || ask::log_in_until(address, login, over)));
        let crowd: Vec<_> = crowd.collect();
        pause(Duration::from_secs(arguments.seconds));
        over.store(true, Relaxed);
        let (mut all, mut logins) = (Vec::new(), Logins::default());
        for asker in askers {
            all.extend(asker.join().map_err(|_| "an asker broke off")??);
        }
        for one in crowd {
            logins.add(&one.join().map_err(|_| "a login broke off")??);
        }
        all.sort_unstable();
        Ok((all, logins))
    })
}

fn percentile(sorted: &[u64], percent: usize) -> u64 {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of one answer")]
fn ratio(storm: &[u64], quiet: &[u64], percent: usize) -> f64 {
    percentile(storm, percent) as f64 / percentile(quiet, percent).max(1) as f64
}
