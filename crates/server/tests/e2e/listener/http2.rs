//! Floods that HTTP/2 makes cheap for whoever sends them, and what a connection may hold.

use std::time::{Duration, Instant};

use super::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, Wire, bytes, get,
};
use crate::support::{Request, Server, Setup, Shared};

static SHARED: Shared = Shared::new();

/// "Enhance your calm" (RFC 9113 §7).
const CALM: u8 = 11;

/// Others are answered, in a time in which somebody still waits.
#[track_caller]
fn serves_others(server: &Server) {
    let begun = Instant::now();
    server.send(&Request::get("/healthz")).expect(200);
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
}

/// Why the server says goodbye.
fn goodbye(wire: &mut Wire) -> Option<u8> {
    wire.until(|frame| frame.kind == GOAWAY).and_then(|frame| frame.payload.get(7).copied())
}

#[test]
fn http_2_is_spoken_without_tls_as_well() {
    let server = SHARED.server();
    let mut wire = Wire::open(&server);
    wire.send(HEADERS, END_STREAM | END_HEADERS, 1, &get("/healthz", &[])).unwrap();
    let answer = wire.until(|frame| frame.kind == HEADERS).unwrap();
    assert_eq!((answer.stream, answer.payload.first()), (1, Some(&0x88)), ":status 200 (RFC 7541 appendix A)");
}

