//! What an address may be, and what is said of one that may not.

use std::path::Path;

use secrecy::ExposeSecret as _;

use super::*;

fn store(text: &str) -> Result<StoreUrl, AddressError> {
    text.parse()
}

fn server(text: &str) -> ServerUrl {
    match (text.parse::<StoreUrl>(), text.parse::<SessionsUrl>()) {
        (Ok(StoreUrl::Postgres(url) | StoreUrl::MySql(url)), _)
        | (_, Ok(SessionsUrl::Redis(url) | SessionsUrl::RedisCluster(url))) => url,
        (store, sessions) => panic!("{text}: {store:?} {sessions:?}"),
    }
}

#[test]
fn each_part_of_an_address_is_read() {
    let url = server("postgres://anna%40x:p%2Fw%20%E2%82%AC@db.example:5433/my%20base");
    assert_eq!(url.user.as_deref(), Some("anna@x"));
    assert_eq!(url.password.as_ref().unwrap().expose_secret(), "p/w €");
    assert_eq!(url.hosts, [Host { name: "db.example".to_owned(), port: 5433 }]);
    assert_eq!(url.database.as_deref(), Some("my base"));
    assert_eq!(url.tls, Tls::Verified { ca: None }, "over a network the default is TLS");
    assert_eq!(server("mysql://u@[::1]/d").hosts, [Host { name: "::1".to_owned(), port: 3306 }]);
    let cluster = server("redis+cluster://:s@a,b:7001,[::1]:7002?prefix=auth%3A");
    assert_eq!(cluster.place(), "a:6379,b:7001,[::1]:7002");
    assert_eq!(cluster.prefix.as_deref(), Some("auth:"));
    assert_eq!(server("redis://127.0.0.1/3").database.as_deref(), Some("3"));
    assert_eq!(store("memory:"), Ok(StoreUrl::Memory));
    assert_eq!(store("sqlite:/var/lib/a b.db").unwrap().path(), Some(Path::new("/var/lib/a b.db")));
}

#[test]
fn a_host_is_shown_as_what_it_is() {
    // It would be shown as `d%43`, which is read as `dC`.
    for text in ["mysql://u@d%2543/d", "postgres://u@[fe80::1%25eth0]/d", "postgres://u@a%2cb/d"] {
        assert!(store(text).unwrap_err().to_string().contains("the host"), "{text}");
    }
}

#[test]
fn an_at_sign_in_a_password_needs_no_escape() {
    let url = server("postgres://u:p@ss@localhost/d");
    assert_eq!(url.password.as_ref().unwrap().expose_secret(), "p@ss");
    assert_eq!(url.place(), "localhost:5432");
}

#[test]
fn only_this_machine_is_reached_without_tls_by_default() {
    let verified = |file: Option<&str>| Tls::Verified { ca: file.map(PathBuf::from) };
    for (text, tls) in [
        ("postgres://u@localhost/d", Tls::Off),
        ("postgres://u@127.0.0.9/d", Tls::Off),
        ("mysql://u@[::1]/d", Tls::Off),
        ("mysql://u@10.0.0.1/d", verified(None)),
        ("postgres://u@localhost.example/d", verified(None)),
        ("postgres://u@10.0.0.1/d?sslmode=disable", Tls::Off),
        ("postgres://u@localhost/d?sslmode=require", verified(None)),
        ("mysql://u@localhost/d?ssl-mode=VERIFY_IDENTITY", verified(None)),
        ("postgres://u@localhost/d?sslrootcert=%2Fca.pem", verified(Some("/ca.pem"))),
        ("redis://10.0.0.1", Tls::Off),
        ("rediss://localhost?ca=ca.pem", verified(Some("ca.pem"))),
        ("rediss+cluster://a,b", verified(None)),
    ] {
        assert_eq!(server(text).tls, tls, "{text}");
    }
}

