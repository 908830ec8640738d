//! A connection of HTTP/1 as the library may see it: only whole heads that have been read strictly, each in time.
//!
//! Bytes are looked at where the library wants them, and copied only when a head comes in pieces.

mod framing;
mod head;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::activity::Activity;
use super::limits::Limits;
use super::refusal::Refusal;
use framing::{Framing, Then};
pub(super) use head::{is_host, is_printable};

/// A connection that is read strictly.
pub(super) struct Strict<S> {
    inner: S,
    limits: Limits,
    activity: Arc<Activity>,
    framing: Framing,
    /// What has been read and not been passed on: first what may be, then the beginning of a head.
    held: Vec<u8>,
    /// How much of it may be passed on.
    passable: usize,
    end: End,
    /// What is waited for, and until when.
    waiting: Waiting,
    timer: Pin<Box<Sleep>>,
    /// Whether there has been a request.
    is_used: bool,
    /// Until when more of an answer must have been taken, while none is.
    taking: Option<Pin<Box<Sleep>>>,
    /// Until when, at the end, what is sent to nobody is still read.
    lingering: Option<Pin<Box<Sleep>>>,
}

/// For how long that is.
const LINGER: Duration = Duration::from_secs(1);
/// What may become an empty line before a request.
const HALF_A_BLANK: &[u8] = b"\r";

/// How the reading ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    NotYet,
    /// Nothing comes any more.
    Closed,
    /// After the request that stands for a refusal, nothing comes; but the connection stays for the answer.
    Refused,
    /// After it, an error comes: the body that is being read is broken.
    Broken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Nothing,
    /// For the first byte of a request.
    Request,
    /// For the rest of a head.
    Head,
}

impl<S> Strict<S> {
    /// A connection of which `begun` has been read already, and whose first head has to be there at `deadline`.
    pub(super) fn new(inner: S, begun: Vec<u8>, deadline: Instant, limits: Limits, activity: Arc<Activity>) -> Self {
        let mut strict = Self {
            inner,
            limits,
            activity,
            framing: Framing::new(),
            held: begun,
            passable: 0,
            end: End::NotYet,
            waiting: Waiting::Nothing,
            timer: Box::pin(sleep_until(deadline)),
            is_used: false,
            taking: None,
            lingering: None,
        };
        if !strict.held.is_empty() {
            strict.look_at_held();
        }
        strict
    }

    /// Looks at everything that is held, when something has come to it.
    fn look_at_held(&mut self) {
        let blank = self.framing.skip_blank(&self.held);
        self.held.drain(..blank);
        let passed = self.framing.pass(&self.held);
        self.passable = passed.bytes;
        self.stop_at(passed.then);
        self.is_used |= self.passable > 0;
    }

    fn stop_at(&mut self, then: Then) {
        match then {
            Then::Nothing | Then::More => {}
            Then::Refuse(refusal) => self.refuse(refusal),
            Then::Break => {
                self.held.truncate(self.passable);
                self.end = End::Broken;
            }
        }
    }

    /// Puts a refusal in the place of everything that may not be passed on.
    fn refuse(&mut self, refusal: Refusal) {
        self.held.truncate(self.passable);
        self.held.extend_from_slice(&refusal.in_its_place());
        self.passable = self.held.len();
        self.end = End::Refused;
    }

