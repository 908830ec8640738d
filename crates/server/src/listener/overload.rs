//! What is said to those for whom there is no room.

use std::sync::Arc;
use std::time::Duration;

use http::header::STRICT_TRANSPORT_SECURITY;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::admission::Full;
use crate::http::headers::{STRICT, STRICT_TRANSPORT};

/// How many are told at a time; further ones are hung up on.
const TOLD_AT_ONCE: usize = 128;
/// How long one may take to hear it.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is logged.
const SAID_EVERY: Duration = Duration::from_secs(10);

const HEAD: &str = "HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/problem+json\r\n\
    retry-after: 1\r\n\
    cache-control: no-store\r\n\
    x-request-id: -\r\n\
    connection: close\r\n";
const BODY: &str = "{\"type\":\"/problems/unavailable\",\"title\":\"Try again\",\"status\":503,\
    \"detail\":\"There are too many connections. Try again soon.\"}";

/// The whole answer, with the headers that every other one has: it is sent without looking at what was asked.
fn answer(is_https: bool) -> String {
    let transport = is_https.then_some((STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT));
    let strict = STRICT
        .into_iter()
        .chain(transport)
        .map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
    let strict: String = strict.collect();
    format!("{HEAD}{strict}content-length: {}\r\n\r\n{BODY}", BODY.len())
}

/// Turns connections away.
pub(super) struct Overload {
    answer: Arc<str>,
    telling: Arc<Semaphore>,
    said: Option<Instant>,
}

impl Overload {
    pub(super) fn new(is_https: bool) -> Self {
        Self { answer: answer(is_https).into(), telling: Arc::new(Semaphore::new(TOLD_AT_ONCE)), said: None }
    }

    /// Answers 503, without waiting for it. Over TLS that would need a handshake, so there the connection is just closed.
    pub(super) fn turn_away(&mut self, stream: TcpStream, full: Full, is_tls: bool) {
        if self.said.is_none_or(|said| said.elapsed() > SAID_EVERY) {
            self.said = Some(Instant::now());
            let what = match full {
                Full::Altogether => "there are as many connections as there may be",
                Full::ForOne => "an address has as many connections as it may have",
            };
            tracing::warn!("{what}; some were turned away");
        }
        if is_tls {
            return;
        }
        let Ok(permit) = Arc::clone(&self.telling).try_acquire_owned() else { return };
        let answer = Arc::clone(&self.answer);
        tokio::spawn(async move {
            // Whatever goes wrong, the connection ends.
            let _ = timeout(PATIENCE, tell(stream, &answer)).await;
            drop(permit);
        });
    }
}

/// What is still unread when a socket is closed makes the other side forget the answer: so that is read.
async fn tell(mut stream: TcpStream, answer: &str) -> std::io::Result<()> {
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    let mut unread = [0; 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wb_01_the_answer_is_whole() {
        assert!(!answer(false).contains("strict-transport-security"));
        let answer = answer(true);
        assert_eq!(answer.matches("\r\nstrict-transport-security: max-age=").count(), 1, "{answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
        for (name, _) in STRICT {
            assert_eq!(head.matches(&format!("\r\n{name}: ")).count(), 1, "{name}: {head}");
        }
        let document: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(document["status"], 503);
    }
}