#[test]
fn a_way_that_others_can_read_is_known() {
    for (text, remedy) in [
        ("postgres://u@10.0.0.1/d?sslmode=disable", "`sslmode=verify-full`"),
        ("mysql://u@db.example/d?sslmode=disable", "`sslmode=verify-full`"),
        ("redis://10.0.0.1", "`rediss://`"),
        ("redis+cluster://localhost,b", "`rediss+cluster://`"),
    ] {
        let url = server(text);
        assert!(url.is_readable_on_the_way(), "{text}");
        assert_eq!(url.with_tls(), remedy);
    }
    for text in ["postgres://u@10.0.0.1/d", "mysql://u@localhost/d", "redis://127.0.0.1", "rediss://10.0.0.1"] {
        assert!(!server(text).is_readable_on_the_way(), "{text}");
    }
}

#[test]
fn what_is_shown_can_be_given_again_and_holds_no_password() {
    for text in [
        "postgres://anna%40x@db.example:5433/my%20base",
        "postgres://u@10.0.0.1:5432/d?sslmode=disable",
        "mysql://u@localhost:3306/d?sslrootcert=ca.pem",
        "postgres://u@localhost:5432/d?sslmode=verify-full",
        "redis+cluster://a:6379,b:7001?prefix=auth%3A",
        "rediss://[::1]:6379/2?ca=ca.pem&prefix=x",
    ] {
        assert_eq!(server(text).to_string(), text);
    }
    for text in ["postgres://u:hunter2@host/d", "redis://:hunter2@host", "redis+cluster://:hunter2@a,b"] {
        let url = server(text);
        let shown = format!("{url} {url:?} {}", url.place());
        assert!(!shown.contains("hunter2") && shown.contains(":***@"), "{shown}");
    }
    assert_ne!(server("redis://:a@host"), server("redis://:b@host"));
    assert_eq!(server("redis://:a@host"), server("redis://:a@host:6379"));
}

#[test]
fn what_is_wrong_is_said_without_the_address() {
    for (text, hint) in [
        ("postgres:user:hunter2", "`//`"),
        ("postgres://u:hunter2@/d", "host"),
        ("postgres://:hunter2@host/d", "user"),
        ("postgres://u:hunter2@host", "database"),
        ("postgres://u:hunter2@host:x/d", "port"),
        ("postgres://u:hunter2@host:0/d", "port"),
        ("postgres://u:hunter2@a,b/d", "one host"),
        ("postgres://u:hunter2#@host/d", "%23"),
        ("postgres://u:hunter2@host/d?sslmode=prefer", "verify-full"),
        ("postgres://u:hunter2@host/d?sslmode=disable&sslrootcert=x", "TLS is off"),
        ("postgres://u:8hunter2?x@host/d", "%3F"),
        ("postgres://u:hunter2@host/d?pool=3", "`pool`"),
        ("postgres://u:hunter2@host/d?pool=%ff", "`pool` has a value that is no text"),
        ("postgres://u@d/d?hunter2@host/x=%ff", "what follows `?` has a value that is no text"),
        ("postgres://u:p@d/d?hunter2=x@host", "what follows `?` is no option"),
        ("mysql://u:hunter2%FF@host/d", "password"),
        ("mysql://u:hunter2@[::1/d", "brackets"),
        ("oracle://u:hunter2@host/d", "postgres://"),
        ("hunter2", "sqlite:PATH"),
        ("sqlite:", "sqlite:PATH"),
        ("memory:hunter2", "memory:"),
        ("memory", "memory:"),
        ("sqlite::memory:", "sqlite:PATH"),
        ("sqlite://hunter2/x", "sqlite:PATH"),
        ("x.db", "sqlite:PATH"),
        ("", "sqlite:PATH"),
    ] {
        let error = store(text).unwrap_err().to_string();
        assert!(error.contains(hint), "{text}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    for (text, hint) in [
        ("redis://:hunter2@host/one", "number"),
        ("redis+cluster://:hunter2@a,b/1", "no databases"),
        ("redis://:hunter2@host?sslmode=disable", "`prefix`"),
        ("redis://:hunter2@host?prefix={x}", "`prefix`"),
        ("postgres://u:hunter2@host/d", "redis://"),
    ] {
        let error = text.parse::<SessionsUrl>().unwrap_err().to_string();
        assert!(error.contains(hint), "{text}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
