//! Every mistake: its place, its key, what was expected, and the nearest key.

use super::{file, mistakes, variables};

/// What is wrong with a file of this text, without the file's name.
pub(super) fn wrong(text: &str) -> String {
    let said = mistakes(&file(text));
    said.lines().map(|line| line.trim_start_matches("counterfoil.toml:")).collect::<Vec<_>>().join("\n")
}

pub(super) fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(wrong(text), *expected, "\n--- {text}");
    }
}

#[test]
fn unknown_keys() {
    check(&[
        (
            "defualt_client = 'web'",
            "1:1: defualt_client: unknown key; did you mean `default_client`? expected one of: \
            default_client, server, store, secrets, registration, passwords, throttle, tokens, keys, revocation, audit, log, clients",
        ),
        (
            "[servr]\nlisten = 'x'",
            "1:2: servr: unknown key; did you mean `server`? expected one of: \
            default_client, server, store, secrets, registration, passwords, throttle, tokens, keys, revocation, audit, log, clients",
        ),
        (
            "[server]\n  lisen = 1",
            "2:3: server.lisen: unknown key; did you mean `listen`? expected one of: \
            listen, tls_certificate, tls_key, tls, public_url, trusted_proxies, max_connections, \
            max_connections_per_address, body_limit, header_timeout, body_timeout, idle_timeout, shutdown_grace",
        ),
        (
            "[store]\nfrobnicate = 1",
            "2:1: store.frobnicate: unknown key; expected one of: url, sessions, connections, timeout, purge_every",
        ),
        (
            "registration.opne = true",
            "1:14: registration.opne: unknown key; did you mean `open`? expected one of: open",
        ),
        ("keys = { rotate = '1d' }", "1:10: keys.rotate: unknown key; expected one of: rotate_after"),
        ("[log]\nLEVEL = 'info'", "2:1: log.LEVEL: unknown key; did you mean `level`? expected one of: level, format"),
        (
            "[clients.web]\nidel = '5m'",
            "2:1: clients.web.idel: unknown key; did you mean `idle`? expected one of: kind, \
            transport, lifetime, idle, refresh, algorithm, audience, scopes, roles, metadata, exchange, on_feed_loss, \
            cookie, claims",
        ),
        (
            "[clients.web.cookie]\nsamesite = 'lax'",
            "2:1: clients.web.cookie.samesite: unknown key; did you mean \
            `same_site`? expected one of: name, domain, same_site",
        ),
        ("[log]\n\"a b\" = 1", "2:1: log.\"a b\": unknown key; expected one of: level, format"),
    ]);
}

