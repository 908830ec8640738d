//! Each rule has a configuration that breaks it and nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use super::settings::DAY;
use super::{Finding, Key, Level, Patient, Records, SeenFile, clients, examine, settings};
use crate::config::{ConfigFile, Environment, Flags, Settings, Sources};

fn sources(text: &str) -> Sources {
    Sources { file: Some(ConfigFile { name: "counterfoil.toml".into(), text: text.into() }), ..Sources::default() }
}

fn load(sources: &Sources) -> Settings {
    Settings::load(sources).unwrap_or_else(|error| panic!("{error}")).0
}

fn found(settings: &Settings) -> Vec<Finding> {
    examine(&Patient { settings, files: Vec::new(), records: None })
}

/// A configuration, and what is weak in it.
const WEAK: &[(&str, Level, &str)] = &[
    ("[server]\npublic_url = \"http://auth.example.com\"", Level::Error, "server.public_url"),
    ("[server]\nlisten = \"0.0.0.0:80\"\ntrusted_proxies = [\"10.0.0.1\"]", Level::Warning, "server.public_url"),
    (
        "[server]\nlisten = \"0.0.0.0:443\"\ntls = \"self-signed\"\npublic_url = \"https://a.example\"",
        Level::Warning,
        "server.tls",
    ),
    ("[server]\ntrusted_proxies = [\"0.0.0.0/0\"]", Level::Error, "server.trusted_proxies"),
    ("[server]\ntrusted_proxies = [\"10.0.0.1\", \"2000::/3\"]", Level::Error, "server.trusted_proxies"),
    ("[server]\npublic_url = \"https://a.example\"", Level::Warning, "server.trusted_proxies"),
    ("[server]\nbody_timeout = \"301s\"", Level::Warning, "server.body_timeout"),
    ("[server]\nidle_timeout = \"601s\"", Level::Hint, "server.idle_timeout"),
    ("[throttle]\naddress_failures = 0", Level::Warning, "throttle.address_failures"),
    ("[throttle]\naddress_registrations = 0", Level::Warning, "throttle.address_registrations"),
    ("[throttle]\nfree_failures = 21", Level::Warning, "throttle.free_failures"),
    ("[throttle]\nlongest_delay = \"59s\"", Level::Warning, "throttle.longest_delay"),
    ("[audit]\nkeep = \"29d\"", Level::Warning, "audit.keep"),
    ("[server]\nheader_timeout = \"31s\"", Level::Warning, "server.header_timeout"),
    ("[server]\nbody_limit = 2000000", Level::Hint, "server.body_limit"),
    ("[store]\nurl = \"postgres://a:b@db.example/c?sslmode=disable\"", Level::Error, "store.url"),
    ("[store]\nsessions = \"redis://:b@db.example\"", Level::Error, "store.sessions"),
    ("[store]\nurl = \"postgres://a@db.example/c\"", Level::Warning, "store.url"),
    ("[store]\nurl = \"memory:\"", Level::Warning, "store.url"),
    ("[passwords]\nmin_length = 14", Level::Warning, "passwords.min_length"),
    ("[passwords]\nqueue = 1025", Level::Hint, "passwords.queue"),
    (
        "[server]\npublic_url = \"https://a.example\"\ntrusted_proxies = [\"127.0.0.1\"]\n[tokens]\nissuer = \"a\"",
        Level::Warning,
        "tokens.issuer",
    ),
    ("[tokens]\nleeway = \"31s\"", Level::Hint, "tokens.leeway"),
    ("[tokens]\nrefresh_reuse_window = \"61s\"", Level::Warning, "tokens.refresh_reuse_window"),
    ("[keys]\nrotate_after = \"none\"", Level::Warning, "keys.rotate_after"),
    ("[keys]\nrotate_after = \"366d\"", Level::Warning, "keys.rotate_after"),
    ("[revocation]\nwait = \"local\"", Level::Warning, "revocation.wait"),
    ("[revocation]\nlease = \"11s\"", Level::Warning, "revocation.lease"),
    ("[log]\nlevel = \"debug\"", Level::Hint, "log.level"),
    ("[clients.api]\nlifetime = \"61m\"", Level::Warning, "clients.api.lifetime"),
    ("[clients.web]\nlifetime = \"25h\"", Level::Warning, "clients.web.lifetime"),
    ("[clients.device]\nlifetime = \"91d\"", Level::Warning, "clients.device.lifetime"),
    ("[clients.web]\nidle = \"none\"", Level::Warning, "clients.web.idle"),
    ("[clients.web]\nidle = \"61m\"", Level::Warning, "clients.web.idle"),
    ("[clients.api]\nrefresh = \"91d\"", Level::Warning, "clients.api.refresh"),
    ("[clients.api]\nalgorithm = \"RS512\"", Level::Warning, "clients.api.algorithm"),
    ("[clients.api]\nalgorithm = \"HS256\"", Level::Warning, "clients.api.algorithm"),
    ("[clients.stateless]\nlifetime = \"16m\"", Level::Warning, "clients.stateless.on_feed_loss"),
    (
        "[server]\npublic_url = \"https://auth.example.com\"\ntrusted_proxies = [\"127.0.0.1\"]\n[clients.web.cookie]\ndomain = \"example.com\"",
        Level::Warning,
        "clients.web.cookie.domain",
    ),
    (
        "[server]\npublic_url = \"https://auth.example.com\"\ntrusted_proxies = [\"127.0.0.1\"]\n[clients.web.cookie]\nsame_site = \"none\"",
        Level::Warning,
        "clients.web.cookie.same_site",
    ),
];

