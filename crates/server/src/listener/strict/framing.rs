//! Where each request of a connection of HTTP/1 begins and ends (RFC 9112 §6, §7.1).

use memchr::memchr;

use super::super::limits::{HEAD_BYTES, METHOD_BYTES, TARGET_BYTES};
use super::super::refusal::Refusal;
use super::head::{self, Body};

/// An empty line.
const BLANK: &[u8] = b"\r\n";

/// Follows the bytes of a connection.
#[derive(Debug)]
pub(super) struct Framing {
    state: State,
    /// How many bytes of an unfinished head have been looked at.
    looked_at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a head, or before one; whether an empty line has been passed over.
    Head { after_blank: bool },
    /// So many bytes of a body are to come.
    Sized(u64),
    /// In a body of chunks.
    Chunked(Chunk),
}

/// Places in a body of chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    /// In the digits of a size: its value, and how many digits there were.
    Size(u64, u8),
    /// Before the LF that ends a size.
    SizeEnd(u64),
    /// So many bytes of a chunk are to come, and then CR LF.
    Data(u64),
    /// Before the CR after a chunk; or before its LF.
    DataEnd { cr: bool },
    /// After the empty chunk: before CR, or before its LF. No trailers are taken.
    End { cr: bool },
}

/// How far bytes may be passed on, and why no further.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passed {
    pub(super) bytes: usize,
    pub(super) then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// All of them may.
    Nothing,
    /// The rest is the beginning of a head.
    More,
    /// The rest is a request to be refused.
    Refuse(Refusal),
    /// The body of a request is broken.
    Break,
}

impl Framing {
    pub(super) const fn new() -> Self {
        Self { state: State::Head { after_blank: false }, looked_at: 0 }
    }

    /// Whether what comes next is the head of a request.
    pub(super) fn expects_head(&self) -> bool {
        matches!(self.state, State::Head { .. })
    }

    /// How many of these bytes are an empty line before a request, which is passed over (RFC 9112 §2.2). It asks for nothing, so
    /// whoever has sent no more has not begun. One is enough.
    pub(super) fn skip_blank(&mut self, bytes: &[u8]) -> usize {
        if self.state != (State::Head { after_blank: false }) || !bytes.starts_with(BLANK) {
            return 0;
        }
        self.state = State::Head { after_blank: true };
        self.looked_at = 0;
        BLANK.len()
    }

