//! Where a credential may stand in a request: compared with a second reader that is written for clarity.
#![no_main]

use std::sync::LazyLock;

use counterfoil_core::client::{Clients, builtin_clients};
use counterfoil_core::credential::Transport;
use counterfoil_core::id::ClientId;
use counterfoil_guard::{CookieNames, present};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

static PLAIN: LazyLock<CookieNames> = LazyLock::new(|| CookieNames::new(&clients(), false));
static HTTPS: LazyLock<CookieNames> = LazyLock::new(|| CookieNames::new(&clients(), true));

fn clients() -> Clients {
    Clients::new(builtin_clients().unwrap(), &ClientId::parse("web").unwrap()).unwrap()
}

// Lines of input are headers: a line that begins with `A` is an `Authorization`, any other a `Cookie`.
fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    headers.append("x-session", HeaderValue::from_static("elsewhere"));
    for line in data.split(|byte| *byte == b'\n').take(8) {
        let (name, value) = match line {
            [b'A', value @ ..] => (AUTHORIZATION, value),
            value => (COOKIE, value),
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    for (names, spelt) in [(&*PLAIN, ["session_id", "token"]), (&*HTTPS, ["__Host-session_id", "__Host-token"])] {
        let found = present(&headers, names).map(|found| found.map(|found| (found.text.as_bytes(), found.transport)));
        assert_eq!(found.ok(), expected(&headers, spelt));
    }
});

/// What a request brings; the outer `None` is "more than one".
fn expected<'h>(headers: &'h HeaderMap, names: [&str; 2]) -> Option<Option<(&'h [u8], Transport)>> {
    let mut found = Vec::new();
    let authorization: Vec<_> = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes).collect();
    if authorization.len() > 1 {
        return None;
    }
    for value in authorization {
        // `HeaderValue::to_str` reads visible ASCII and tabs.
        let readable = value.iter().all(|byte| matches!(byte, 0x20..=0x7e | b'\t'));
        if readable && value.len() >= 7 && value[..7].eq_ignore_ascii_case(b"bearer ") {
            let token = &value[7..];
            let spaces = token.iter().take_while(|byte| **byte == b' ').count();
            found.push((&token[spaces..], Transport::Bearer));
        }
    }
    let old = headers.get_all(COOKIE).iter().any(|header| {
        let text = header.as_bytes().iter().skip_while(|byte| matches!(byte, b' ' | b'\t'));
        text.copied().take(8).collect::<Vec<_>>().eq_ignore_ascii_case(b"$version")
    });
    for name in names.into_iter().filter(|_| !old) {
        let mut values = Vec::new();
        for header in headers.get_all(COOKIE) {
            for pair in header.as_bytes().split(|byte| *byte == b';') {
                let start = pair.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(pair.len());
                let end = pair.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(start, |last| last + 1);
                let value = pair[start..end].strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
                values.extend(value.filter(|value| !value.is_empty()));
            }
        }
        if let [only] = values[..]
            && std::str::from_utf8(only).is_ok()
        {
            found.push((only, Transport::Cookie));
        }
    }
    match found[..] {
        [] => Some(None),
        [only] => Some(Some(only)),
        _ => None,
    }
}
