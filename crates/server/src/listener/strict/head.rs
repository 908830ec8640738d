//! The strict reading of a request line and its headers (RFC 9112), before the library reads them: what two readers could read
//! differently is refused, as the other reader may be a proxy in front of us that lets in what we then take for another request.

use http::Uri;
use memchr::memchr;

use super::super::limits::{FIELDS, METHOD_BYTES, TARGET_BYTES};
use super::super::refusal::Refusal;

/// What follows a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes, perhaps none.
    Sized(u64),
    /// Chunks, until an empty one.
    Chunked,
}

/// Reads a whole head, each of whose lines ends with CR LF, and the last of which is empty.
pub(super) fn read(head: &[u8]) -> Result<Body, Refusal> {
    let mut lines = Lines(head);
    let request = RequestLine::read(lines.next().unwrap_or_default())?;
    let mut fields = Fields::default();
    for line in lines.take_while(|line| !line.is_empty()) {
        fields.take(line)?;
    }
    fields.judge(&request)
}

/// The lines of a head, without their ends.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (line, rest) = self.0.split_at_checked(memchr(b'\n', self.0)? + 1)?;
        self.0 = rest;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

struct RequestLine<'a> {
    target: &'a [u8],
    is_1_1: bool,
}

impl<'a> RequestLine<'a> {
    /// RFC 9112 §3: three words with one space between.
    fn read(line: &'a [u8]) -> Result<Self, Refusal> {
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::Malformed);
        };
        if method == b"CONNECT" {
            return Err(Refusal::NoTunnels);
        }
        if target.len() > TARGET_BYTES {
            return Err(Refusal::AddressTooLong);
        }
        let is_1_1 = match version {
            b"HTTP/1.1" => true,
            b"HTTP/1.0" => false,
            _ => return Err(Refusal::Malformed),
        };
        let fits = is_token(method) && method.len() <= METHOD_BYTES && is_target(method, target);
        if fits { Ok(Self { target, is_1_1 }) } else { Err(Refusal::Malformed) }
    }

    /// The host of a target in absolute form (RFC 9112 §3.2.2).
    fn host(&self) -> Option<&'a [u8]> {
        let rest = after_scheme(self.target)?;
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
        rest.get(..end)
    }
}

/// Origin form, absolute form, or `OPTIONS *` (RFC 9112 §3.2).
fn is_target(method: &[u8], target: &[u8]) -> bool {
    let is_absolute = || after_scheme(target).is_some() && Uri::try_from(target).is_ok();
    let form = target.starts_with(b"/") || (method == b"OPTIONS" && target == b"*") || is_absolute();
    form && is_printable(target)
}

/// Whether these are characters that an address may hold before its fragment. RFC 3986 has no place for `<`, `>`, `"` and the backtick
/// either, and the library would refuse them in its own words.
pub(in super::super) fn is_printable(target: &[u8]) -> bool {
    target.iter().all(|byte| byte.is_ascii_graphic() && !b"#<>`\"".contains(byte))
}

fn after_scheme(target: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = target.split_at_checked(target.iter().position(|byte| *byte == b':')?)?;
    let known = scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https");
    rest.strip_prefix(b"://").filter(|_| known)
}

/// Those headers that say where a request ends, and to whom it goes.
#[derive(Default)]
struct Fields<'a> {
    count: usize,
    host: Option<&'a [u8]>,
    length: Option<u64>,
    chunked: bool,
}