    /// Looks at bytes. What was left of an earlier call as the beginning of a head is to be there again, at their front.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Passed {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let step = match self.state {
                State::Head { .. } => self.head(rest),
                State::Sized(left) => Ok(self.sized(rest.len(), left)),
                State::Chunked(chunk) => self.chunked(rest, chunk),
            };
            match step {
                Ok(passed) => at += passed,
                Err(then) => return Passed { bytes: at, then },
            }
        }
        Passed { bytes: at, then: Then::Nothing }
    }

    fn head(&mut self, rest: &[u8]) -> Result<usize, Then> {
        let blank = self.skip_blank(rest);
        if blank > 0 {
            return Ok(blank);
        }
        let Some(end) = self.end_of_head(rest).map_err(Then::Refuse)? else { return Err(Then::More) };
        let head = rest.get(..end).unwrap_or(rest);
        let body = head::read(head).map_err(Then::Refuse)?;
        if end > HEAD_BYTES {
            return Err(Then::Refuse(Refusal::HeadersTooLarge));
        }
        self.looked_at = 0;
        self.state = match body {
            Body::Sized(0) => State::Head { after_blank: false },
            Body::Sized(length) => State::Sized(length),
            Body::Chunked => State::Chunked(Chunk::Size(0, 0)),
        };
        Ok(end)
    }

    /// Finds the empty line. Each line ends with CR LF; a bare LF is refused as soon as it is there.
    fn end_of_head(&mut self, rest: &[u8]) -> Result<Option<usize>, Refusal> {
        while let Some(new) = rest.get(self.looked_at..) {
            let Some(found) = memchr(b'\n', new) else { break };
            let line_feed = self.looked_at + found;
            let before = rest.get(..line_feed).unwrap_or_default();
            if before.last() != Some(&b'\r') {
                return Err(Refusal::Malformed);
            }
            if before.len() < 2 || before.ends_with(b"\n\r") {
                return Ok(Some(line_feed + 1));
            }
            self.looked_at = line_feed + 1;
        }
        let in_first_line = self.looked_at == 0 || !rest.contains(&b'\n');
        self.looked_at = rest.len();
        // What is that long without an end is longer than it may be, whatever comes.
        match () {
            () if rest.len() >= HEAD_BYTES => Err(Refusal::HeadersTooLarge),
            () if in_first_line && rest.len() > METHOD_BYTES + TARGET_BYTES + " HTTP/1.1\r\n".len() + 1 => {
                Err(Refusal::AddressTooLong)
            }
            () => Ok(None),
        }
    }

    fn sized(&mut self, here: usize, left: u64) -> usize {
        let passed = usize::try_from(left).unwrap_or(usize::MAX).min(here);
        let left = left.saturating_sub(u64::try_from(passed).unwrap_or(u64::MAX));
        self.state = if left == 0 { State::Head { after_blank: false } } else { State::Sized(left) };
        passed
    }

    /// Chunks without extensions: nobody needs them, and some proxies read them in ways of their own.
    fn chunked(&mut self, rest: &[u8], chunk: Chunk) -> Result<usize, Then> {
        if let Chunk::Data(left) = chunk {
            let passed = self.sized(rest.len(), left);
            self.state = State::Chunked(match self.state {
                State::Sized(left) => Chunk::Data(left),
                _ => Chunk::DataEnd { cr: false },
            });
            return Ok(passed);
        }
        let byte = rest.first().copied().unwrap_or_default();
        let next = match (chunk, byte) {
            (Chunk::Size(size, digits @ ..8), digit) if digit.is_ascii_hexdigit() => {
                let value = char::from(digit).to_digit(16).unwrap_or_default();
                Chunk::Size(size << 4 | u64::from(value), digits + 1)
            }
            (Chunk::Size(size, 1..), b'\r') => Chunk::SizeEnd(size),
            (Chunk::SizeEnd(0), b'\n') => Chunk::End { cr: false },
            (Chunk::SizeEnd(size), b'\n') => Chunk::Data(size),
            (Chunk::DataEnd { cr: false }, b'\r') => Chunk::DataEnd { cr: true },
            (Chunk::DataEnd { cr: true }, b'\n') => Chunk::Size(0, 0),
            (Chunk::End { cr: false }, b'\r') => Chunk::End { cr: true },
            (Chunk::End { cr: true }, b'\n') => {
                self.state = State::Head { after_blank: false };
                return Ok(1);
            }
            _ => return Err(Then::Break),
        };
        self.state = State::Chunked(next);
        Ok(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

    fn all(text: &str) -> Passed {
        Framing::new().pass(text.as_bytes())
    }

    #[test]
    fn requests_follow_each_other() {
        let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
        let chunks = format!("{CHUNKED}3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n");
        let text = [GET, post, "\r\n", GET, &chunks, post].concat();
        assert_eq!(all(&text), Passed { bytes: text.len(), then: Then::Nothing });
        assert_eq!(all(&format!("{GET}GET /")), Passed { bytes: GET.len(), then: Then::More });
        assert_eq!(all("\r\n\r\n").then, Then::Refuse(Refusal::Malformed), "one empty line, not two");
    }

    #[test]
    fn bytes_one_by_one_are_read_like_bytes_at_once() {
        let text = format!("{GET}\r\n{CHUNKED}3\r\nabc\r\n0\r\n\r\n{GET}");
        let (mut framing, mut held, mut passed) = (Framing::new(), Vec::new(), 0);
        for byte in text.bytes() {
            held.push(byte);
            let now = framing.pass(&held);
            assert!(matches!(now.then, Then::Nothing | Then::More), "{now:?}");
            passed += now.bytes;
            held.drain(..now.bytes);
        }
        assert_eq!((passed, held.len()), (text.len(), 0));
        assert!(framing.expects_head());
    }

    #[test]
    fn wb_09_lines_end_with_both_characters() {
        for text in
            ["GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"]
        {
            assert_eq!(all(text).then, Then::Refuse(Refusal::Malformed), "{text:?}");
        }
        assert_eq!(all("GET / HTTP/1.1\r\nHost: a\n"), Passed { bytes: 0, then: Then::Refuse(Refusal::Malformed) });
    }

    #[test]
    fn wb_09_chunks_are_plain() {
        for chunks in [
            "\r\n",
            "g\r\n",
            "-1\r\n",
            "0x3\r\nabc\r\n",
            "3 \r\nabc\r\n",
            " 3\r\nabc\r\n",
            "3\nabc\n0\n\n",
            "3\r\nabcd\r\n",
            "3\r\nabc\n",
            "3;a=b\r\nabc\r\n",
            "3;\r\nabc\r\n",
            "0;a=b\r\n\r\n",
            "0\r\nX: trailer\r\n\r\n",
            "0\r\n\n",
            "000000003\r\nabc\r\n",
            "ffffffffffffffff3\r\n",
        ] {
            assert_eq!(all(&format!("{CHUNKED}{chunks}{GET}")).then, Then::Break, "{chunks:?}");
        }
    }

    #[test]
    fn wb_10_a_head_has_an_end() {
        let with = |filler: usize| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(filler));
        let most = HEAD_BYTES - with(0).len();
        assert_eq!(all(&with(most)).then, Then::Nothing);
        assert_eq!(all(&with(most + 1)).then, Then::Refuse(Refusal::HeadersTooLarge));
        let unfinished = |bytes: usize| all(&with(HEAD_BYTES)[..bytes]).then;
        assert_eq!(unfinished(HEAD_BYTES - 1), Then::More);
        assert_eq!(unfinished(HEAD_BYTES), Then::Refuse(Refusal::HeadersTooLarge));
        assert_eq!(all(&format!("GET /{}", "x".repeat(TARGET_BYTES + 40))).then, Then::Refuse(Refusal::AddressTooLong));
    }

    /// What a client may send, and what it should not.
    fn pieces() -> impl Strategy<Value = String> {
        let pieces = [
            GET,
            CHUNKED,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n",
            "abcd",
            "4\r\nabcd\r\n",
            "0\r\n\r\n",
            "\r\n",
            "\n",
            "\r",
            " ",
            "Content-Length: 1\r\n",
            "GET / HTTP/1.1\r\n",
            "Host: a\r\n",
            "\0",
        ];
        prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn wb_09_how_bytes_arrive_changes_nothing(text in pieces(), cuts in prop::collection::vec(1_usize..30, 1..20)) {
            let whole = all(&text);
            let (mut framing, mut held, mut passed, mut rest) = (Framing::new(), Vec::new(), 0, text.as_bytes());
            let mut last = Then::Nothing;
            for cut in cuts.into_iter().cycle() {
                let (piece, others) = rest.split_at(cut.min(rest.len()));
                rest = others;
                held.extend_from_slice(piece);
                let now = framing.pass(&held);
                passed += now.bytes;
                held.drain(..now.bytes);
                last = now.then;
                if rest.is_empty() || matches!(last, Then::Refuse(_) | Then::Break) {
                    break;
                }
            }
            prop_assert_eq!(Passed { bytes: passed, then: last }, whole);
        }

        #[test]
        fn any_bytes_are_passed_or_not(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Framing::new().pass(&bytes).bytes <= bytes.len());
        }
    }
}
