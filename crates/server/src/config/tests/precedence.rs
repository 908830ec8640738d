//! A flag is stronger than a variable, a variable than the file, the file than the default.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use counterfoil_core::id::Scope;

use super::super::reader::{SHORT_NAMES, variable};
use super::super::{ConfigError, ConfigFile, SECRET_VARIABLE};
use super::{Environment, Flags, Settings, Sources, file, mistakes, settings, variables, warnings};

/// The store's path with each of the sources present or absent.
fn store(flag: bool, environment: bool, in_file: bool) -> (String, String) {
    let mut sources = if in_file { file("[store]\nurl = 'sqlite:file.db'") } else { Sources::default() };
    sources.flags = Flags::default().with("store.url", "--store", flag.then(|| "sqlite:flag.db".into()));
    sources.environment = environment.then_some(("COUNTERFOIL_STORE", "sqlite:variable.db")).into_iter().collect();
    let settings = settings(&sources);
    let shown = settings.shown().into_iter().find(|shown| shown.key == "store.url").unwrap();
    (settings.store.url.to_string(), shown.origin)
}

#[test]
fn the_strongest_source_wins() {
    let matrix = [
        ((false, false, false), "sqlite:counterfoil.db", "default"),
        ((false, false, true), "sqlite:file.db", "counterfoil.toml:2:7"),
        ((false, true, false), "sqlite:variable.db", "COUNTERFOIL_STORE"),
        ((false, true, true), "sqlite:variable.db", "COUNTERFOIL_STORE"),
        ((true, false, false), "sqlite:flag.db", "--store"),
        ((true, false, true), "sqlite:flag.db", "--store"),
        ((true, true, false), "sqlite:flag.db", "--store"),
        ((true, true, true), "sqlite:flag.db", "--store"),
    ];
    for ((flag, environment, in_file), value, origin) in matrix {
        assert_eq!(store(flag, environment, in_file), (value.into(), origin.into()), "{flag} {environment} {in_file}");
    }
}

#[test]
fn every_setting_has_a_variable_that_is_heard() {
    let defaults = settings(&Sources::default());
    for entry in &defaults.entries {
        // A text with a line break in it is the value of no setting: a mistake at the variable shows that it was heard. The
        // lists alone take it for an item, and refuse that in turn.
        let name = variable(&entry.path);
        let wrong = mistakes(&variables(&[(&name, "\n\u{0}")]));
        assert!(wrong.starts_with(&format!("{name}: ")), "{name}: {wrong}");
    }
}

#[test]
fn short_names_are_heard_and_must_not_contradict_the_long() {
    for (key, short) in SHORT_NAMES {
        let path: Vec<String> = key.split('.').map(ToOwned::to_owned).collect();
        let long = variable(&path);
        assert_ne!(long, short);
        let value = match key {
            "server.listen" => "[::1]:9",
            "server.public_url" => "https://example.com",
            "store.url" => "sqlite:some.db",
            "store.sessions" => "redis://host:6379",
            _ => "some.file",
        };
        for name in [short, long.as_str()] {
            let shown = settings(&variables(&[(name, value)])).shown();
            let shown = shown.into_iter().find(|shown| shown.key == key).unwrap();
            assert_eq!((shown.value.unwrap().as_str(), shown.origin.as_str()), (Some(value), name));
        }
    }
    assert_eq!(
        mistakes(&variables(&[("COUNTERFOIL_LISTEN", "127.0.0.1:1"), ("COUNTERFOIL_SERVER_LISTEN", "127.0.0.1:2")])),
        "COUNTERFOIL_LISTEN: server.listen: COUNTERFOIL_SERVER_LISTEN says something else; leave one of them out"
    );
}

