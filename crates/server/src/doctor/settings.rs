//! What is weak in settings that are one for the whole server.

use std::net::IpAddr;
use std::time::Duration;

use counterfoil_core::revocation::Wait;
use counterfoil_stores::{ServerUrl, StoreUrl};

use super::Level;
use crate::config::{Level as LogLevel, Settings, Tls};
use crate::http::address::Network;

/// A setting that can be weak.
pub(super) struct Rule {
    pub(super) key: &'static str,
    pub(super) level: Level,
    pub(super) weak: fn(&Settings) -> bool,
    pub(super) why: &'static str,
    /// The line to write.
    pub(super) change: &'static str,
}

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
    Rule {
        key: "store.url",
        level: Level::Error,
        weak: |settings| server(settings).is_some_and(ServerUrl::is_readable_on_the_way),
        why: "what is stored can be read and changed on the way, the password with it: the server is not this machine",
        change: "url = \"…?sslmode=verify-full\"",
    },
    Rule {
        key: "store.sessions",
        level: Level::Error,
        weak: |settings| settings.store.sessions.is_some() && sessions_are_readable(settings),
        why: "sessions can be read and changed on the way: the server is not this machine",
        change: "sessions = \"rediss://…\"",
    },
    Rule {
        key: "store.url",
        level: Level::Warning,
        weak: |settings| server(settings).is_some_and(|url| url.password.is_none() && !url.host().is_this_machine()),
        why: "no password protects the store from whoever reaches its server",
        change: "url = \"…://user:password@…\"",
    },
    Rule {
        key: "store.url",
        level: Level::Warning,
        weak: |settings| in_a_flag(settings, "store.url") && server(settings).is_some_and(|url| url.password.is_some()),
        why: "everybody on this machine can read the password in the list of processes",
        change: "url = …, or the variable COUNTERFOIL_STORE",
    },
    Rule {
        key: "store.sessions",
        level: Level::Warning,
        weak: |settings| in_a_flag(settings, "store.sessions") && sessions_have_a_password(settings),
        why: "everybody on this machine can read the password in the list of processes",
        change: "sessions = …, or the variable COUNTERFOIL_SESSIONS",
    },
    Rule {
        key: "store.url",
        level: Level::Warning,
        weak: |settings| settings.store.url == StoreUrl::Memory,
        why: "accounts, logins and what was revoked are forgotten at every restart",
        change: "url = \"sqlite:counterfoil.db\"",
    },
    Rule {
        key: "passwords.min_length",
        level: Level::Warning,
        weak: |settings| settings.passwords.min_length < 15,
        why: "a password that is the only factor needs 15 characters (NIST SP 800-63B-4 §3.1.1.2)",
        change: "min_length = 15",
    },
    Rule {
        key: "passwords.queue",
        level: Level::Hint,
        weak: |settings| settings.passwords.queue > 1024,
        why: "logins wait that long for their turn when there are too many, instead of being told to come again",
        change: "queue = 64",
    },
    Rule {
        key: "throttle.address_failures",
        level: Level::Warning,
        weak: |settings| settings.throttle.address_failures == 0,
        why: "one address may try one password on any number of accounts",
        change: "address_failures = 300",
    },
    Rule {
        key: "throttle.address_registrations",
        level: Level::Warning,
        weak: |settings| settings.registration.open && settings.throttle.address_registrations == 0,
        why: "anybody may register, and one address any number of accounts",
        change: "address_registrations = 300",
    },
    Rule {
        key: "throttle.free_failures",
        level: Level::Warning,
        weak: |settings| settings.throttle.free_failures > 20,
        why: "so many passwords of an account can be tried without any delay",
        change: "free_failures = 10",
    },
    Rule {
        key: "throttle.longest_delay",
        level: Level::Warning,
        weak: |settings| settings.throttle.longest_delay < SECOND * 60,
        why: "guessing goes on at that pace until the account is locked, and then its owner is out too",
        change: "longest_delay = \"1h\"",
    },
    Rule {
        key: "audit.keep",
        level: Level::Warning,
        weak: |settings| settings.audit.keep.is_some_and(|keep| keep < DAY * 30),
        why: "most break-ins are noticed later than that, when nobody knows any more who did what",
        change: "keep = \"180d\"",
    },
    Rule {
        key: "tokens.issuer",
        level: Level::Warning,
        weak: |settings| settings.server.public_url.is_https() && !settings.tokens.issuer.starts_with("https://"),
        why: "an issuer is an https address under which its keys are found (RFC 8414 §2); another one can be taken for it",
        change: "issuer = \"https://…\"",
    },
    Rule {
        key: "tokens.leeway",
        level: Level::Hint,
        weak: |settings| settings.tokens.leeway > SECOND * 30,
        why: "every token counts for so much longer than it says",
        change: "leeway = \"0s\"",
    },
    Rule {
        key: "tokens.refresh_reuse_window",
        level: Level::Warning,
        weak: |settings| settings.tokens.refresh_reuse_window > SECOND * 60,
        why: "a stolen refresh token can be used for so long after its owner has used it, without anybody noticing",
        change: "refresh_reuse_window = \"30s\"",
    },
    Rule {
        key: "keys.rotate_after",
        level: Level::Warning,
        weak: |settings| settings.keys.rotate_after.is_none(),
        why: "a key signs until somebody thinks of `counterfoil key rotate`",
        change: "rotate_after = \"90d\"",
    },
    Rule {
        key: "keys.rotate_after",
        level: Level::Warning,
        weak: |settings| settings.keys.rotate_after.is_some_and(|age| age > DAY * 365),
        why: "a key that leaks unseen is good for more than a year",
        change: "rotate_after = \"90d\"",
    },
    Rule {
        key: "revocation.wait",
        level: Level::Warning,
        weak: |settings| settings.revocation.wait == Wait::Local,
        why: "after a logout is answered, other nodes may accept the credential for as long as a lease lasts",
        change: "wait = \"all\"",
    },
    Rule {
        key: "revocation.lease",
        level: Level::Warning,
        weak: |settings| settings.revocation.lease > SECOND * 10,
        why: "a node that is cut off goes on answering from memory for so long, and every logout waits for it",
        change: "lease = \"2s\"",
    },
    Rule {
        key: "log.level",
        level: Level::Hint,
        weak: |settings| matches!(settings.log.level, LogLevel::Debug | LogLevel::Trace),
        why: "the log tells more about people than is needed; it holds no secrets at any level",
        change: "level = \"info\"",
    },
];

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// Whether a host in an address is this machine, so that nothing goes over a network.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.ends_with(".localhost") || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn listens_beyond(settings: &Settings) -> bool {
    !settings.server.listen.ip().to_canonical().is_loopback()
}

