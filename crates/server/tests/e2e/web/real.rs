//! A real token, which forgeries begin with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::line::Line;
use crate::support::token::peek;
use crate::support::{Answer, MODES, Person, Request, Server, Ticket};

pub(super) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with this header and the payload of a real one.
pub(super) fn forged(header: &Value, real: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let body = format!("{}.{}", b64(header.to_string()), real.split('.').nth(1).unwrap());
    let signature = sign(body.as_bytes());
    format!("{body}.{}", b64(signature))
}

/// A real token, its header, and the key that is published for it.
pub(super) struct Real {
    pub(super) ticket: Ticket,
    pub(super) header: Map<String, Value>,
    pub(super) jwk: Value,
    pub(super) line: Line,
    /// What is said to the first that was refused.
    words: Option<(Option<String>, String)>,
}

impl Real {
    pub(super) fn new(server: &Server) -> Self {
        let ticket = Person::new(server).logs_in(server, &MODES[2]);
        let (header, _) = peek(&ticket.text);
        let keys = server.send(&Request::get("/.well-known/jwks.json")).expect(200).json();
        let jwk = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap().clone();
        Self { ticket, header: header.as_object().unwrap().clone(), jwk, line: Line::to(server), words: None }
    }

    fn signature(&self) -> &str {
        self.ticket.text.rsplit_once('.').unwrap().1
    }

    /// The header with one member more or otherwise.
    pub(super) fn with(&self, name: &str, value: Value) -> Value {
        let mut header = self.header.clone();
        header.insert(name.to_owned(), value);
        Value::Object(header)
    }

    /// The same token under another header, with the signature that it had.
    pub(super) fn under(&self, header: &str) -> String {
        let mut parts = self.ticket.text.split('.');
        let (_, payload) = (parts.next(), parts.next().unwrap());
        format!("{}.{payload}.{}", b64(header), self.signature())
    }

    #[track_caller]
    pub(super) fn refuses(&mut self, token: &str) {
        let answer = self.line.send(&Request::get("/profile").bearer(token));
        self.is_the_one_refusal(&answer, token);
        // What no header can hold in one piece cannot be in a cookie either.
        if !token.contains([';', '"', ',', ' ']) {
            let answer = self.line.send(&Request::get("/profile").cookie("token", token));
            self.is_the_one_refusal(&answer, token);
        }
    }

    #[track_caller]
    fn is_the_one_refusal(&mut self, answer: &Answer, token: &str) {
        assert_eq!(answer.status, 401, "{}: {answer}", token.get(..token.len().min(300)).unwrap_or_default());
        let said = (answer.header("www-authenticate").map(str::to_owned), answer.text());
        assert_eq!(self.words.get_or_insert_with(|| said.clone()), &said, "jw_21");
    }

    #[track_caller]
    pub(super) fn counts_still(mut self) {
        let request = Request::get("/profile").bearer(&self.ticket.text);
        assert_eq!(self.line.send(&request).status, 200, "the real one counts all the while");
    }
}
