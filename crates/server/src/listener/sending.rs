//! The answers of HTTP/2 that are on their way, and since when.
//!
//! Whoever opens no window for them (RFC 9113 §5.2) has each kept in memory, a hundred on a connection, for a few bytes apiece. On
//! HTTP/1 the next answer waits for the one before, so a write that does not end shows it; here a connection may be in good use
//! beside them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::{Buf, Bytes};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, sleep};

/// The answers of a connection that were made and not taken to their end.
#[derive(Debug, Default)]
pub(super) struct Sending(Mutex<Made>);

#[derive(Debug, Default)]
struct Made {
    /// When, by their numbers: the first is the oldest.
    at: BTreeMap<u64, Instant>,
    numbers: u64,
}

impl Sending {
    /// A body that counts as on its way from now on.
    pub(super) fn track(self: &Arc<Self>, body: Body) -> Tracked {
        let mut made = self.made();
        made.numbers += 1;
        let number = made.numbers;
        made.at.insert(number, Instant::now());
        drop(made);
        Tracked { body, on_its_way: Arc::new(OnItsWay { sending: Arc::clone(self), number }) }
    }

    /// Ends when one has been on its way for so long, at the latest after twice that.
    pub(super) async fn stands_still(&self, patience: Duration) {
        loop {
            let left = self.oldest().map_or(patience, |made| patience.saturating_sub(made.elapsed()));
            if left.is_zero() {
                return;
            }
            sleep(left).await;
        }
    }

    fn oldest(&self) -> Option<Instant> {
        self.made().at.first_key_value().map(|(_, made)| *made)
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that is on its way until nothing holds this any more.
#[derive(Debug)]
struct OnItsWay {
    sending: Arc<Sending>,
    number: u64,
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        self.sending.made().at.remove(&self.number);
    }
}

/// The body of an answer, each of whose pieces holds on to it: the library is done with a body long before it has sent it.
pub(super) struct Tracked {
    body: Body,
    on_its_way: Arc<OnItsWay>,
}

/// A piece of it.
pub(super) struct Piece {
    bytes: Bytes,
    _on_its_way: Arc<OnItsWay>,
}

impl hyper::body::Body for Tracked {
    type Data = Piece;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Piece>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        let piece = |bytes| Piece { bytes, _on_its_way: Arc::clone(&self.on_its_way) };
        frame.map(|frame| frame.map(|frame| frame.map(|frame| frame.map_data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn wb_11_an_answer_of_http_2_has_its_time() {
        let (sending, begun) = (Arc::new(Sending::default()), Instant::now());
        let mut answers: Vec<_> = (0..3).map(|_| sending.track(Body::from("hello"))).collect();
        let piece = answers[0].frame().await.unwrap().unwrap().into_data().ok().unwrap();
        assert_eq!((piece.remaining(), piece.chunk()), (5, &b"hello"[..]));
        answers.clear();
        sending.stands_still(PATIENCE).await;
        assert_eq!(begun.elapsed(), PATIENCE, "its body is done, and a piece of it is still there");
        drop(piece);
        assert_eq!(sending.oldest(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn wb_11_answers_that_are_taken_keep_a_connection() {
        let sending = Arc::new(Sending::default());
        let user = async {
            for _ in 0..100 {
                let answer = sending.track(Body::from("hello"));
                sleep(PATIENCE / 3).await;
                drop(answer.collect().await.unwrap());
            }
        };
        tokio::select! {
            () = user => {}
            () = sending.stands_still(PATIENCE) => panic!("none of them was as old"),
        }
    }
}