    /// Gives what may be passed on. `None`: more has to be read.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> Option<Poll<io::Result<()>>> {
        if self.passable > 0 {
            let given = self.passable.min(buffer.remaining());
            buffer.put_slice(self.held.get(..given).unwrap_or_default());
            self.held.drain(..given);
            self.passable -= given;
            if self.held.is_empty() {
                self.held = Vec::new();
            }
            return Some(Poll::Ready(Ok(())));
        }
        match self.end {
            End::NotYet => None,
            End::Closed => Some(Poll::Ready(Ok(()))),
            // The library would take an end for that of the client, and not answer.
            End::Refused => Some(Poll::Pending),
            End::Broken => Some(Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "chunks that are none")))),
        }
    }

    /// Looks at what has just been read into the buffer, and takes back what may not be passed on.
    fn look(&mut self, buffer: &mut ReadBuf<'_>, before: usize) {
        if self.held.is_empty() {
            let blank = self.framing.skip_blank(buffer.filled().get(before..).unwrap_or_default());
            if blank > 0 {
                let read = buffer.filled().len();
                buffer.filled_mut().copy_within(before + blank.., before);
                buffer.set_filled(read - blank);
            }
            let new = buffer.filled().get(before..).unwrap_or_default();
            let passed = self.framing.pass(new);
            self.is_used |= passed.bytes > 0;
            self.held.extend_from_slice(new.get(passed.bytes..).unwrap_or_default());
            self.passable = 0;
            self.stop_at(passed.then);
            buffer.set_filled(before + passed.bytes);
        } else {
            self.held.extend_from_slice(buffer.filled().get(before..).unwrap_or_default());
            buffer.set_filled(before);
            self.look_at_held();
        }
        // A request or a part of a body has come by, or the request that was waited for has begun. An empty line prolongs nothing.
        let passes = self.passable > 0 || buffer.filled().len() > before;
        if passes || self.waiting == Waiting::Request && self.has_begun() {
            self.waiting = Waiting::Nothing;
        }
    }

    /// Whether there is a beginning of a head.
    fn has_begun(&self) -> bool {
        let rest = self.held.get(self.passable..).unwrap_or_default();
        !rest.is_empty() && rest != HALF_A_BLANK
    }

    /// While nothing comes: whether the time for it is over, and then what comes instead.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        // What is left of a body is waited for where it is read; and while an answer is made or sent, nothing has to come.
        let has_begun = self.has_begun();
        if self.taking.is_some() || !self.framing.expects_head() || (!has_begun && self.activity.is_answering()) {
            return false;
        }
        let waiting = if has_begun { Waiting::Head } else { Waiting::Request };
        if self.waiting != waiting {
            // Before the first request there is the time of its headers, in all.
            if self.is_used {
                let patience =
                    if waiting == Waiting::Head { self.limits.header_timeout } else { self.limits.idle_timeout };
                self.timer.as_mut().reset(Instant::now() + patience);
            }
            self.waiting = waiting;
        }
        if self.timer.as_mut().poll(cx).is_pending() {
            return false;
        }
        match waiting {
            Waiting::Head => self.refuse(Refusal::TooSlow),
            Waiting::Request | Waiting::Nothing => self.end = End::Closed,
        }
        true
    }

    /// An answer that nobody takes any more of is given up.
    fn taken<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.taking = None;
            return written;
        }
        let patience = self.limits.body_timeout;
        let timer = self.taking.get_or_insert_with(|| Box::pin(sleep(patience)));
        timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Strict<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if let Some(given) = this.give(buffer) {
                return given;
            }
            let before = buffer.filled().len();
            match Pin::new(&mut this.inner).poll_read(cx, buffer) {
                Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                    this.look(buffer, before);
                    if buffer.filled().len() > before {
                        return Poll::Ready(Ok(()));
                    }
                }
                Poll::Pending if this.is_over(cx) => {}
                // Whoever hangs up in the middle of a head has asked for nothing.
                ended_or_pending => return ended_or_pending,
            }
        }
    }
}

impl<S: AsyncRead + Unpin> Strict<S> {
    /// What is unread when a socket is closed makes the other side forget the answer, so whoever may still be sending is heard
    /// out for a moment (RFC 9112 §9.6).
    fn linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let is_heard_out = match self.end {
            End::Closed => true,
            End::NotYet => self.framing.expects_head(),
            End::Refused | End::Broken => false,
        };
        if is_heard_out {
            return Poll::Ready(());
        }
        let timer = self.lingering.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        while timer.as_mut().poll(cx).is_pending() {
            let mut scratch = [0; 4096];
            let mut unread = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.inner).poll_read(cx, &mut unread) {
                Poll::Ready(Ok(())) if !unread.filled().is_empty() => {}
                Poll::Ready(_) => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.taken(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, pieces);
        self.taken(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.taken(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            let ended = Pin::new(&mut self.inner).poll_shutdown(cx);
            std::task::ready!(self.taken(cx, ended))?;
        }
        self.linger(cx).map(Ok)
    }
}

#[cfg(test)]
mod tests;
