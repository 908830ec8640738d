//! What is weak in a client.

use counterfoil_core::client::{Client, FeedLoss, SameSite};
use counterfoil_core::credential::{Kind, Transport};
use counterfoil_core::jose::Algorithm;

use super::Level;
use super::settings::{DAY, SECOND};

/// A client's setting that can be weak.
pub(super) struct Rule {
    pub(super) key: &'static str,
    pub(super) level: Level,
    pub(super) weak: fn(&Client) -> bool,
    pub(super) why: &'static str,
    /// The line to write.
    pub(super) change: &'static str,
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        key: "lifetime",
        level: Level::Warning,
        weak: |client| client.kind == Kind::Jwt && client.lifetimes.credential > SECOND * 3600,
        why: "a verifier that does not follow the revocation log believes a stolen `jwt` for so long",
        change: "lifetime = \"15m\", and refresh = \"30d\"",
    },
    Rule {
        key: "lifetime",
        level: Level::Warning,
        weak: |client| is_browsers(client) && client.kind != Kind::Jwt && client.lifetimes.credential > DAY,
        why: "a browser's login should be renewed once a day (NIST SP 800-63B-4 §2.2.3)",
        change: "lifetime = \"12h\"",
    },
    Rule {
        key: "lifetime",
        level: Level::Warning,
        weak: |client| client.kind == Kind::Token && !is_browsers(client) && client.lifetimes.credential > DAY * 90,
        why: "a stolen token lets its thief in for so long",
        change: "lifetime = \"30d\"",
    },
    Rule {
        key: "idle",
        level: Level::Warning,
        weak: |client| {
            let idles = client.kind != Kind::Jwt && client.lifetimes.idle.is_none_or(|idle| idle > SECOND * 3600);
            is_browsers(client) && idles
        },
        why: "a browser that was left alone stays logged in (NIST SP 800-63B-4 §2.2.3 wants an hour at most)",
        change: "idle = \"30m\"",
    },
    Rule {
        key: "refresh",
        level: Level::Warning,
        weak: |client| !is_browsers(client) && client.lifetimes.refresh.is_some_and(|refresh| refresh > DAY * 90),
        why: "a login lasts for so long without a password",
        change: "refresh = \"30d\"",
    },
    Rule {
        key: "refresh",
        level: Level::Warning,
        weak: |client| is_browsers(client) && client.lifetimes.refresh.is_some_and(|refresh| refresh > DAY),
        why: "a browser's login should be renewed once a day (NIST SP 800-63B-4 §2.2.3)",
        change: "refresh = \"12h\"",
    },
    Rule {
        key: "algorithm",
        level: Level::Warning,
        weak: |client| is_signed_by(client, &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512]),
        why: "RSASSA-PKCS1-v1_5 is for old verifiers only (OWASP ASVS 5, appendix C)",
        change: "algorithm = \"ES256\"",
    },
    Rule {
        key: "algorithm",
        level: Level::Warning,
        weak: |client| is_signed_by(client, &[Algorithm::HS256, Algorithm::HS384, Algorithm::HS512]),
        why: "whoever can verify its tokens can make them as well: the secret is shared",
        change: "algorithm = \"ES256\"",
    },
    Rule {
        key: "on_feed_loss",
        level: Level::Warning,
        weak: |client| {
            let accepts = client.kind == Kind::Jwt && client.on_feed_loss == FeedLoss::Accept;
            accepts && client.lifetimes.credential > SECOND * 15 * 60
        },
        why: "a node that cannot read what was revoked believes its tokens until they expire, which is long",
        change: "lifetime = \"15m\", or else on_feed_loss = \"refuse\"",
    },
    Rule {
        key: "cookie.domain",
        level: Level::Warning,
        weak: |client| client.transport == Transport::Cookie && client.cookie.domain.is_some(),
        why: "every host below the domain gets the cookie and can set one of its name: it cannot be a `__Host-` cookie",
        change: "without the line of domain",
    },
    Rule {
        key: "cookie.same_site",
        level: Level::Warning,
        weak: |client| client.transport == Transport::Cookie && client.cookie.same_site == SameSite::None,
        why: "other sites' requests bring the cookie along; what still protects are `Sec-Fetch-Site` and `Origin`",
        change: "same_site = \"lax\"",
    },
];

/// Whether its credential is kept by a browser, before which somebody else may sit down.
fn is_browsers(client: &Client) -> bool {
    client.transport == Transport::Cookie
}

fn is_signed_by(client: &Client, algorithms: &[Algorithm]) -> bool {
    client.kind == Kind::Jwt && algorithms.contains(&client.algorithm)
}