impl<'a> Fields<'a> {
    fn take(&mut self, line: &'a [u8]) -> Result<(), Refusal> {
        self.count += 1;
        if self.count > FIELDS {
            return Err(Refusal::HeadersTooLarge);
        }
        // A line that begins with a blank would be the rest of the one before (RFC 9112 §5.2); its name is no token.
        let colon = memchr(b':', line).ok_or(Refusal::Malformed)?;
        let (name, value) = line.split_at_checked(colon).ok_or(Refusal::Malformed)?;
        let value = value.strip_prefix(b":").unwrap_or(value);
        // RFC 9110 §5.5: no control characters but tabs, so no CR by itself either.
        if !is_token(name) || has_control(value) {
            return Err(Refusal::Malformed);
        }
        let value = value.trim_ascii();
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => once(&mut self.host, is_host(value).then_some(value)),
            14 if name.eq_ignore_ascii_case(b"content-length") => once(&mut self.length, length(value)),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Refusal::Malformed);
                }
                self.chunked = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn judge(self, request: &RequestLine<'_>) -> Result<Body, Refusal> {
        // RFC 9112 §3.2: HTTP/1.1 has one Host.
        let host_fits = match (self.host, request.host()) {
            (None, _) => !request.is_1_1,
            (Some(_), None) => true,
            (Some(host), Some(named)) => host.eq_ignore_ascii_case(named),
        };
        match (self.length, self.chunked) {
            _ if !host_fits => Err(Refusal::Malformed),
            (length, false) => Ok(Body::Sized(length.unwrap_or(0))),
            // RFC 9112 §6.1: whoever sends both, or chunks in HTTP/1.0, is broken or an attacker.
            (None, true) if request.is_1_1 => Ok(Body::Chunked),
            _ => Err(Refusal::Malformed),
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: Option<T>) -> Result<(), Refusal> {
    if value.is_none() || slot.is_some() {
        return Err(Refusal::Malformed);
    }
    *slot = value;
    Ok(())
}

/// RFC 9110 §8.6: digits alone.
fn length(value: &[u8]) -> Option<u64> {
    let digits = (1..=19).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(value).ok()?.parse().ok()).flatten()
}

/// RFC 9110 §7.2: a host and perhaps a port.
pub(in super::super) fn is_host(value: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+;=:[]".contains(byte);
    !value.is_empty() && value.iter().all(fits)
}

/// All are counted, as a search that may end early looks at one byte at a time.
fn has_control(value: &[u8]) -> bool {
    value.iter().filter(|byte| (**byte < b' ' && **byte != b'\t') || **byte == 0x7f).count() > 0
}

/// RFC 9110 §5.6.2.
fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| TOKEN.get(usize::from(*byte)) == Some(&true))
}

