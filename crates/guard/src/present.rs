//! Where a credential may stand: the `Authorization` header or a cookie, and nowhere else.

use std::collections::BTreeSet;
use std::fmt;

use counterfoil_core::client::{COOKIE_NAMES, Clients};
use counterfoil_core::credential::Transport;
use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};

/// A credential as it was found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// Its text.
    pub text: &'a str,
    /// How it came.
    pub transport: Transport,
}

impl fmt::Debug for Found<'_> {
    /// Without the text, which lets whoever reads it in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").field("transport", &self.transport).finish_non_exhaustive()
    }
}

/// A request brings more than one credential (RFC 6750 §3.1: `invalid_request`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than one credential")]
pub struct Ambiguous;

/// The names of the cookies in which a credential may come, prefixes included.
#[derive(Debug, Clone)]
pub struct CookieNames(Vec<Box<str>>);

impl CookieNames {
    /// Those of all clients whose credentials travel in cookies, and the usual ones: a login survives that its client is made
    /// another kind, whose cookie has another name. Over HTTPS, only prefixed names count: no page of a sibling
    /// domain and no plain-HTTP answer can set them (RFC 6265bis §4.1.3).
    pub fn new(clients: &Clients, https: bool) -> Self {
        let cookies = clients.iter().filter(|client| client.transport == Transport::Cookie);
        let mut names: BTreeSet<_> = cookies.map(|client| client.cookie_name_with_prefix(https)).collect();
        let prefix = if https { "__Host-" } else { "" };
        names.extend(COOKIE_NAMES.map(|name| format!("{prefix}{name}")));
        Self(names.into_iter().map(Into::into).collect())
    }
}

/// The one credential of a request. `Ok(None)`: it brings none.
///
/// Two cookies of one name are none: somebody has planted one of them, and which one the browser does not say.
pub fn present<'a>(headers: &'a HeaderMap, names: &CookieNames) -> Result<Option<Found<'a>>, Ambiguous> {
    let bearer = bearer(headers)?.map(|text| Found { text, transport: Transport::Bearer });
    let mut found = bearer;
    for name in &names.0 {
        let mut values = cookies(headers, name.as_bytes());
        let Some(first) = values.next() else { continue };
        if values.next().is_some() {
            continue;
        }
        let Ok(text) = std::str::from_utf8(first) else { continue };
        if found.replace(Found { text, transport: Transport::Cookie }).is_some() {
            return Err(Ambiguous);
        }
    }
    Ok(found)
}

/// The bearer token, if there is one. The scheme's case does not matter (RFC 9110 §11.1); other schemes are not ours.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Ambiguous> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Ambiguous);
    }
    let Ok(value) = value.to_str() else { return Ok(None) };
    let Some((scheme, token)) = value.split_once(' ') else { return Ok(None) };
    Ok(scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' ')))
}

/// The values of all cookies of a name, as octets: names are compared byte for byte, and nothing is decoded, unquoted or
/// trimmed but the white space of the header's own grammar (RFC 6265 §4.2.1).
pub fn cookies<'a, 'n>(headers: &'a HeaderMap, name: &'n [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
    let read = !headers.get_all(COOKIE).iter().any(|header| is_of_old(header.as_bytes()));
    // HTTP/2 may split the header (RFC 9113 §8.2.3).
    let headers = headers.get_all(COOKIE).iter().filter(move |_| read);
    let pairs = headers.flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let pair = trim(pair);
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (found, value) = (pair.get(..at)?, pair.get(at + 1..)?);
        (found == name && !value.is_empty()).then_some(value)
    })
}

