//! Where the server listens, and what it takes.

use std::net::IpAddr;

use super::{Rule, SECOND};
use crate::config::{Settings, Tls};
use crate::doctor::Level;
use crate::http::address::Network;

pub(super) const RULES: &[Rule] = &[
    Rule {
        key: "server.public_url",
        level: Level::Error,
        weak: |settings| !settings.server.public_url.is_https() && !is_this_machine(settings.server.public_url.host()),
        why: "passwords and credentials can be read on the way, and cookies are not `Secure`",
        change: "public_url = \"https://…\"",
    },
    Rule {
        key: "server.public_url",
        level: Level::Warning,
        weak: |settings| listens_beyond(settings) && !settings.has_public_url(),
        why: "the server listens beyond this machine, and any name that a request brings counts as its own",
        change: "public_url = \"https://…\"",
    },
    Rule {
        key: "server.public_url",
        level: Level::Hint,
        weak: |settings| {
            let server = &settings.server;
            server.public_url.is_https() && server.public_url.host() == "localhost" && server.tls != Tls::SelfSigned
        },
        why: "a browser that trusts the certificate comes to every port of localhost over HTTPS alone, for a year (HSTS)",
        change: "public_url = \"https://auth.localhost:8443\"",
    },
    Rule {
        key: "server.tls",
        level: Level::Warning,
        weak: |settings| settings.server.tls == Tls::SelfSigned && listens_beyond(settings),
        why: "people who learn to accept a certificate that nobody vouches for accept any other one as well",
        change: "tls_certificate = \"…\" and tls_key = \"…\", without tls",
    },
    Rule {
        key: "server.trusted_proxies",
        level: Level::Error,
        weak: |settings| settings.server.trusted_proxies.iter().any(is_wide),
        why: "whoever connects from there is believed about whom they speak for, and that is nearly everybody: no limit by address holds",
        change: "trusted_proxies = [\"…\"], the addresses of the proxies alone",
    },
    Rule {
        key: "server.trusted_proxies",
        level: Level::Hint,
        weak: |settings| settings.server.trusted_proxies.iter().any(|network| is_large(network) && !is_wide(network)),
        why: "each of very many machines is believed about whom it speaks for, and has no limit by address",
        change: "trusted_proxies = [\"…\"], the addresses of the proxies alone",
    },
    Rule {
        key: "server.trusted_proxies",
        level: Level::Warning,
        weak: |settings| {
            let server = &settings.server;
            let behind = server.public_url.is_https() && !server.speaks_tls();
            behind && server.trusted_proxies.is_empty()
        },
        why: "all visitors have the proxy's address: whoever guesses passwords uses up what everybody shares",
        change: "trusted_proxies = [\"127.0.0.1\"]",
    },
    Rule {
        key: "server.body_timeout",
        level: Level::Warning,
        weak: |settings| settings.server.body_timeout > SECOND * 300,
        why: "whoever sends a body slowly holds a connection for so long",
        change: "body_timeout = \"30s\"",
    },
    Rule {
        key: "server.idle_timeout",
        level: Level::Hint,
        weak: |settings| settings.server.idle_timeout > SECOND * 600,
        why: "connections that nobody uses are kept for so long",
        change: "idle_timeout = \"60s\"",
    },
    Rule {
        key: "server.header_timeout",
        level: Level::Warning,
        weak: |settings| settings.server.header_timeout > SECOND * 30,
        why: "whoever sends slowly holds a connection for so long",
        change: "header_timeout = \"10s\"",
    },
    Rule {
        key: "server.body_limit",
        level: Level::Hint,
        weak: |settings| settings.server.body_limit > 1024 * 1024,
        why: "no body that the server reads is longer than some kilobytes, and each may take so much memory",
        change: "body_limit = 65536",
    },
];

/// Whether a host in an address is this machine, so that nothing goes over a network.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.ends_with(".localhost") || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn listens_beyond(settings: &Settings) -> bool {
    !settings.server.listen.ip().to_canonical().is_loopback()
}

/// Whether a network is larger than anybody's own: more than 2²⁰ addresses of the public IPv4, or more than a provider's of IPv6.
fn is_wide(network: &Network) -> bool {
    !network.is_private() && network.prefix() < if network.is_ipv4() { 12 } else { 32 }
}

/// Whether it is larger than a site.
fn is_large(network: &Network) -> bool {
    network.prefix() < if network.is_ipv4() { 16 } else { 48 }
}