#[test]
fn what_is_weak_is_found_alone_with_its_reason_and_what_to_write() {
    for (text, level, key) in WEAK {
        let findings = found(&load(&sources(text)));
        let [finding] = findings.as_slice() else { panic!("{text}: {findings:#?}") };
        assert_eq!((finding.level, finding.key.as_str()), (*level, *key), "{text}");
        assert!(!finding.why.is_empty() && !finding.change.is_empty());
        let table = key.rsplit_once('.').map_or("", |(table, _)| table);
        assert!(finding.change.starts_with(&format!("[{table}] ")), "{finding}");
    }
}

#[test]
fn every_rule_is_broken_by_something() {
    let flags = |key, flag, value: &str| Sources {
        flags: Flags::default().with(key, flag, Some(value.to_owned())),
        ..Sources::default()
    };
    let in_flags = [
        flags("store.url", "--store", "postgres://a:b@localhost/c"),
        flags("store.sessions", "--sessions", "redis://:b@localhost"),
    ];
    let mut reasons = BTreeSet::new();
    for sources in in_flags {
        let findings = found(&load(&sources));
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert!(!findings[0].to_string().contains(":b@"), "{findings:#?}");
        reasons.extend(findings.into_iter().map(|finding| (finding.why, finding.change)));
    }
    let findings = WEAK.iter().flat_map(|(text, ..)| found(&load(&sources(text))));
    reasons.extend(findings.map(|finding| (finding.why, finding.change)));
    let broken = |why: &str, change: &str| reasons.iter().any(|(known, line)| known == why && line.ends_with(change));
    for rule in settings::RULES {
        assert!(broken(rule.why, rule.change), "nothing breaks {}: {}", rule.key, rule.why);
    }
    for rule in clients::RULES {
        assert!(broken(rule.why, rule.change), "nothing breaks {}: {}", rule.key, rule.why);
    }
}

#[test]
fn the_defaults_are_not_weak() {
    assert_eq!(found(&load(&sources(""))), []);
    assert_eq!(found(&load(&sources(crate::config::starter()))), []);
}

#[test]
fn the_worst_comes_first() {
    let text = "[log]\nlevel = \"debug\"\n[passwords]\nmin_length = 8\n[server]\npublic_url = \"http://a.example\"";
    let levels: Vec<Level> = found(&load(&sources(text))).iter().map(|finding| finding.level).collect();
    assert_eq!(levels, [Level::Error, Level::Warning, Level::Hint]);
}

#[test]
fn a_file_that_others_can_read_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (secret, database) = (folder.path().join("a.secret"), folder.path().join("a.db"));
    let text = format!("[store]\nurl = \"sqlite:{}\"", database.display());
    let settings = load(&sources(&text));
    assert!(SeenFile::of(&settings).is_empty(), "what is not there is not looked at");
    for file in [&secret, &database] {
        std::fs::write(file, "x").unwrap();
        let mode = |mode| std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        for (bits, open) in [(0o640, true), (0o604, true), (0o620, true), (0o600, false)] {
            mode(bits);
            let files = SeenFile::of(&settings);
            let findings = examine(&Patient { settings: &settings, files, records: None });
            let expected: Vec<String> = open.then(|| file.display().to_string()).into_iter().collect();
            assert_eq!(findings.iter().map(|finding| finding.key.clone()).collect::<Vec<_>>(), expected, "{bits:o}");
            assert!(findings.iter().all(|finding| finding.change.starts_with("chmod 600 ")));
        }
    }
    let environment: Environment = [("COUNTERFOIL_SECRET", "q8Zr5nWm2vKc7xTb4yLs9pHd3fJg6aQe")].into_iter().collect();
    let by_variable = load(&Sources { environment, ..sources(&text) });
    assert_eq!(SeenFile::of(&by_variable).len(), 1, "a secret file that is not read is not looked at");
}

#[test]
fn a_configuration_file_with_a_password_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    let text = "[store]\nurl = \"postgres://a:b@localhost/c\"";
    std::fs::write(&path, text).unwrap();
    let name = path.display().to_string();
    let file = Some(ConfigFile { name: name.clone(), text: text.into() });
    let files = SeenFile::of(&load(&Sources { file, ..Sources::default() }));
    assert_eq!(files.iter().map(|file| file.path.display().to_string()).collect::<Vec<_>>(), [name]);
}

#[test]
fn a_key_that_was_forgotten_is_found() {
    let found = |text: &str, days: u32| {
        let settings = load(&sources(text));
        let key = Key { kid: "k".into(), age: DAY * days + Duration::from_secs(1) };
        let records = Some(Records { active: vec![key], nodes: 1 });
        examine(&Patient { settings: &settings, files: Vec::new(), records }).len()
    };
    assert_eq!((found("", 119), found("", 120)), (0, 1));
    let never = "[keys]\nrotate_after = \"none\"";
    assert_eq!((found(never, 364), found(never, 365)), (1, 2), "that it is never rotated is a finding by itself");
}

#[test]
fn several_servers_on_one_file_are_noted() {
    let settings = load(&sources(""));
    let found = |nodes| {
        let records = Some(Records { active: Vec::new(), nodes });
        examine(&Patient { settings: &settings, files: Vec::new(), records })
    };
    assert_eq!(found(1), []);
    assert_eq!(found(2).iter().map(|finding| finding.level).collect::<Vec<_>>(), [Level::Hint]);
}
