//! The first bytes of a connection without TLS, which tell what version of HTTP it speaks.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What HTTP/2 begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Enough for a usual request.
const USUAL: usize = 1024;

/// How a connection begins.
pub(super) enum Start {
    /// As HTTP/1, or nothing, with these bytes.
    Http1(Vec<u8>),
    /// As HTTP/2, with these bytes.
    Http2(Vec<u8>),
}

/// Reads until it is clear which.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Start> {
    let mut begun = Vec::with_capacity(USUAL);
    loop {
        if stream.read_buf(&mut begun).await? == 0 || !PREFACE.starts_with(begun.get(..PREFACE.len()).unwrap_or(&begun))
        {
            return Ok(Start::Http1(begun));
        }
        if begun.len() >= PREFACE.len() {
            return Ok(Start::Http2(begun));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_bytes_tell_the_version() {
        for (bytes, is_2) in [
            (&b"GET / HTTP/1.1\r\n"[..], false),
            (b"P", false),
            (b"POST / HTTP/1.1\r\n\r\n", false),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", false),
            (PREFACE, true),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", true),
        ] {
            let (begun, found) = match read(&mut &*bytes).await.unwrap() {
                Start::Http1(begun) => (begun, false),
                Start::Http2(begun) => (begun, true),
            };
            assert_eq!((begun.as_slice(), found), (bytes, is_2));
        }
    }
}
