//! A request, byte for byte as it is written here: headers may be missing, doubled or oddly spelled.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::{Answer, Server};

/// A request to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self { method: method.to_owned(), target: target.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn post(target: &str) -> Self {
        Self::new("POST", target)
    }

    pub(crate) fn put(target: &str) -> Self {
        Self::new("PUT", target)
    }

    pub(crate) fn delete(target: &str) -> Self {
        Self::new("DELETE", target)
    }

    /// One more header; the others stay.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.text("application/json", &body.to_string())
    }

    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let body: Vec<_> = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
        self.text("application/x-www-form-urlencoded", &body.join("&"))
    }

    pub(crate) fn text(self, content_type: &str, body: &str) -> Self {
        self.header("Content-Type", content_type).bytes(body.as_bytes())
    }

    pub(crate) fn bytes(mut self, body: &[u8]) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn cookie(self, name: &str, value: &str) -> Self {
        self.header("Cookie", &format!("{name}={value}"))
    }

    /// As a browser says of a request that a page of the site itself makes.
    pub(crate) fn same_origin(self) -> Self {
        self.header("Sec-Fetch-Site", "same-origin")
    }

    /// As a browser that opens a page.
    pub(crate) fn in_browser(self) -> Self {
        self.header("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
    }

    pub(crate) fn is_in_browser(&self) -> bool {
        self.headers.iter().any(|(name, value)| name == "Accept" && value.starts_with("text/html"))
    }

    /// As it goes over the wire.
    pub(crate) fn to_bytes(&self, port: u16) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let mut headers = self.headers.clone();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            headers.insert(0, ("Host".to_owned(), format!("127.0.0.1:{port}")));
        }
        headers.push(("Connection".to_owned(), "close".to_owned()));
        if !self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH") {
            headers.push(("Content-Length".to_owned(), self.body.len().to_string()));
        }
        for (name, value) in headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Sends bytes and reads whatever comes back until the server hangs up. An answer may come before all is sent.
pub(crate) fn exchange(port: u16, bytes: &[u8]) -> std::io::Result<Answer> {
    exchange_within(port, bytes, Duration::from_secs(60))
        .map_err(|(Failed::Unreached(error) | Failed::Unanswered(error))| error)
}

/// Sends a request and returns once the server is at it: it has asked for the body (RFC 9110 §10.1.1), and got it.
#[track_caller]
pub(crate) fn under_way(server: &Server, request: &Request) -> TcpStream {
    let bytes = request.clone().header("Expect", "100-continue").to_bytes(server.port());
    let (head, body) = bytes.split_at(bytes.len() - request.body.len());
    let mut stream = server.connect();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(head).unwrap();
    let mut asked = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n", "{}", String::from_utf8_lossy(&asked));
    stream.write_all(body).unwrap();
    stream
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Nobody listens, so nothing was asked.
    Unreached(std::io::Error),
    /// It was asked perhaps.
    Unanswered(std::io::Error),
}

/// The same, waiting no longer than this for more of an answer.
pub(crate) fn exchange_within(port: u16, bytes: &[u8], patience: Duration) -> Result<Answer, Failed> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(Failed::Unreached)?;
    let mut converse = || {
        stream.set_read_timeout(Some(patience))?;
        let sent = stream.write_all(bytes);
        let mut received = Vec::new();
        let read = stream.read_to_end(&mut received);
        if received.is_empty() {
            sent?;
            read?;
        }
        let _ = stream.shutdown(Shutdown::Both);
        Answer::parse(&received).ok_or_else(|| {
            let text = String::from_utf8_lossy(&received).into_owned();
            std::io::Error::new(std::io::ErrorKind::InvalidData, format!("no HTTP answer: {text:?}"))
        })
    };
    converse().map_err(Failed::Unanswered)
}

/// Percent-encoding for forms and queries (WHATWG URL §5.2, except that a space is `%20`).
pub(crate) fn escape(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