const TOKEN: [bool; 128] = {
    let mut table = [false; 128];
    let marks = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Result<Body, Refusal> {
        read(format!("{}\r\n\r\n", lines.join("\r\n")).as_bytes())
    }

    #[test]
    fn what_is_plain_is_read() {
        assert_eq!(of(&["GET / HTTP/1.1", "Host: a"]), Ok(Body::Sized(0)));
        assert_eq!(of(&["GET / HTTP/1.0"]), Ok(Body::Sized(0)));
        assert_eq!(of(&["POST /a?b=c HTTP/1.1", "host:a:80", "CONTENT-LENGTH:\t12 "]), Ok(Body::Sized(12)));
        assert_eq!(of(&["POST / HTTP/1.1", "Host: [::1]:80", "Transfer-Encoding: Chunked"]), Ok(Body::Chunked));
        assert_eq!(of(&["GET http://a.example/x HTTP/1.1", "Host: A.example"]), Ok(Body::Sized(0)));
        assert_eq!(of(&["OPTIONS * HTTP/1.1", "Host: a"]), Ok(Body::Sized(0)));
        assert_eq!(of(&["GET / HTTP/1.1", "Host: a", "X-Empty:", "X-Latin: caf\u{e9}"]), Ok(Body::Sized(0)));
    }

    #[test]
    fn wb_09_what_could_be_read_in_two_ways_is_refused() {
        for lines in [
            &["GET / HTTP/1.1"][..],
            &["GET / HTTP/1.1", "Host: a", "Host: a"],
            &["GET / HTTP/1.1", "Host: a b"],
            &["GET / HTTP/1.1", "Host: a/b"],
            &["GET / HTTP/1.1", "Host: user@a"],
            &["GET / HTTP/1.1", "Host:"],
            &["GET http://b/ HTTP/1.1", "Host: a"],
            &["GET http://a:b:c/ HTTP/1.1", "Host: a:b:c"],
            &["GET http://[a/ HTTP/1.1", "Host: [a"],
            &["GET http://a%/ HTTP/1.1", "Host: a%"],
            &["GET  / HTTP/1.1", "Host: a"],
            &["GET / HTTP/1.1 ", "Host: a"],
            &["GET /\tx HTTP/1.1", "Host: a"],
            &["GET /#x HTTP/1.1", "Host: a"],
            &["GET x HTTP/1.1", "Host: a"],
            &["GET * HTTP/1.1", "Host: a"],
            &["GET / HTTP/1.2", "Host: a"],
            &["GET / http/1.1", "Host: a"],
            &["GET /", "Host: a"],
            &["GE(T / HTTP/1.1", "Host: a"],
            &["REFUSED-BY-THE-LISTENER /400 HTTP/1.1", "Host: a"],
            &["GET / HTTP/1.1", "Host: a", " folded"],
            &["GET / HTTP/1.1", "Host : a"],
            &["GET / HTTP/1.1", "Host: a", "no colon"],
            &["GET / HTTP/1.1", "Host: a", ": no name"],
            &["GET / HTTP/1.1", "Host: a", "X: a\rb"],
            &["GET / HTTP/1.1", "Host: a", "X: a\0b"],
            &["POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Content-Length: 1"],
            &["POST / HTTP/1.1", "Host: a", "Content-Length: 1, 1"],
            &["POST / HTTP/1.1", "Host: a", "Content-Length: +1"],
            &["POST / HTTP/1.1", "Host: a", "Content-Length: 0x1"],
            &["POST / HTTP/1.1", "Host: a", "Content-Length:"],
            &["POST / HTTP/1.1", "Host: a", "Content-Length: 99999999999999999999"],
            &["POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Transfer-Encoding: chunked"],
            &["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Content-Length: 1"],
            &["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
            &["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip, chunked"],
            &["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: identity"],
            &["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: \"chunked\""],
            &["POST / HTTP/1.1", "Host: a", "Transfer-Encoding : chunked"],
            &["POST / HTTP/1.0", "Transfer-Encoding: chunked"],
        ] {
            assert_eq!(of(lines), Err(Refusal::Malformed), "{lines:?}");
        }
    }

    #[test]
    fn wb_10_addresses_and_headers_have_an_end() {
        let target = |bytes: usize| of(&[&format!("GET /{} HTTP/1.1", "x".repeat(bytes - 1)), "Host: a"]);
        assert_eq!(target(TARGET_BYTES), Ok(Body::Sized(0)));
        assert_eq!(target(TARGET_BYTES + 1), Err(Refusal::AddressTooLong));
        let fields = |count: usize| of(&[&["GET / HTTP/1.1", "Host: a"][..], &vec!["X: y"; count - 1]].concat());
        assert_eq!(fields(FIELDS), Ok(Body::Sized(0)));
        assert_eq!(fields(FIELDS + 1), Err(Refusal::HeadersTooLarge));
    }

    #[test]
    fn wb_07_nobody_tunnels_through() {
        for target in ["a:80", "/", "/login", "http://a/", "*"] {
            assert_eq!(of(&[&format!("CONNECT {target} HTTP/1.1"), "Host: a"]), Err(Refusal::NoTunnels), "{target}");
        }
    }

    /// What the library cannot read, it would answer in words of its own, without the headers that every answer has.
    #[test]
    fn wb_01_the_library_reads_whatever_is_passed_on() {
        for byte in 0..=u8::MAX {
            for before in
                ["/", "/?", "/%", "//", "http://a/", "http://a?", "http://a", "http://", "https://a:", "http://[a]"]
            {
                let target = [before.as_bytes(), &[byte]].concat();
                let passed = is_target(b"GET", &target);
                assert!(!passed || Uri::try_from(target.as_slice()).is_ok(), "{}", target.escape_ascii());
            }
        }
    }
}
