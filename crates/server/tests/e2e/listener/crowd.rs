//! More connections than there may be, and slow ones by the hundred.
//!
//! By hand, with a release build: `SLOW_SOCKETS=10000 IDLE_SOCKETS=9500 cargo nextest run --release -p counterfoil --test e2e crowd
//! --no-capture`, which prints how long good requests take beside them; `GOOD_REQUESTS` says how many a round.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use super::{rest, statuses};
use crate::support::patience::{self, comes};
use crate::support::{Request, Server, Setup};

const GOOD: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

fn limited(keys: &str) -> Server {
    Setup::default().config(&format!("[server]\n{keys}")).start()
}

/// Connections that have been served and stay open.
fn guests(server: &Server, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| guest(server)).collect()
}

fn guest(server: &Server) -> TcpStream {
    let mut stream = server.connect();
    stream.write_all(GOOD).unwrap();
    assert_eq!(answer(&mut stream), 200);
    stream
}

/// Reads one answer, and returns its status.
fn answer(stream: &mut TcpStream) -> u16 {
    stream.set_read_timeout(Some(Duration::from_secs(55))).unwrap();
    let mut text = Vec::new();
    let mut part = [0; 4096];
    while !text.ends_with(b"}") {
        let read = patience::read(stream, &mut part).unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&part[..read]);
    }
    statuses(&String::from_utf8_lossy(&text))[0]
}

/// Whoever comes now is told at once that there is no room.
#[track_caller]
fn is_turned_away(server: &Server) {
    let begun = Instant::now();
    // It is not even asked what it wants.
    let text = rest(server.connect());
    assert_eq!(statuses(&text), [503], "{text}");
    assert!(text.contains("retry-after: 1\r\n") && text.contains("/problems/unavailable"), "{text}");
    // Those who have a seat keep it for a minute.
    assert!(begun.elapsed() < Duration::from_secs(50), "at once, on a busy machine: {:?}", begun.elapsed());
    server.send(&Request::get("/healthz")).expect(503);
}

/// Waits until there is room again.
#[track_caller]
fn is_let_in(server: &Server) {
    assert!(comes(|| server.send(&Request::get("/healthz")).status == 200), "there is no room again");
}

#[test]
fn wb_12_whoever_comes_when_all_seats_are_taken_is_told_so_at_once() {
    let server = limited("max_connections = 8");
    let mut guests = guests(&server, 8);
    is_turned_away(&server);
    // Those who are there are served.
    for guest in &mut guests {
        guest.write_all(GOOD).unwrap();
        assert_eq!(answer(guest), 200);
    }
    guests.pop();
    is_let_in(&server);
    assert!(server.writes("as many connections as there may be"));
}

#[test]
fn wb_12_one_address_does_not_take_all_seats() {
    let server = limited("max_connections = 100\nmax_connections_per_address = 4");
    let mut guests = guests(&server, 4);
    is_turned_away(&server);
    guests.pop();
    is_let_in(&server);
    let behind_a_proxy = limited("max_connections_per_address = 2\ntrusted_proxies = [\"127.0.0.1\"]");
    let _many = self::guests(&behind_a_proxy, 10);
}

#[test]
fn wb_12_over_tls_there_is_no_room_either() {
    let server = limited("tls = \"self-signed\"\nmax_connections = 2\nheader_timeout = \"5m\"");
    let _silent = [server.connect(), server.connect()];
    sleep(Duration::from_millis(300));
    assert_eq!(rest(server.connect()), "", "hung up on, before a handshake costs anything");
}

#[test]
fn wb_11_a_handshake_has_its_time() {
    let server = limited("tls = \"self-signed\"\nheader_timeout = \"1s\"");
    let begun = Instant::now();
    let beginnings = [&b""[..], &[22, 3, 1], &[22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]];
    let streams = beginnings.map(|beginning| {
        let mut stream = server.connect();
        stream.write_all(beginning).unwrap();
        stream
    });
    for stream in streams {
        rest(stream);
        assert!(begun.elapsed() > Duration::from_millis(800), "{:?}", begun.elapsed());
    }
    server.send_securely(&Request::get("/healthz")).expect(200);
}

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// How long good requests take, one after another on a few connections: half of them, and all but one of a hundred.
fn good_traffic(server: &Server, requests: usize) -> (Duration, Duration) {
    let mut times: Vec<Duration> = scope(|scope| {
        let one = || {
            let mut stream = guest(server);
            let mut ask = || {
                let begun = Instant::now();
                stream.write_all(GOOD).unwrap();
                assert_eq!(answer(&mut stream), 200);
                begun.elapsed()
            };
            (0..requests / 4).map(|_| ask()).collect::<Vec<_>>()
        };
        let threads = [(); 4].map(|()| scope.spawn(one));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

/// How a slow client begins.
const SLOW: [&[u8]; 5] = [
    b"",
    b"G",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"PRI * HTTP/2.0\r\n",
    b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{",
];

#[test]
fn wb_11_slow_sockets_are_all_closed_and_good_traffic_goes_on() {
    let (slow, idle) = (number("SLOW_SOCKETS", 300), number("IDLE_SOCKETS", 100));
    let by_hand = std::env::var_os("SLOW_SOCKETS").is_some();
    let (time, rounds) = if by_hand { ("60s", 5) } else { ("2s", 1) };
    let requests = number("GOOD_REQUESTS", if by_hand { 20_000 } else { 400 });
    let server = limited(&format!(
        "header_timeout = \"{time}\"\nbody_timeout = \"{time}\"\nidle_timeout = \"10m\"\nmax_connections_per_address = {}",
        slow + idle + 100
    ));
    // Of several rounds the one in the middle: a busy machine disturbs some of them.
    let measured = || {
        let mut times: Vec<_> = (0..rounds).map(|_| good_traffic(&server, requests)).collect();
        times.sort_unstable_by_key(|(_, p99)| *p99);
        times[rounds / 2]
    };
    let quiet = measured();
    let idlers = guests(&server, idle);
    let beside_idle = measured();
    let mut dribbling: Vec<TcpStream> = (0..slow).map(|_| server.connect()).collect();
    for (stream, beginning) in dribbling.iter_mut().zip(SLOW.iter().cycle()) {
        stream.write_all(beginning).unwrap();
    }
    let beside = measured();
    for (what, (p50, p99)) in [("quiet", quiet), ("beside idle", beside_idle), ("beside idle and slow", beside)] {
        println!("{what}: p50 {p50:?}, p99 {p99:?}");
    }
    println!(
        "{slow} slow, {idle} idle: p99 is {:.2} times the quiet one",
        beside.1.as_secs_f64() / quiet.1.as_secs_f64()
    );
    // A byte now and then does not help the slow ones.
    let begun = Instant::now();
    while !dribbling.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(90), "{} of {slow} are still there", dribbling.len());
        dribbling.retain_mut(|stream| !is_over(stream));
        sleep(Duration::from_millis(200));
    }
    for mut idler in idlers {
        idler.write_all(GOOD).unwrap();
        assert_eq!(answer(&mut idler), 200, "whoever is just idle has not been hung up on");
    }
    good_traffic(&server, 40);
}

/// Whether the server has hung up; if not, it gets one more byte.
fn is_over(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let mut text = [0; 4096];
    let over = match stream.read(&mut text) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    };
    over || matches!(stream.write(b" "), Err(error) if error.kind() != std::io::ErrorKind::WouldBlock)
}
