//! Where records are kept.

use counterfoil_stores::{ServerUrl, StoreUrl};

use super::{Rule, SECOND};
use crate::config::Settings;
use crate::doctor::Level;

pub(super) const RULES: &[Rule] = &[
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
        key: "store.sessions",
        level: Level::Warning,
        weak: |settings| settings.store.sessions.is_some() && !sessions_have_a_password(settings),
        why: "no password protects the sessions: whoever reaches the server can make logins of their own",
        change: "sessions = \"redis://:password@…\", and requirepass at that server",
    },
    Rule {
        key: "store.url",
        level: Level::Hint,
        weak: |settings| server(settings).is_some_and(|url| url.user.as_deref().is_some_and(is_masters)),
        why: "this user may do anything on the server, whatever else is kept there",
        change: "url = \"…://counterfoil:password@…\", a user that owns this database alone",
    },
    Rule {
        key: "store.timeout",
        level: Level::Hint,
        weak: |settings| settings.store.timeout > SECOND * 10,
        why: "while a store hangs, each request that needs it is held for so long before it is told to come again",
        change: "timeout = \"3s\"",
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
];

/// Those who own a whole server of PostgreSQL or MySQL as it comes.
fn is_masters(user: &str) -> bool {
    ["postgres", "root", "mysql", "rdsadmin"].contains(&user)
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