#[test]
fn wrong_types_and_values() {
    check(&[
        ("server = 5", "1:1: server: expected a table `[server]`, found `5`"),
        ("[[server]]", "1:3: server: expected a table `[server]`, found a list"),
        ("clients = []", "1:1: clients: expected a table `[clients]`, found a list"),
        ("clients.web = 'jwt'", "1:9: clients.web: expected a table `[clients.web]`, found \"jwt\""),
        ("default_client = 1", "1:18: default_client: expected a text that is not empty, found `1`"),
        (
            "server.listen = 8080",
            "1:17: server.listen: expected an address and port such as \"127.0.0.1:8080\" or \
            \"[::1]:8080\", found `8080`",
        ),
        (
            "server.listen = 'localhost'",
            "1:17: server.listen: expected an address and port such as \"127.0.0.1:8080\" or \
            \"[::1]:8080\", found \"localhost\"",
        ),
        (
            "server.public_url = 'https://x/login'",
            "1:21: server.public_url: expected an origin such as \
            \"https://auth.example.com\", without a path, found \"https://x/login\"",
        ),
        ("server.body_limit = '64k'", "1:21: server.body_limit: expected a whole number, found \"64k\""),
        ("server.body_limit = 1.5", "1:21: server.body_limit: expected a whole number, found `1.5`"),
        ("server.body_limit = -1", "1:21: server.body_limit: expected a whole number, found `-1`"),
        ("server.body_limit = 12", "1:21: server.body_limit: expected a value from 1024 to 16777216, found `12`"),
        (
            "server.body_limit = 99999999999999999999",
            "1:21: server.body_limit: expected a whole number, found \
            \"99999999999999999999\"",
        ),
        (
            "server.header_timeout = 10",
            "1:25: server.header_timeout: expected a duration such as \"500ms\", \"30s\", \
            \"15m\", \"1h30m\" or \"30d\", found `10`",
        ),
        (
            "server.header_timeout = '1y'",
            "1:25: server.header_timeout: expected a duration such as \"500ms\", \"30s\", \
            \"15m\", \"1h30m\" or \"30d\", found \"1y\"",
        ),
        (
            "server.header_timeout = '0s'",
            "1:25: server.header_timeout: expected a value from \"1s\" to \"5m\", found \"0s\"",
        ),
        ("store.timeout = '50ms'", "1:17: store.timeout: expected a value from \"100ms\" to \"1m\", found \"50ms\""),
        ("store.connections = 1001", "1:21: store.connections: expected a value from 0 to 1000, found `1001`"),
        ("registration.open = 'yes'", "1:21: registration.open: expected true or false, found \"yes\""),
        ("passwords.min_length = 7", "1:24: passwords.min_length: expected a value from 8 to 64, found `7`"),
        ("tokens.leeway = '2m'", "1:17: tokens.leeway: expected a value from \"0s\" to \"1m\", found \"2m\""),
        ("tokens.issuer = ''", "1:17: tokens.issuer: expected a text that is not empty, found \"\""),
        (
            "keys.rotate_after = 'never'",
            "1:21: keys.rotate_after: expected a duration such as \"500ms\", \"30s\", \"15m\", \
            \"1h30m\" or \"30d\", or \"none\", found \"never\"",
        ),
        (
            "log.level = 'wran'",
            "1:13: log.level: expected \"error\", \"warn\", \"info\", \"debug\" or \"trace\", found \
            \"wran\"; did you mean `warn`?",
        ),
        ("log.format = 1979-05-27", "1:14: log.format: expected \"text\" or \"json\", found `1979-05-27`"),
        (
            "clients.web.kind = 'sesion'",
            "1:20: clients.web.kind: expected \"session\", \"token\" or \"jwt\", found \
            \"sesion\"; did you mean `session`?",
        ),
        ("clients.web.kind = {}", "1:20: clients.web.kind: expected \"session\", \"token\" or \"jwt\", found a table"),
        (
            "clients.spa.scopes = 'read'",
            "1:22: clients.spa.scopes: expected a list, each item a scope of 1 to 64 \
            characters of a-z, A-Z, 0-9 and . _ : / -, found \"read\"",
        ),
        (
            "clients.spa.scopes = ['a b']",
            "1:22: clients.spa.scopes: expected a list, each item a scope of 1 to 64 \
            characters of a-z, A-Z, 0-9 and . _ : / -, found a list",
        ),
        ("clients.spa.claims.x = nan", "1:24: clients.spa.claims.x: expected a value that JSON can hold, found `nan`"),
    ]);
}

#[test]
fn addresses_of_stores() {
    check(&[
        (
            "store.url = 'oracle:x'",
            "1:13: store.url: expected \"sqlite:PATH\", \"postgres://user:password@host/database\", \
            \"mysql://user:password@host/database\" or \"memory:\"",
        ),
        (
            "store.url = true",
            "1:13: store.url: expected \"sqlite:PATH\", \"postgres://user:password@host/database\", \
            \"mysql://user:password@host/database\" or \"memory:\", found `true`",
        ),
        (
            "store.url = 'postgres://user:secret@host'",
            "1:13: store.url: postgres: the database is missing; write it like \
            postgres://user:password@host:5432/database",
        ),
        (
            "store.sessions = 'postgres://u@host/d'",
            "1:18: store.sessions: expected \"redis://:password@host\", \"rediss://…\" with TLS, or \
            \"redis+cluster://:password@host,host\"",
        ),
        (
            "store.sessions = 'redis://:secret@host/one'",
            "1:18: store.sessions: redis: a database is a number; write it like redis://:password@host:6379",
        ),
        (
            "store.url = 'memory:'\nstore.sessions = 'redis://host'",
            "2:18: store.sessions: sessions cannot outlive the log of what was revoked, which `memory:` forgets: choose \
            another `url`, or leave this one out",
        ),
    ]);
}

