//! What is shown loads again, and says the same.

use counterfoil_core::client::{FeedLoss, SameSite};
use counterfoil_core::credential::{Kind, Transport};
use serde_json::json;

use super::{Sources, file, settings, warnings};

/// Every key of the file with a value that is not its default.
pub(super) const EVERYTHING: &str = r#"
default_client = "shop"

[server]
listen = "[::1]:9000"
public_url = "https://auth.example.com"
tls = "files"
tls_certificate = "chain.pem"
tls_key = "key.pem"
trusted_proxies = ["10.0.0.0/8", "::1"]
max_connections = 5000
max_connections_per_address = 50
body_limit = 100000
header_timeout = "5s"
body_timeout = "20s"
idle_timeout = "2m"
shutdown_grace = "1m"

[store]
url = "postgres://anna@db.example:5432/auth"
sessions = "redis+cluster://a.example:7001,b.example:7002"
connections = 20
timeout = "1s500ms"
purge_every = "1h"

[secrets]
secret_file = "data/secret"

[registration]
open = false

[passwords]
min_length = 12
names = ["acme", "rocket"]
breached_hashes = "data/breached"
memory_kib = 65536
iterations = 3
parallelism = 2
workers = 4
queue = 8

[throttle]
free_failures = 3
longest_delay = "2h"
lock_after = 50
address_failures = 1000
address_registrations = 0
address_window = "30m"

[tokens]
issuer = "https://issuer.example.com"
leeway = "5s"
refresh_reuse_window = "10s"

[keys]
rotate_after = "30d"

[revocation]
lease = "4s"
interval = "250ms"
wait = "local"

[audit]
keep = "400d"

[log]
level = "debug"
format = "json"

[clients.shop]
kind = "jwt"
transport = "cookie"
lifetime = "5m"
refresh = "7d"
algorithm = "ES256"
audience = "https://shop.example.com"
scopes = ["orders:read", "orders:write"]
roles = false
metadata = ["plan"]
exchange = false
on_feed_loss = "accept"
claims = { tenant = "north", "https://example.com/level" = 3, nested = { list = [1, 2.5, true] } }
cookie = { name = "shop", domain = "example.com", same_site = "none" }

[clients."a.b"]
kind = "token"
idle = "1h"
"#;

#[test]
fn every_key_survives() {
    let first = settings(&file(EVERYTHING));
    let again = settings(&file(&first.to_toml()));
    let values = |settings: &super::Settings| {
        settings.shown().into_iter().map(|shown| (shown.key, shown.value)).collect::<Vec<_>>()
    };
    let (mut first_values, mut again_values) = (values(&first), values(&again));
    first_values.sort_by(|a, b| a.0.cmp(&b.0));
    again_values.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(first_values, again_values);
    let without_entries =
        |settings: super::Settings| format!("{:?}", super::Settings { entries: Vec::new(), ..settings });
    assert_eq!(without_entries(first), without_entries(again));
}

#[test]
fn every_key_arrives() {
    let settings = settings(&file(EVERYTHING));
    let shop = settings.clients.default_client();
    assert_eq!((shop.id.as_str(), shop.kind, shop.transport), ("shop", Kind::Jwt, Transport::Cookie));
    assert_eq!((shop.lifetimes.credential.as_secs(), shop.lifetimes.idle), (300, None));
    assert_eq!(shop.lifetimes.refresh.unwrap().as_secs(), 7 * 86_400);
    assert_eq!(shop.audience.as_deref(), Some("https://shop.example.com"));
    assert_eq!(shop.scopes.len(), 2);
    assert!(!shop.claims.roles && !shop.exchange);
    assert_eq!(shop.claims.metadata, ["plan".to_owned()].into());
    assert_eq!(shop.claims.extra["nested"], json!({ "list": [1, 2.5, true] }));
    assert_eq!(shop.claims.extra["https://example.com/level"], json!(3));
    assert_eq!(shop.on_feed_loss, FeedLoss::Accept);
    assert_eq!((shop.cookie.name.as_deref(), shop.cookie.domain.as_deref()), (Some("shop"), Some("example.com")));
    assert_eq!(shop.cookie.same_site, SameSite::None);
    assert_eq!(settings.clients.iter().count(), 7);
    // Every value that the file says differs from the default, so that a key that is not read shows.
    let defaults = super::settings(&Sources::default());
    let default_of =
        |key: &str| defaults.shown().into_iter().find(|shown| shown.key == key).and_then(|shown| shown.value);
    for shown in settings.shown().into_iter().filter(|shown| !shown.key.starts_with("clients.")) {
        assert_ne!(shown.value, default_of(&shown.key), "{}", shown.key);
        assert!(shown.origin.starts_with("counterfoil.toml:"), "{}", shown.key);
    }
}

#[test]
fn defaults_survive() {
    let text = settings(&Sources::default()).to_toml();
    assert_eq!(settings(&file(&text)).to_toml().lines().count(), text.lines().count());
    assert_eq!(warnings(&file(&text)), Vec::<String>::new());
}

#[test]
fn a_built_in_client_of_another_kind_is_like_those_of_that_kind() {
    for (text, transport, lifetime, idle, refresh) in [
        ("clients.web.kind = 'jwt'", Transport::Cookie, 600, None, Some(43_200)),
        ("clients.web.kind = 'token'", Transport::Cookie, 2_592_000, None, None),
        ("clients.web = { kind = 'jwt', transport = 'bearer' }", Transport::Bearer, 900, None, Some(2_592_000)),
        ("clients.web.lifetime = '1h'", Transport::Cookie, 3600, Some(1800), None),
        ("clients.web.idle = 'none'", Transport::Cookie, 43_200, None, None),
    ] {
        let web = settings(&file(text)).clients.find("web").unwrap().clone();
        assert_eq!(web.transport, transport, "{text}");
        assert_eq!(web.lifetimes.credential.as_secs(), lifetime, "{text}");
        assert_eq!(web.lifetimes.idle.map(|idle| idle.as_secs()), idle, "{text}");
        assert_eq!(web.lifetimes.refresh.map(|refresh| refresh.as_secs()), refresh, "{text}");
    }
    let api = settings(&file("clients.api.kind = 'session'")).clients.find("api").unwrap().clone();
    assert_eq!((api.transport, api.lifetimes.refresh), (Transport::Cookie, None));
    let stateless = settings(&file("clients.stateless.kind = 'token'")).clients.find("stateless").unwrap().clone();
    assert_eq!(stateless.on_feed_loss, FeedLoss::Refuse);
}

#[test]
fn a_new_client_needs_only_its_kind() {
    for (kind, transport, lifetime) in [
        ("session", Transport::Cookie, 43_200),
        ("token", Transport::Bearer, 2_592_000),
        ("jwt", Transport::Bearer, 900),
    ] {
        let client = settings(&file(&format!("clients.new.kind = '{kind}'"))).clients.find("new").unwrap().clone();
        assert_eq!((client.kind.as_str(), client.transport), (kind, transport));
        assert_eq!(client.lifetimes.credential.as_secs(), lifetime);
    }
}

#[test]
fn a_server_on_any_free_port_is_shown_as_it_is() {
    let shown = settings(&file("[server]\nlisten = \"127.0.0.1:0\"")).to_toml();
    let again = settings(&file(&shown));
    assert_eq!(again.to_toml().lines().count(), shown.lines().count());
    assert!(!again.has_public_url(), "its URL follows from the port that it finds");
}