#[test]
fn wb_12_streams_that_are_reset_at_once_end_the_connection() {
    let server = SHARED.server();
    let mut wire = Wire::open(&server);
    let mut flood = Vec::new();
    for stream in (1..20_000).step_by(2) {
        flood.extend(bytes(HEADERS, END_STREAM | END_HEADERS, stream, &get("/healthz", &[])));
        flood.extend(bytes(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
    }
    // The server hangs up before all is written.
    let sent = flood.chunks(65_536).try_for_each(|part| wire.push(part));
    serves_others(&server);
    assert!(goodbye(&mut wire) == Some(CALM) || sent.is_err(), "10,000 of them are not just taken");
    serves_others(&server);
}

#[test]
fn wb_12_headers_without_end_end_the_connection() {
    let server = SHARED.server();
    let mut wire = Wire::open(&server);
    wire.send(HEADERS, END_STREAM, 1, &get("/healthz", &[])).unwrap();
    let sent = (0..4000).try_for_each(|_| wire.send(CONTINUATION, 0, 1, &[0x40, 1, b'a', 1, b'b'].repeat(200)));
    serves_others(&server);
    assert!(sent.is_err() || wire.until(|frame| frame.kind == GOAWAY).is_some());
    let mut wire = Wire::open(&server);
    wire.send(HEADERS, END_STREAM, 1, &get("/healthz", &[])).unwrap();
    let sent = (0..100_000).try_for_each(|_| wire.send(CONTINUATION, 0, 1, &[]));
    serves_others(&server);
    assert!(sent.is_err() || wire.until(|frame| frame.kind == GOAWAY).is_some(), "empty ones");
}

#[test]
fn wb_12_floods_of_small_frames_starve_nobody() {
    let server = SHARED.server();
    let floods: [(u8, u8, u32, &[u8]); 3] = [(PING, 0, 0, &[0; 8]), (SETTINGS, 0, 0, &[]), (DATA, 0, 1, &[])];
    for (kind, flags, stream, payload) in floods {
        let mut wire = Wire::open(&server);
        wire.send(HEADERS, END_HEADERS, 1, &get("/healthz", &[])).unwrap();
        let flood = bytes(kind, flags, stream, payload).repeat(1000);
        // It stops reading when its own answers are not read, or hangs up.
        let _ = (0..30).try_for_each(|_| wire.push(&flood));
        serves_others(&server);
    }
}

#[test]
fn wb_12_frames_that_mean_nothing_fill_no_log() {
    let server = Setup::default().config("[log]\nlevel = \"info\"").start();
    let mut wire = Wire::open(&server);
    // Acknowledgements of what nobody has asked.
    let flood = bytes(PING, 1, 0, &[0; 8]).repeat(1000);
    for _ in 0..10 {
        wire.push(&flood).unwrap();
    }
    wire.send(HEADERS, END_STREAM | END_HEADERS, 1, &get("/healthz", &[])).unwrap();
    assert!(wire.until(|frame| frame.kind == HEADERS).is_some(), "they were all read");
    let log = server.log();
    assert!(log.len() < 10_000, "{} bytes, such as {}", log.len(), log.lines().last().unwrap_or_default());
}

#[test]
fn wb_12_so_many_streams_at_a_time() {
    let server = SHARED.server();
    let mut wire = Wire::open(&server);
    let most = wire.until(|frame| frame.kind == SETTINGS && !frame.payload.is_empty()).unwrap();
    // SETTINGS_MAX_CONCURRENT_STREAMS and SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113 §6.5.2).
    let said = |id: u8| most.payload.chunks(6).find(|setting| setting[1] == id).map(|setting| setting[2..].to_vec());
    assert_eq!(said(3), Some(vec![0, 0, 0, 100]), "{most:?}");
    assert_eq!(said(6), Some(vec![0, 1, 0, 0]), "{most:?}");
    for number in 0..150 {
        // Their bodies are still to come.
        let block = get("/login", &[("content-length", "5")]);
        wire.send(HEADERS, END_HEADERS, number * 2 + 1, &block).unwrap();
    }
    // REFUSED_STREAM (RFC 9113 §7), or the end of it all.
    let refused = |frame: &Frame| frame.kind == RST_STREAM && frame.payload[3] == 7 || frame.kind == GOAWAY;
    assert!(wire.until(refused).is_some());
    serves_others(&server);
}

#[test]
fn wb_10_http_2_has_the_same_limits() {
    let server = SHARED.server();
    let status = |block: &[u8]| {
        let mut wire = Wire::open(&server);
        let first = block.len().min(16_000);
        let flags = if block.len() == first { END_STREAM | END_HEADERS } else { END_STREAM };
        wire.send(HEADERS, flags, 1, &block[..first]).unwrap();
        let mut pieces = block[first..].chunks(16_000).peekable();
        while let Some(piece) = pieces.next() {
            let flags = if pieces.peek().is_none() { END_HEADERS } else { 0 };
            wire.send(CONTINUATION, flags, 1, piece).unwrap();
        }
        let answer = wire.until(|frame| frame.kind == HEADERS && frame.stream == 1).unwrap();
        // Statuses that HPACK has in its table, or as text behind the name.
        match answer.payload[0] {
            0x88 => "200".to_owned(),
            0x8d => "404".to_owned(),
            _ => unhuffed(&answer.payload),
        }
    };
    assert_eq!(status(&get(&format!("/{}", "x".repeat(8191)), &[])), "404");
    assert_eq!(status(&get(&format!("/{}", "x".repeat(8192)), &[])), "414");
    let many = |count: usize| get("/healthz", &vec![("a", "b"); count]);
    assert_eq!(status(&many(100)), "200");
    assert_eq!(status(&many(101)), "431");
    assert_eq!(status(&get("/healthz", &[("a", &"b".repeat(40_000))])), "431");
}

/// The digits of a `:status` that HPACK writes as text, with Huffman's code (RFC 7541 appendix B) or without.
fn unhuffed(payload: &[u8]) -> String {
    let length = usize::from(payload[1] & 0x7f);
    let text = &payload[2..2 + length];
    if payload[1] & 0x80 == 0 {
        return String::from_utf8_lossy(text).into_owned();
    }
    let bits = text.iter().map(|byte| format!("{byte:08b}")).collect::<Vec<_>>().concat();
    let codes = [("00000", '0'), ("00001", '1'), ("011001", '3'), ("011010", '4'), ("011011", '5'), ("011110", '8')];
    let (mut at, mut digits) = (0, String::new());
    while let Some((code, digit)) = codes.iter().find(|(code, _)| bits[at..].starts_with(code)) {
        at += code.len();
        digits.push(*digit);
        if digits.len() == 3 {
            break;
        }
    }
    digits
}

#[test]
fn wb_07_nobody_tunnels_through_http_2() {
    let server = SHARED.server();
    let mut wire = Wire::open(&server);
    // :method CONNECT and :authority x:80 alone (RFC 9113 §8.5).
    let block = [&[0x02, 7][..], b"CONNECT", &[0x01, 4], b"x:80"].concat();
    wire.send(HEADERS, END_STREAM | END_HEADERS, 1, &block).unwrap();
    let answer = wire.until(|frame| frame.kind == HEADERS && frame.stream == 1).unwrap();
    assert_eq!(unhuffed(&answer.payload), "501");
}

#[test]
fn wb_11_an_idle_connection_of_http_2_is_hung_up_on() {
    let server = Setup::default().config("[server]\nidle_timeout = \"1s\"\nheader_timeout = \"1s\"").start();
    let begun = Instant::now();
    let wires = [END_HEADERS, 0].map(|end| {
        let mut wire = Wire::open(&server);
        // One is answered; the other one's head never ends.
        wire.send(HEADERS, END_STREAM | end, 1, &get("/healthz", &[])).unwrap();
        wire
    });
    for mut wire in wires {
        while wire.next().is_some() {}
        let took = begun.elapsed();
        assert!(took > Duration::from_millis(800) && took < Duration::from_secs(55), "{took:?}");
    }
}

#[test]
fn wb_11_a_body_of_http_2_has_its_time() {
    let server = Setup::default().config("[server]\nheader_timeout = \"1s\"").start();
    let mut wire = Wire::open(&server);
    // :method POST, :scheme http, :authority x, :path /login, and a type of body that is read.
    let mut block = get("/login", &[("content-type", "application/json")]);
    block[0] = 0x83;
    wire.send(HEADERS, END_HEADERS, 1, &block).unwrap();
    wire.send(DATA, 0, 1, b"{").unwrap();
    let answer = wire.until(|frame| frame.kind == HEADERS && frame.stream == 1).unwrap();
    assert_eq!(unhuffed(&answer.payload), "408");
    serves_others(&server);
}

#[test]
fn wb_09_what_http_2_could_be_read_in_two_ways_is_refused() {
    let server = SHARED.server();
    let status = |block: &[u8]| {
        let mut wire = Wire::open(&server);
        wire.send(HEADERS, END_STREAM | END_HEADERS, 1, block).unwrap();
        let answer = wire.until(|frame| frame.kind == HEADERS && frame.stream == 1).unwrap();
        match answer.payload[0] {
            // Statuses that HPACK has in its table.
            0x88 => "200".to_owned(),
            0x8c => "400".to_owned(),
            _ => unhuffed(&answer.payload),
        }
    };
    let healthz = |more: &[(&str, &str)]| status(&get("/healthz", more));
    for fine in [&[][..], &[("host", "x")], &[("host", "X")]] {
        assert_eq!(healthz(fine), "200", "{fine:?}");
    }
    for two in [&[("host", "evil.example")][..], &[("host", "x:80")], &[("host", "x"), ("host", "x")], &[("host", "")]]
    {
        assert_eq!(healthz(two), "400", "{two:?}");
    }
    // :method GET, :scheme http, :path /, and what stands for :authority.
    let to = |authority: &[u8]| status(&[&[0x82, 0x86, 0x84][..], authority].concat());
    assert_eq!(to(&[]), "400", "to nobody");
    assert_eq!(to(b"\x01\x03u@x"), "400", "a user before the host");
    for path in ["/healthz\u{9b}2J", "/healthz\u{202e}", "/\u{e9}", "/healthz?\u{2028}"] {
        assert_eq!(status(&get(path, &[])), "400", "{path:?}");
    }
}

#[test]
fn wb_11_an_answer_of_http_2_that_nobody_takes_is_given_up() {
    let server = Setup::default().config("[server]\nbody_timeout = \"10s\"\nidle_timeout = \"1h\"").start();
    let begun = Instant::now();
    let mut wire = Wire::open(&server);
    // SETTINGS_INITIAL_WINDOW_SIZE 1 (RFC 9113 §6.5.2): of each answer a byte is taken, and no more.
    wire.send(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 1]).unwrap();
    for number in 0..90 {
        wire.send(HEADERS, END_STREAM | END_HEADERS, number * 2 + 1, &get("/openapi.json", &[])).unwrap();
    }
    assert!(wire.until(|frame| frame.kind == DATA).is_some(), "they are on their way");
    while let Some(frame) = wire.next() {
        assert!(begun.elapsed() < Duration::from_secs(50), "they are kept for whoever is there");
        if frame.kind == PING {
            // It is there: the acknowledgement (RFC 9113 §6.7), should anybody listen yet.
            let _ = wire.send(PING, 1, 0, &frame.payload);
        }
    }
    serves_others(&server);
}