#[test]
fn variables_are_typed() {
    let settings = settings(&variables(&[
        ("COUNTERFOIL_REGISTRATION_OPEN", "false"),
        ("COUNTERFOIL_PASSWORDS_MIN_LENGTH", "20"),
        ("COUNTERFOIL_REVOCATION_LEASE", "1s500ms"),
        ("COUNTERFOIL_KEYS_ROTATE_AFTER", "none"),
        ("COUNTERFOIL_CLIENTS_API_SCOPES", "read, write"),
        ("COUNTERFOIL_CLIENTS_WEB_COOKIE_NAME", "sid"),
        ("COUNTERFOIL_DEFAULT_CLIENT", "api"),
        ("COUNTERFOIL_TOKENS_ISSUER", ""),
        ("PATH", "/bin"),
    ]));
    assert!(!settings.registration.open);
    assert_eq!(settings.passwords.min_length, 20);
    assert_eq!(settings.revocation.lease, Duration::from_millis(1500));
    assert_eq!(settings.keys.rotate_after, None);
    assert_eq!(settings.clients.default_client().id.as_str(), "api");
    let scopes: BTreeSet<&str> = settings.clients.default_client().scopes.iter().map(Scope::as_str).collect();
    assert_eq!(scopes, ["read", "write"].into());
    assert_eq!(settings.clients.find("web").unwrap().cookie_name(), "sid");
    assert_eq!(settings.tokens.issuer, "http://127.0.0.1:8080", "an empty variable is not set");
}

#[test]
fn an_unknown_variable_is_a_warning_that_names_the_nearest() {
    assert_eq!(
        warnings(&variables(&[("COUNTERFOIL_LISTN", "x"), ("COUNTERFOIL_FEATURE_OF_TOMORROW", "x"), ("OTHER", "x")])),
        [
            "COUNTERFOIL_FEATURE_OF_TOMORROW: no setting has this variable",
            "COUNTERFOIL_LISTN: no setting has this variable; did you mean `COUNTERFOIL_LISTEN`?"
        ]
    );
}

#[test]
fn a_password_that_goes_over_a_network_in_clear_is_warned_about() {
    let said = |store: &str, sessions: &str| {
        warnings(&variables(&[("COUNTERFOIL_STORE", store), ("COUNTERFOIL_SESSIONS", sessions)]))
    };
    assert_eq!(
        said("postgres://u:p@db.example/d?sslmode=disable", "redis+cluster://:p@10.0.0.1,10.0.0.2"),
        [
            "COUNTERFOIL_STORE: store.url: the password and all that is stored can be read on the way to \
             db.example:5432, which is not this machine: write `sslmode=verify-full`",
            "COUNTERFOIL_SESSIONS: store.sessions: the password and all that is stored can be read on the way to \
             10.0.0.1:6379,10.0.0.2:6379, which is not this machine: write `rediss+cluster://`"
        ]
    );
    assert_eq!(said("mysql://u:p@db.example/d", "rediss://:p@10.0.0.1"), Vec::<String>::new());
    assert_eq!(said("mysql://u:p@localhost/d", "redis://:p@127.0.0.1"), Vec::<String>::new());
}

#[test]
fn what_follows_from_the_address_follows_from_the_real_one() {
    let listen = |address: &str| variables(&[("COUNTERFOIL_LISTEN", address)]);
    let with_tls = variables(&[("COUNTERFOIL_LISTEN", "0.0.0.0:9000"), ("COUNTERFOIL_SERVER_TLS", "self-signed")]);
    assert_eq!(settings(&with_tls).tokens.issuer, "https://localhost:9000");
    let bound = settings(&with_tls).bound_to("127.0.0.1:4711".parse().unwrap());
    assert_eq!(bound.tokens.issuer, "https://127.0.0.1:4711");
    assert!(bound.has_public_url() && !settings(&listen("127.0.0.1:80")).has_public_url());
    let bound = settings(&listen("127.0.0.1:0")).bound_to("127.0.0.1:4711".parse().unwrap());
    assert_eq!(bound.server.public_url.as_str(), "http://127.0.0.1:4711");
    assert_eq!(bound.tokens.issuer, "http://127.0.0.1:4711");

    let said = variables(&[
        ("COUNTERFOIL_PUBLIC_URL", "https://auth.example.com"),
        ("COUNTERFOIL_LISTEN", "0.0.0.0:0"),
        ("COUNTERFOIL_SERVER_TRUSTED_PROXIES", "10.0.0.1, 10.0.1.0/24"),
    ]);
    let bound = settings(&said).bound_to("0.0.0.0:4711".parse().unwrap());
    assert_eq!(bound.server.public_url.as_str(), "https://auth.example.com");
    assert_eq!(bound.tokens.issuer, "https://auth.example.com");
}

