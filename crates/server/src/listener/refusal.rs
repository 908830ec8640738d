//! Requests that are refused before anybody has looked at what they want.
//!
//! Whoever refuses one puts another in its place, which asks for nothing but this answer and is the last of its connection. So the
//! answer is made like every other, with all its headers, and comes after those to earlier requests.

use axum::extract::Request;
use counterfoil_guard::Problem;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};

use super::limits::{FIELDS, HEAD_BYTES, METHOD_BYTES, TARGET_BYTES};
use super::strict::{is_host, is_printable};

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 400: it is not what RFC 9112 allows, or so that two readers could read it differently.
    Malformed,
    /// 408: its headers or its body have not come in time.
    TooSlow,
    /// 414: its address is too long.
    AddressTooLong,
    /// 431: its headers are too long, or too many.
    HeadersTooLarge,
    /// 501: it asks for a tunnel to elsewhere (RFC 9110 §9.3.6), which only proxies make.
    NoTunnels,
    /// 503: of this connection's requests, too many are being worked on.
    Busy,
}

/// No client can send this method: its name is longer than one may be.
const METHOD: &str = "REFUSED-BY-THE-LISTENER";
const _: () = assert!(METHOD.len() > METHOD_BYTES);

impl Refusal {
    const ALL: [Self; 6] =
        [Self::Malformed, Self::TooSlow, Self::AddressTooLong, Self::HeadersTooLarge, Self::NoTunnels, Self::Busy];

    /// The status of the answer.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::AddressTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::NoTunnels => StatusCode::NOT_IMPLEMENTED,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The request to put in the place of the one that is refused.
    pub(super) fn in_its_place(self) -> Vec<u8> {
        let status = self.status().as_u16();
        format!("{METHOD} /{status} HTTP/1.1\r\nhost: -\r\nconnection: close\r\n\r\n").into_bytes()
    }

    /// The refusal that a request of HTTP/1 stands for.
    pub(super) fn of(request: &Request) -> Option<Self> {
        if request.method().as_str() != METHOD {
            return None;
        }
        Self::ALL.into_iter().find(|refusal| request.uri().path().get(1..) == Some(refusal.status().as_str()))
    }

    /// What is to be refused of a request of HTTP/2: as much as of HTTP/1, though the library has checked most of its form.
    pub(super) fn of_http2(request: &Request) -> Option<Self> {
        let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        let headers = request.headers();
        match () {
            () if request.method() == Method::CONNECT => Some(Self::NoTunnels),
            () if target > TARGET_BYTES => Some(Self::AddressTooLong),
            () if headers.len() > FIELDS || target + list_bytes(headers) > HEAD_BYTES => Some(Self::HeadersTooLarge),
            () if request.method().as_str().len() > METHOD_BYTES => Some(Self::Malformed),
            () if !has_one_host(request) || !is_path(request.uri()) => Some(Self::Malformed),
            () => None,
        }
    }

    /// Makes a request one that gets this answer.
    pub(super) fn apply(self, request: &mut Request) {
        request.extensions_mut().insert(self);
        *request.method_mut() = Method::GET;
        *request.uri_mut() = Uri::from_static("/-");
    }
}

/// Whether a request of HTTP/2 says to whom it goes, and nothing else in another place (RFC 9113 §8.3.1).
fn has_one_host(request: &Request) -> bool {
    let headers = request.headers().get_all(HOST);
    let named = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let mut hosts = named.into_iter().chain(headers.iter().map(HeaderValue::as_bytes));
    let Some(first) = hosts.next() else { return false };
    is_host(first) && hosts.all(|host| host.eq_ignore_ascii_case(first)) && headers.iter().count() <= 1
}

/// Whether a path and its query are of the characters that RFC 3986 §3.3 has for them: the library lets letters of other alphabets
/// through.
fn is_path(uri: &Uri) -> bool {
    uri.path_and_query().is_none_or(|target| is_printable(target.as_str().as_bytes()))
}

/// How long headers are as HTTP/2 counts them (RFC 9113 §6.5.2).
fn list_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

/// Whether a request comes by HTTP/1, and has been read by us before.
pub(super) fn is_http1(request: &Request) -> bool {
    request.version() <= Version::HTTP_11
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = refusal.status();
        match refusal {
            Refusal::Malformed => {
                let detail = "The request is not what HTTP allows, or could be read in two ways.";
                Self::new(status, "malformed", "Malformed", detail)
            }
            Refusal::TooSlow => {
                let detail = "The request has not arrived in the time that it may take.";
                Self::new(status, "too-slow", "Too slow", detail)
            }
            Refusal::AddressTooLong => {
                let detail = format!("The address is longer than the {TARGET_BYTES} bytes that are taken here.");
                Self::new(status, "address-too-long", "Address too long", detail)
            }
            Refusal::HeadersTooLarge => {
                let detail = format!(
                    "The headers hold more than the {HEAD_BYTES} bytes, or {FIELDS} lines, that are taken here."
                );
                Self::new(status, "headers-too-large", "Headers too large", detail)
            }
            Refusal::NoTunnels => {
                let detail = "CONNECT is for proxies, and this server is none.";
                Self::new(status, "not-implemented", "Not implemented", detail)
            }
            Refusal::Busy => Self::unavailable(1),
        }
    }
}