#[test]
fn clients_that_cannot_be() {
    check(&[
        ("default_client = 'wbe'", "1:18: default_client: there is no client `wbe`; did you mean `web`?"),
        (
            "[clients.wbe]\nlifetime = '1h'",
            "1:10: clients.wbe.kind: a new client must say its kind: \"session\", \"token\" \
            or \"jwt\"; or did you mean the built-in `web`?",
        ),
        (
            "[clients.\"a b\"]\nkind = 'jwt'",
            "1:10: clients.\"a b\": a client name is 1 to 64 characters of a-z, A-Z, 0-9 and \
            . _ : / -",
        ),
        (
            "clients.web.transport = 'bearer'",
            "1:25: clients.web.transport: a `session` is always in a cookie; for a bearer \
            token choose kind \"token\" or \"jwt\"",
        ),
        (
            "clients.api.idle = '5m'",
            "1:20: clients.api.idle: a `jwt` cannot be idle: nothing is stored that knows when it \
            was last used; use `lifetime`",
        ),
        ("clients.web.idle = '0s'", "1:20: clients.web.idle: must be at least \"1s\", or \"none\""),
        (
            "clients.web.lifetime = '10m'",
            "1:24: clients.web.lifetime: `idle` must not be longer than `lifetime`; \"none\" \
            means no such limit",
        ),
        (
            "clients.web.lifetime = '0s'",
            "1:24: clients.web.lifetime: expected a value from \"1s\" to \"3650d\", found \"0s\"",
        ),
        (
            "clients.web.refresh = '1d'",
            "1:23: clients.web.refresh: only a `jwt` is refreshed; the others count for their \
            whole `lifetime`",
        ),
        (
            "clients.api.refresh = '15m'",
            "1:23: clients.api.refresh: `refresh` must be longer than `lifetime`; \"none\" means \
            no refresh tokens",
        ),
        (
            "clients.api.lifetime = '60d'",
            "1:24: clients.api.lifetime: `refresh` must be longer than `lifetime`; \"none\" \
            means no refresh tokens",
        ),
        (
            "clients.web.on_feed_loss = 'accept'",
            "1:28: clients.web.on_feed_loss: is for a `jwt` alone; the others are read \
            from the store while the feed is lost",
        ),
        ("clients.api.cookie.name = 'x'", "1:27: clients.api.cookie.name: is for transport \"cookie\" alone"),
        (
            "clients.web.cookie.name = 'a b'",
            "1:27: clients.web.cookie.name: must be 1 to 64 characters of a-z, A-Z, 0-9 and \
            ! # $ % & ' * + - . ^ _ ` | ~",
        ),
        (
            "clients.web.cookie.name = '__host-x'",
            "1:27: clients.web.cookie.name: must not begin with `__`: the server adds \
            the prefix that fits",
        ),
        (
            "clients.web.cookie.name = 'refresh_token'",
            "1:27: clients.web.cookie.name: is the name of the cookie of refresh \
            tokens; choose another one",
        ),
        (
            "clients.web.cookie.same_site = 'none'",
            "1:32: clients.web.cookie.same_site: \"none\" needs a server.public_url \
            that begins with https: browsers drop the cookie otherwise",
        ),
        (
            "clients.web.cookie.domain = '.example.com'",
            "1:29: clients.web.cookie.domain: must be a domain such as \
            \"example.com\", without scheme, port or leading dot",
        ),
        (
            "server.public_url = 'https://a.test.com'\nclients.web.cookie.domain = 'st.com'",
            "2:29: \
            clients.web.cookie.domain: must be `a.test.com`, where server.public_url is, or a domain above it",
        ),
        (
            "clients.web.cookie.domain = 'example.com'\nclients.shop = { kind = 'session' }",
            "1:29: clients.web.cookie.domain: the cookie `session_id` of the client `shop` has another `domain`, and browsers \
            would send both: give one of them another `name`",
        ),
        ("clients.api.claims.sub = 'x'", "1:26: clients.api.claims.sub: the server itself says this claim"),
        (
            "clients.api.metadata = ['roles']",
            "1:24: clients.api.metadata: `roles` is a claim that the server itself says",
        ),
        ("clients.api = { metadata = ['a'], claims.a = 1 }", "1:28: clients.api.metadata: `a` is in `claims` already"),
    ]);
}