/// Whether a network is larger than anybody's own: more than 2²⁴ addresses of IPv4, or more than a provider's of IPv6.
fn is_wide(network: &Network) -> bool {
    let text = network.to_string();
    let Some((address, prefix)) = text.split_once('/') else { return false };
    let narrowest = if address.contains(':') { 32 } else { 8 };
    prefix.parse::<u8>().is_ok_and(|prefix| prefix < narrowest)
}

fn server(settings: &Settings) -> Option<&ServerUrl> {
    match &settings.store.url {
        StoreUrl::Postgres(url) | StoreUrl::MySql(url) => Some(url),
        StoreUrl::Memory | StoreUrl::Sqlite(_) => None,
    }
}

fn sessions(settings: &Settings) -> Option<&ServerUrl> {
    use counterfoil_stores::SessionsUrl::{Redis, RedisCluster};
    settings.store.sessions.as_ref().map(|(Redis(url) | RedisCluster(url))| url)
}

fn sessions_are_readable(settings: &Settings) -> bool {
    sessions(settings).is_some_and(ServerUrl::is_readable_on_the_way)
}

fn sessions_have_a_password(settings: &Settings) -> bool {
    sessions(settings).is_some_and(|url| url.password.is_some())
}

fn in_a_flag(settings: &Settings, key: &str) -> bool {
    settings.shown().iter().any(|shown| shown.key == key && shown.origin.starts_with("--"))
}
