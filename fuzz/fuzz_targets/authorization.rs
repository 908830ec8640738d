//! From an `Authorization` header to what stands in it, alone and beside a cookie.
#![no_main]

use std::sync::LazyLock;

use counterfoil_core::client::{Clients, builtin_clients};
use counterfoil_core::credential::{Presented, Transport};
use counterfoil_core::id::ClientId;
use counterfoil_guard::{CookieNames, present};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

static NAMES: LazyLock<CookieNames> = LazyLock::new(|| {
    let clients = Clients::new(builtin_clients().unwrap(), &ClientId::parse("web").unwrap()).unwrap();
    CookieNames::new(&clients, true)
});

fuzz_target!(|data: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::new();
    headers.append(AUTHORIZATION, value.clone());
    let alone = present(&headers, &NAMES).unwrap();
    assert_eq!(alone.map(|found| found.text.as_bytes()), token68(value.as_bytes()));
    if let Some(found) = alone {
        assert_eq!(found.transport, Transport::Bearer);
        assert_eq!(format!("{found:?}"), "Found { transport: Bearer, .. }");
        judge(found.text);
    }

    // Beside a cookie it is one too many, if it is one at all.
    let mut beside = headers.clone();
    beside.append(COOKIE, HeaderValue::from_static("__Host-session_id=x"));
    match (alone, present(&beside, &NAMES)) {
        (Some(_), found) => assert!(found.is_err()),
        (None, found) => assert_eq!(found.unwrap().map(|found| found.transport), Some(Transport::Cookie)),
    }
    // Two headers are never one.
    headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer x"));
    assert!(present(&headers, &NAMES).is_err());
});

/// What follows `Bearer` and a space, however many there are: read anew, from the grammar of RFC 9110 §11.4.
fn token68(value: &[u8]) -> Option<&[u8]> {
    let readable = value.iter().all(|byte| matches!(byte, 0x20..=0x7e | b'\t'));
    let scheme = value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"));
    let rest = value.get(6..).filter(|_| readable && scheme)?;
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    (spaces > 0).then(|| &rest[spaces..])
}

/// Whatever it is, it is told apart without a panic, and nothing that is shown of it shows it.
fn judge(text: &str) {
    let told = format!("{:?}", Presented::parse(text));
    if text.len() > 20 {
        assert!(!told.contains(text));
    }
    if Presented::parse(text).is_ok() {
        assert!(!text.is_empty() && !text.starts_with("cf_r_"));
    }
}