#[test]
fn settings_that_do_not_go_together() {
    check(&[
        (
            "passwords.iterations = 1",
            "1:24: passwords.iterations: 19456 KiB with iterations = 1 is too weak; use at least \
            19456 KiB with 2, 47104 with 1, or 12288 with 3",
        ),
        (
            "revocation.interval = '2s'",
            "1:23: revocation.interval: `interval` must be shorter than `lease`, or the lease \
            runs out between two questions",
        ),
        (
            "revocation.lease = '100ms'",
            "1:20: revocation.lease: `interval` must be shorter than `lease`, or the lease runs \
            out between two questions",
        ),
        ("audit.keep = '23h'", "1:14: audit.keep: must be at least \"1d\", or \"none\""),
        ("keys.rotate_after = '5m'", "1:21: keys.rotate_after: must be at least \"1h\", or \"none\""),
    ]);
}

#[test]
fn text_that_is_no_toml() {
    check(&[
        ("a = 1\na = 2", "2:1: duplicate key"),
        ("[server]\n[server]", "2:2: duplicate key"),
        (
            "é = ",
            "1:1: invalid unquoted key, expected letters, numbers, `-`, `_`\n1:5: string values must be quoted, expected \
            literal string",
        ),
        ("[server", "1:8: unclosed table, expected `]`"),
    ]);
}

#[test]
fn no_secret_is_repeated() {
    let canary = "canary-canary-canary-canary";
    for text in [
        format!("[secrets]\nsecret = '{canary}'"),
        format!("secret = '{canary}'"),
        format!("[secrets]\nsecret = {canary}"),
        format!("store.url = 'postgres://user:{canary}@host'"),
        format!("store.url = 'postgres:user:{canary}@host/db'"),
        format!("store.url = 'user:{canary}@host/db'"),
        format!("store.url = postgres://user:{canary}@host/db"),
        format!("store.url = ['postgres://user:{canary}@host/db']"),
        format!("store.urll = 'postgres://user:{canary}@host/db'"),
        format!("store = 'postgres://user:{canary}@host/db'"),
        format!("store.sessions = 'redis://:{canary}@host/x'"),
        format!("server.listen = 'redis://:{canary}@host'"),
        format!("server.public_url = 'https://{canary}:{canary}@host'").replacen(canary, "user", 1),
    ] {
        let said = wrong(&text);
        assert!(!said.is_empty() && !said.contains(canary), "{said}");
    }
    assert_eq!(
        wrong("[secrets]\nsecret = 'x'"),
        "2:1: secrets.secret: the secret itself never stands in this file: put it into the environment as \
         COUNTERFOIL_SECRET, or into a file of its own that `secret_file` names"
    );
    assert_eq!(
        mistakes(&variables(&[("COUNTERFOIL_SECRET", "short-canary")])),
        "COUNTERFOIL_SECRET: expected at least 32 characters; `head -c 32 /dev/urandom | base64` makes a good one"
    );
}

#[test]
fn every_mistake_is_said_at_once_in_the_order_of_the_file() {
    let said = wrong("log.level = 1\nserver.listen = 1\nclients.api.idle = '1m'\nstore.url = ''\nx = 1");
    let places: Vec<&str> = said.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["1:13", "2:17", "3:20", "4:13", "5:1"]);
}

#[test]
fn columns_count_characters_and_lines_count_any_line_ending() {
    check(&[
        (
            "\"é\" = 1",
            "1:1: \"é\": unknown key; expected one of: default_client, server, store, secrets, registration, \
            passwords, throttle, tokens, keys, revocation, audit, log, clients",
        ),
        (
            "keys = { 'é' = 1, rotate_after = 1 }",
            "1:10: keys.\"é\": unknown key; expected one of: rotate_after\n1:34: \
            keys.rotate_after: expected a duration such as \"500ms\", \"30s\", \"15m\", \"1h30m\" or \"30d\", or \"none\", \
            found `1`",
        ),
        (
            "\r\n\r\nlog.level = 1",
            "3:13: log.level: expected \"error\", \"warn\", \"info\", \"debug\" or \"trace\", found `1`",
        ),
    ]);
}

#[test]
fn a_mistake_in_a_variable_names_it() {
    assert_eq!(
        mistakes(&variables(&[("COUNTERFOIL_LOG_LEVEL", "loud")])),
        "COUNTERFOIL_LOG_LEVEL: log.level: expected \"error\", \"warn\", \"info\", \"debug\" or \"trace\", found \"loud\""
    );
    assert_eq!(
        mistakes(&variables(&[("COUNTERFOIL_CLIENTS_WEB_REFRESH", "1d")])),
        "COUNTERFOIL_CLIENTS_WEB_REFRESH: clients.web.refresh: only a `jwt` is refreshed; the others count for their whole \
         `lifetime`"
    );
}