#[test]
fn the_secret_lies_beside_the_database_unless_said() {
    let path = |sources: &Sources| settings(sources).secrets.secret_file;
    assert_eq!(path(&variables(&[("COUNTERFOIL_STORE", "sqlite:data/auth.db")])), Some("data/auth.secret".into()));
    assert_eq!(path(&variables(&[("COUNTERFOIL_STORE", "memory:")])), None);
    for server in ["postgres://u@localhost/d", "mysql://u@localhost/d"] {
        assert_eq!(path(&variables(&[("COUNTERFOIL_STORE", server)])), Some("counterfoil.secret".into()));
    }
    assert_eq!(path(&file("secrets.secret_file = 'keys/s'")), Some("keys/s".into()));
}

#[test]
fn the_secret_is_in_no_text() {
    let canary = "canary-canary-canary-canary-canary";
    let sources = variables(&[(SECRET_VARIABLE, canary), ("COUNTERFOIL_SECRET_FILE", "x")]);
    let (settings, warnings) = Settings::load(&sources).unwrap();
    assert!(settings.secrets.secret.is_some());
    let shown = serde_json::to_string(&settings.shown()).unwrap();
    for text in [format!("{settings:?}{sources:?}"), settings.to_toml(), shown, format!("{warnings:?}")] {
        assert!(!text.contains(canary), "{text}");
    }
    assert_eq!(
        warnings[0].to_string(),
        "COUNTERFOIL_SECRET_FILE: secrets.secret_file: is not read, because COUNTERFOIL_SECRET is set"
    );
}

#[test]
fn a_password_in_an_address_is_in_no_text() {
    let canary = "canary-canary";
    let (store, sessions) = (format!("postgres://u:{canary}@db/d"), format!("redis://:{canary}@cache"));
    let flags = Flags::default().with("store.url", "--store", Some(store.clone()));
    let in_file = file(&format!("store.sessions = '{sessions}'"));
    let sources = Sources { flags, ..in_file };
    let (settings, warnings) = Settings::load(&sources).unwrap();
    assert_eq!(
        (settings.store.place().store, settings.store.place().sessions),
        (store.parse().unwrap(), sessions.parse().ok())
    );
    let shown = serde_json::to_string(&settings.shown()).unwrap();
    assert!(shown.contains("postgres://u:***@db:5432/d") && shown.contains("redis://:***@cache:6379"), "{shown}");
    for text in [format!("{settings:?}{sources:?}"), settings.to_toml(), shown, format!("{warnings:?}")] {
        assert!(!text.contains(canary), "{text}");
    }
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "--store: store.url: everybody on this machine can read the password in the list of processes: put the address \
          into the environment or the configuration file",
            "counterfoil.toml:1:18: store.sessions: the password and all that is stored can be read on the way to cache:6379, \
          which is not this machine: write `rediss://`"
        ]
    );
}

#[test]
fn the_file_is_the_named_one_else_the_variables_else_the_folders() {
    let folder = tempfile::tempdir().unwrap();
    let discover = |named: Option<&str>, variable: Option<&str>| {
        let environment: Environment = variable.map(|value| ("COUNTERFOIL_CONFIG", value)).into_iter().collect();
        Sources::discover(named.map(PathBuf::from), folder.path(), Flags::default(), environment)
    };
    let name = |named, variable| discover(named, variable).unwrap().file.map(|file| file.name);
    assert_eq!(name(None, None), None, "no file is needed");
    for file in ["counterfoil.toml", "a.toml", "b.toml"] {
        fs::write(folder.path().join(file), "").unwrap();
    }
    assert_eq!(name(None, None).unwrap(), "counterfoil.toml");
    assert_eq!(name(None, Some("b.toml")).unwrap(), "b.toml");
    assert_eq!(name(Some("a.toml"), Some("b.toml")).unwrap(), "a.toml");
    let error = discover(Some("c.toml"), None).unwrap_err();
    assert!(matches!(error, ConfigError::Missing { .. }));
    assert_eq!(error.to_string(), "c.toml: there is no such file; `counterfoil init` writes one");
    fs::write(folder.path().join("c.toml"), [0xff]).unwrap();
    assert!(discover(Some("c.toml"), None).unwrap_err().to_string().starts_with("c.toml: cannot be read: "));
}

#[test]
fn lo_02_what_a_file_says_is_not_shown() {
    let file = ConfigFile { name: "counterfoil.toml".to_owned(), text: "secrets.secret = 'canary'".to_owned() };
    let sources = Sources { file: Some(file), ..Sources::default() };
    let text = format!("{sources:?}{:?}", Settings::load(&sources).map(drop));
    assert!(text.contains("counterfoil.toml") && !text.contains("canary"), "{text}");
}
