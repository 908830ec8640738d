//! The side that asks: connections that stay, one request at a time on each.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::sleep;
use std::time::{Duration, Instant};

use counterfoil_bench::Outcome;

/// No answer takes so long unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);
/// What whoever was put off waits: far less than it was told to, as a crowd does.
const AGAIN: Duration = Duration::from_millis(50);

pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    /// Sends a request and reads the whole answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Outcome<String> {
        self.0.write_all(request)?;
        let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
        while length(&answer).is_none_or(|length| answer.len() < length) {
            let count = self.0.read(&mut buffer)?;
            if count == 0 {
                return Err("the server closed the connection".into());
            }
            answer.extend_from_slice(&buffer[..count]);
        }
        Ok(String::from_utf8(answer)?)
    }

    /// How many microseconds a request takes that is answered 200.
    #[expect(clippy::disallowed_methods, reason = "a stopwatch")]
    pub(crate) fn timed(&mut self, request: &[u8]) -> Outcome<u64> {
        let sent = Instant::now();
        let answer = self.exchange(request)?;
        let took = sent.elapsed();
        if answer.starts_with("HTTP/1.1 200 ") { Ok(took.as_micros().try_into()?) } else { Err(answer.into()) }
    }
}

/// What became of logins.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    pub(crate) done: u64,
    pub(crate) put_off: u64,
}

impl Logins {
    pub(crate) fn add(&mut self, other: &Self) {
        self.done += other.done;
        self.put_off += other.put_off;
    }
}

/// Logs in again and again.
pub(crate) fn log_in_until(address: SocketAddr, login: &[u8], over: &AtomicBool) -> Outcome<Logins> {
    let (mut connection, mut logins) = (Connection::open(address)?, Logins::default());
    while !over.load(Relaxed) {
        let answer = connection.exchange(login)?;
        match answer.get(9..12) {
            Some("200") => logins.done += 1,
            Some("503") if answer.contains("retry-after: ") => {
                logins.put_off += 1;
                pause(AGAIN);
            }
            _ => return Err(answer.into()),
        }
    }
    Ok(logins)
}

pub(crate) fn pause(length: Duration) {
    sleep(length);
}

/// How long an answer is, once its head is there.
fn length(answer: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length: ";
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let Some(at) = answer[..head].windows(NAME.len()).position(|window| window == NAME) else { return Some(head) };
    let digits = answer[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(head + digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0')))
}
