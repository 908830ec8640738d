//! What a client's settings may not be together.

use std::collections::BTreeMap;
use std::net::IpAddr;

use counterfoil_core::client::{Client, SameSite};
use counterfoil_core::credential::{Kind, Transport};

use super::super::reader::Section;
use super::super::value::Setting;
use super::Surroundings;

/// The cookie of refresh tokens. No other cookie may have its name.
const REFRESH_COOKIE: &str = "refresh_token";

/// Notes everything that does not go together, and warns of what has no effect.
pub(super) fn check(at: &mut Section<'_, '_>, client: &Client, surroundings: &Surroundings<'_>) {
    if client.kind == Kind::Session && client.transport != Transport::Cookie {
        at.refuse(
            "transport",
            "a `session` is always in a cookie; for a bearer token choose kind \"token\" or \"jwt\"",
        );
    }
    check_lifetimes(at, client);
    if client.kind == Kind::Jwt {
        warn_of_old_signatures(at, client);
    } else {
        check_reference(at);
    }
    at.review("cookie", |at| check_cookie(at, client, surroundings));
    forget_what_does_not_apply(at, client);
}

/// Notes cookies of one name that go to different domains: a browser would keep both and send both, and then none counts.
pub(super) fn check_together<'c>(
    at: &mut Section<'_, '_>,
    clients: impl Iterator<Item = &'c Client>,
    surroundings: &Surroundings<'_>,
) {
    let https = surroundings.public_url.is_https();
    let mut seen = BTreeMap::<String, &Client>::new();
    for client in clients.filter(|client| client.transport == Transport::Cookie) {
        let name = client.cookie_name_with_prefix(https);
        let Some(other) = seen.get(&name) else {
            seen.insert(name, client);
            continue;
        };
        if other.cookie.domain != client.cookie.domain {
            // At the one that has a domain: without one they are alike.
            let (at_fault, other) = if client.cookie.domain.is_some() { (client, *other) } else { (*other, client) };
            let rule = format!(
                "the cookie `{name}` of the client `{}` has another `domain`, and browsers would send both: give one of them another `name`",
                other.id
            );
            at.review(at_fault.id.as_str(), |at| at.review("cookie", |at| at.refuse("domain", rule)));
        }
    }
}

/// What is not shown unless someone says it.
fn forget_what_does_not_apply(at: &mut Section<'_, '_>, client: &Client) {
    if client.kind == Kind::Jwt {
        at.forget(&["idle"]);
    } else {
        at.forget(&["refresh", "algorithm", "audience", "roles", "metadata", "on_feed_loss"]);
    }
    if client.transport != Transport::Cookie {
        at.review("cookie", |at| at.forget(&["name", "domain", "same_site"]));
    }
}

fn check_lifetimes(at: &mut Section<'_, '_>, client: &Client) {
    let lifetimes = &client.lifetimes;
    if let Some(idle) = lifetimes.idle {
        if client.kind == Kind::Jwt {
            at.refuse(
                "idle",
                "a `jwt` cannot be idle: nothing is stored that knows when it was last used; use `lifetime`",
            );
        } else if idle.as_secs() == 0 {
            at.refuse("idle", "must be at least \"1s\", or \"none\"");
        } else if idle > lifetimes.credential {
            let key = if at.is_said("idle") { "idle" } else { "lifetime" };
            at.refuse(key, "`idle` must not be longer than `lifetime`; \"none\" means no such limit");
        }
    }
    if let Some(refresh) = lifetimes.refresh {
        if client.kind != Kind::Jwt {
            at.refuse("refresh", "only a `jwt` is refreshed; the others count for their whole `lifetime`");
        } else if refresh <= lifetimes.credential {
            let key = if at.is_said("refresh") { "refresh" } else { "lifetime" };
            at.refuse(key, "`refresh` must be longer than `lifetime`; \"none\" means no refresh tokens");
        }
    }
}

fn check_reference(at: &mut Section<'_, '_>) {
    if at.is_said("on_feed_loss") {
        at.refuse("on_feed_loss", "is for a `jwt` alone; the others are read from the store while the feed is lost");
    }
    for key in ["algorithm", "audience", "roles", "metadata"] {
        if at.is_said(key) {
            at.warn(key, "has no effect: only a `jwt` says anything itself");
        }
    }
}

fn warn_of_old_signatures(at: &mut Section<'_, '_>, client: &Client) {
    let name = client.algorithm.to_toml();
    if name.as_ref().and_then(toml::Value::as_str).is_some_and(|name| name.starts_with("RS")) {
        // OWASP ASVS 5 appendix C disallows RSASSA-PKCS1-v1_5 for new signatures; RFC 9068 §2.1 wants it for interoperability.
        at.warn("algorithm", "RSASSA-PKCS1-v1_5 is for old verifiers only; prefer ES256, EdDSA or PS256");
    }
}

fn check_cookie(at: &mut Section<'_, '_>, client: &Client, surroundings: &Surroundings<'_>) {
    if client.transport != Transport::Cookie {
        for key in ["name", "domain", "same_site"] {
            if at.is_said(key) {
                at.refuse(key, "is for transport \"cookie\" alone");
            }
        }
        return;
    }
    if let Some(name) = &client.cookie.name {
        check_cookie_name(at, name);
    }
    if let Some(domain) = &client.cookie.domain {
        check_cookie_domain(at, domain, surroundings);
    }
    if client.cookie.same_site == SameSite::None && !surroundings.public_url.is_https() {
        at.refuse(
            "same_site",
            "\"none\" needs a server.public_url that begins with https: browsers drop the cookie otherwise",
        );
    }
}

fn check_cookie_name(at: &mut Section<'_, '_>, name: &str) {
    let lower = name.to_ascii_lowercase();
    if name.len() > 64 || !name.bytes().all(is_token) {
        at.refuse("name", "must be 1 to 64 characters of a-z, A-Z, 0-9 and ! # $ % & ' * + - . ^ _ ` | ~");
    } else if lower.starts_with("__") {
        // RFC 6265bis §4.1.3: prefixes mean something to browsers, in any case.
        at.refuse("name", "must not begin with `__`: the server adds the prefix that fits");
    } else if lower == REFRESH_COOKIE {
        at.refuse("name", "is the name of the cookie of refresh tokens; choose another one");
    }
}

/// RFC 6265 §4.1.1: a cookie's name is a token of RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn check_cookie_domain(at: &mut Section<'_, '_>, domain: &str, surroundings: &Surroundings<'_>) {
    let host = surroundings.public_url.host();
    if !is_domain(domain) {
        at.refuse("domain", "must be a domain such as \"example.com\", without scheme, port or leading dot");
    } else if surroundings.public_url_is_said && !is_within(host, domain) {
        at.refuse("domain", format!("must be `{host}`, where server.public_url is, or a domain above it"));
    }
}

/// At least two labels (RFC 1123 §2.1), and no address.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label) && text.parse::<IpAddr>().is_err()
}

/// RFC 6265 §5.1.3.
fn is_within(host: &str, domain: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'))
}
