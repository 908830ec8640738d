//! What every answer carries, whatever it is an answer to.

use super::journey::{Seen, journey};
use crate::support::cookie::SetCookie;
use crate::support::{MODES, Setup};

/// What may be kept by caches: the same for everybody, and nothing of anybody.
const FOR_EVERYBODY: [&str; 2] = ["/assets/", "/.well-known/jwks.json"];

#[test]
fn lg_09_ss_04_ss_05_ss_16_tk_15_wb_01_wb_07_wb_08_every_answer_of_every_route() {
    for https in [false, true] {
        let setup = if https {
            Setup::default().argument("--public-url").argument("https://auth.example.com")
        } else {
            Setup::default()
        };
        let modes = if https { &MODES[..3] } else { &MODES[..1] };
        let seen = journey(&setup.start(), https, modes);
        for seen in &seen {
            is_strict(seen);
            says_what_it_is(seen);
            is_kept_by_no_cache(seen);
            sends_no_password_on(seen);
            let mut names: Vec<_> =
                seen.answer.set_cookies().into_iter().map(|cookie| keeps_to_its_host(&cookie, https)).collect();
            let count = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), count, "{}", shown(seen));
        }
        for status in [200, 201, 204, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422] {
            assert!(seen.iter().any(|seen| seen.answer.status == status), "{status} was not among them");
        }
    }
}

fn shown(Seen { request, answer }: &Seen) -> String {
    format!("{} {}: {answer}", request.method, request.target)
}

fn is_strict(seen: &Seen) {
    let header = |name: &str| {
        let values = seen.answer.headers(name);
        assert_eq!(values.len(), 1, "{name}: {}", shown(seen));
        values[0].to_owned()
    };
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|found| found == part), "{part}: {}", shown(seen));
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(header(name), value, "{}", shown(seen));
    }
    let permissions = header("permissions-policy");
    assert!(permissions.split(", ").all(|feature| feature.ends_with("=()")), "{permissions}");
    for name in ["server", "x-powered-by", "via", "access-control-allow-origin", "access-control-allow-credentials"] {
        assert_eq!(seen.answer.header(name), None, "{}", shown(seen));
    }
    if seen.request.target != "/openapi.json" {
        assert!(!seen.answer.text().contains(env!("CARGO_PKG_VERSION")), "a version: {}", shown(seen));
    }
    if seen.request.method == "TRACE" {
        assert!(matches!(seen.answer.status, 404 | 405), "{}", shown(seen));
        assert!(!seen.answer.text().contains("Host:"), "{}", shown(seen));
    }
}

/// JSON has no parameter for its characters, which are UTF-8 (RFC 8259 §8.1, §11).
fn says_what_it_is(seen: &Seen) {
    let kind = seen.answer.header("content-type");
    if seen.answer.body.is_empty() {
        return;
    }
    let known = [
        "text/html; charset=utf-8",
        "text/css; charset=utf-8",
        "image/svg+xml; charset=utf-8",
        "application/json",
        "application/problem+json",
    ];
    assert!(kind.is_some_and(|kind| known.contains(&kind)), "{}", shown(seen));
    assert!(std::str::from_utf8(&seen.answer.body).is_ok(), "{}", shown(seen));
}

fn is_kept_by_no_cache(seen: &Seen) {
    let kept = FOR_EVERYBODY.iter().any(|path| seen.request.target.starts_with(path)) && seen.answer.status == 200;
    let rule = seen.answer.header("cache-control").unwrap_or_default();
    assert_eq!(rule == "no-store", !kept, "{}", shown(seen));
    if kept {
        assert!(seen.answer.set_cookies().is_empty() && rule.contains("public"), "{}", shown(seen));
    }
}

/// A 307 or 308 has the browser send the body again; one goes to where a log-out ends by a refresh token, and has nothing in it.
fn sends_no_password_on(seen: &Seen) {
    let Seen { request, answer } = seen;
    if (300..400).contains(&answer.status) {
        let within = request.target == "/logout" && answer.location() == "/refresh/logout";
        assert!(answer.status == 303 || within, "{}", shown(seen));
    }
}

/// Its name, if it is as a cookie of ours must be.
#[track_caller]
fn keeps_to_its_host(cookie: &SetCookie, https: bool) -> String {
    let SetCookie { name, value, .. } = cookie;
    let (bare, path) = if name.ends_with("refresh_token") {
        ("refresh_token", "Path=/refresh")
    } else {
        (name.trim_start_matches("__Host-"), "Path=/")
    };
    let prefix = match (https, bare) {
        (false, _) => "",
        (true, "refresh_token") => "__Secure-",
        (true, _) => "__Host-",
    };
    assert_eq!(*name, format!("{prefix}{bare}"), "{cookie:?}");
    let mut reach = vec!["HttpOnly", path, "SameSite=Lax"];
    reach.extend(https.then_some("Secure"));
    assert_eq!(cookie.reach(), reach, "{cookie:?}");
    assert!(cookie.max_age().is_some_and(|age| age >= 0), "{cookie:?}");
    assert!(name.len() + value.len() <= 4096, "{cookie:?}");
    // RFC 6265 §4.1.1: cookie-octet.
    let octet = |byte: u8| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e);
    assert!(value.bytes().all(octet), "{cookie:?}");
    name.clone()
}