/// Whether this is the form of RFC 2965, in which quotes, commas and `$` mean something: some servers still read it so, and would
/// find other cookies in it than we do. No browser sends it.
fn is_of_old(header: &[u8]) -> bool {
    trim(header).get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"$Version"))
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> CookieNames {
        CookieNames(vec!["session_id".into(), "token".into()])
    }

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in of {
            headers.append(*name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn text(of: &[(&'static str, &str)]) -> Result<Option<(String, Transport)>, Ambiguous> {
        let headers = headers(of);
        Ok(present(&headers, &names())?.map(|found| (found.text.to_owned(), found.transport)))
    }

    #[test]
    fn a_credential_is_found_in_its_two_places() {
        let bearer = Ok(Some(("x".to_owned(), Transport::Bearer)));
        for spelling in ["Bearer x", "bearer x", "BEARER x", "Bearer  x"] {
            assert_eq!(text(&[("authorization", spelling)]), bearer, "{spelling}");
        }
        let cookie = Ok(Some(("x".to_owned(), Transport::Cookie)));
        for spelling in ["session_id=x", "a=b; token=x", "token=x;a=b", "\t session_id=x ;", "a; session_id=x"] {
            assert_eq!(text(&[("cookie", spelling)]), cookie, "{spelling}");
        }
        assert_eq!(text(&[("cookie", "a=b"), ("cookie", "session_id=x")]), cookie);
    }

    #[test]
    fn lo_02_what_was_found_is_not_shown() {
        let headers = headers(&[("authorization", "Bearer canary")]);
        let found = format!("{:?}", present(&headers, &names()));
        assert!(found.contains("Bearer") && !found.contains("canary"), "{found}");
    }

    #[test]
    fn tk_01_two_credentials_are_ambiguous() {
        for two in [
            [("authorization", "Bearer x"), ("authorization", "Bearer y")],
            [("authorization", "Bearer x"), ("authorization", "Basic y")],
            [("authorization", "Bearer x"), ("cookie", "token=y")],
            [("authorization", "Bearer x"), ("cookie", "session_id=x")],
            [("cookie", "session_id=x; token=y"), ("cookie", "a=b")],
            [("cookie", "session_id=x"), ("cookie", "token=y")],
        ] {
            assert_eq!(text(&two), Err(Ambiguous), "{two:?}");
        }
    }

    #[test]
    fn ss_06_crafted_cookies_are_none() {
        for crafted in [
            "session_id=x; session_id=y",
            "session_id=x; session_id=x",
            "Session_id=x",
            "SESSION_ID=x",
            "%73ession_id=x",
            "$Version=1; $session_id=x",
            "$Version=1; session_id=x",
            "\t$version=\"1\"; session_id=x; $Path=\"/\"",
            "\u{2000}session_id=x",
            "session_id\u{00a0}=x",
            "session_id =x",
            "=session_id=x",
            "session_id",
            "session_id=",
            "session_id.=x",
            "__Host-session_id=x",
            "session_id,token=x",
            "\"session_id\"=x",
        ] {
            assert_eq!(text(&[("cookie", crafted)]), Ok(None), "{crafted}");
        }
        assert_eq!(text(&[("cookie", "$Version=1"), ("cookie", "session_id=x")]), Ok(None));
        assert!(text(&[("cookie", "a=$Version; session_id=x")]).unwrap().is_some());
        // What is quoted stays quoted, and is then the credential of nobody.
        assert_eq!(text(&[("cookie", "session_id=\"x\"")]), Ok(Some(("\"x\"".to_owned(), Transport::Cookie))));
    }

    #[test]
    fn other_schemes_and_broken_headers_bring_no_credential() {
        for value in ["Basic eDp5", "Bearer", "x", "", "Bearerx y", "Digest x", "Bearer\tx"] {
            assert_eq!(text(&[("authorization", value)]), Ok(None), "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics_and_takes_nothing_from_elsewhere(cookie: String, bearer: String) {
            let Ok(cookie) = http::HeaderValue::from_bytes(cookie.as_bytes()) else { return Ok(()) };
            let Ok(bearer) = http::HeaderValue::from_bytes(bearer.as_bytes()) else { return Ok(()) };
            let mut headers = HeaderMap::new();
            headers.append(COOKIE, cookie);
            headers.append(AUTHORIZATION, bearer);
            headers.append("x-session", http::HeaderValue::from_static("secret"));
            if let Ok(Some(found)) = present(&headers, &names()) {
                proptest::prop_assert!(!found.text.contains("secret"));
            }
        }
    }
}
