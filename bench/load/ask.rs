//! The side that asks: keep-alive connections, one request at a time on each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use counterfoil_bench::Outcome;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::serve::Server;

/// No answer takes so long unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(10);
const OK: &[u8] = b"HTTP/1.1 200 ";

/// What asking for a while has shown.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// The serving thread's processor time.
    pub(crate) cpu: Option<Duration>,
    pub(crate) latencies: Latencies,
}

/// Asks on all connections until the time is over. An answer other than 200 is an error.
pub(crate) async fn for_a_while(
    address: SocketAddr,
    requests: &Arc<[Vec<u8>]>,
    connections: u16,
    length: Duration,
    cpu_time: impl Fn() -> Option<Duration>,
) -> Outcome<Sample> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let (begun, cpu) = (now(), cpu_time());
    let end = begun + length;
    let mut asking = JoinSet::new();
    for (number, connection) in open.into_iter().enumerate() {
        // Each begins elsewhere in the list and goes round it.
        let first = number * requests.len() / usize::from(connections);
        asking.spawn(connection.ask_until(end, Arc::clone(requests), first));
    }
    let mut sample = Sample::default();
    while let Some(joined) = timeout(length + PATIENCE, asking.join_next()).await? {
        let latencies = joined??;
        sample.requests += latencies.count;
        sample.latencies.add(&latencies);
    }
    sample.elapsed = begun.elapsed();
    sample.cpu = cpu_time().zip(cpu).map(|(after, before)| after.saturating_sub(before));
    Ok(sample)
}

/// Proves that the guard guards: every login is let through, and nobody and a stranger are not. It also fills the memory.
pub(crate) async fn prove(server: &Server, nobody: &[u8], requests: &[Vec<u8>]) -> Outcome<()> {
    let mut open = Connection::open(server.open).await?;
    let mut guarded = Connection::open(server.guarded).await?;
    for request in requests {
        expect(&guarded.exchange(request).await?, "200")?;
    }
    expect(&open.exchange(nobody).await?, "200")?;
    expect(&guarded.exchange(nobody).await?, "401")?;
    let mut stranger = requests.first().ok_or("no requests")?.clone();
    // The last letter of the credential stands before the two line ends.
    let last = stranger.len() - 5;
    stranger[last] = if stranger[last] == b'A' { b'Q' } else { b'A' };
    expect(&guarded.exchange(&stranger).await?, "401")
}

fn expect(answer: &[u8], status: &str) -> Outcome<()> {
    let line = String::from_utf8_lossy(answer.split(|byte| *byte == b'\r').next().unwrap_or_default());
    if line.split(' ').nth(1) == Some(status) {
        Ok(())
    } else {
        Err(format!("expected {status}, and the answer was {line:?}").into())
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    async fn ask_until(mut self, end: Instant, requests: Arc<[Vec<u8>]>, first: usize) -> Outcome<Latencies> {
        let mut latencies = Latencies::default();
        for request in requests.iter().cycle().skip(first) {
            let sent = now();
            if sent >= end {
                break;
            }
            let answer = self.exchange(request).await?;
            if !answer.starts_with(OK) {
                expect(&answer, "200")?;
            }
            self.buffer = answer;
            latencies.note(sent.elapsed());
        }
        Ok(latencies)
    }

    /// Sends a request and reads the whole answer.
    async fn exchange(&mut self, request: &[u8]) -> Outcome<Vec<u8>> {
        self.stream.write_all(request).await?;
        let mut answer = std::mem::take(&mut self.buffer);
        answer.clear();
        while length(&answer).is_none_or(|length| answer.len() < length) {
            if self.stream.read_buf(&mut answer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        Ok(answer)
    }
}

/// How long an answer is, once its head is there.
fn length(answer: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length: ";
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let at = answer.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let digits = answer[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(head + digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0')))
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn now() -> Instant {
    Instant::now()
}

/// How long answers took, to the microsecond; those of 20 ms and more are counted as 20 ms.
#[derive(Debug)]
pub(crate) struct Latencies {
    count: u64,
    micros: Vec<u64>,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { count: 0, micros: vec![0; 20_001] }
    }
}

impl Latencies {
    fn note(&mut self, latency: Duration) {
        let micros = usize::try_from(latency.as_micros()).unwrap_or(usize::MAX);
        let slot = micros.min(self.micros.len() - 1);
        self.micros[slot] += 1;
        self.count += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.count += other.count;
        for (own, more) in self.micros.iter_mut().zip(&other.micros) {
            *own += more;
        }
    }

    /// What so many of a hundred answers were not slower than, in microseconds.
    pub(crate) fn percentile(&self, percent: u64) -> usize {
        let rank = (self.count * percent).div_ceil(100);
        let mut seen = 0;
        self.micros
            .iter()
            .position(|count| {
                seen += count;
                seen >= rank
            })
            .unwrap_or_default()
    }
}
