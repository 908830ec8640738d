//! A body that has to come in time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::Limits;

/// The body of a request whose sender has run out of time.
#[derive(Debug, thiserror::Error)]
#[error("the body has not come in time")]
pub struct TooSlow;

/// A body that ends with [`TooSlow`] when nothing of it comes for a while, or not all of it in the end.
pub(super) struct InTime {
    inner: Incoming,
    /// How long there may be nothing.
    patience: Duration,
    /// When all must be there.
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

impl InTime {
    /// From now on it has to come.
    pub(super) fn new(inner: Incoming, limits: &Limits) -> Self {
        let deadline = Instant::now() + limits.body_timeout;
        Self { inner, patience: limits.header_timeout, deadline, timer: None, is_waiting: false }
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.is_waiting {
            let end = (Instant::now() + self.patience).min(self.deadline);
            match &mut self.timer {
                Some(timer) => timer.as_mut().reset(end),
                None => self.timer = Some(Box::pin(sleep_until(end))),
            }
            self.is_waiting = true;
        }
        self.timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
    }
}

impl Body for InTime {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.is_waiting = false;
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending if self.is_over(cx) => Poll::Ready(Some(Err(TooSlow.into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
