//! Each rule has a configuration that breaks it and nothing else.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::settings::DAY;
use super::{Finding, Key, Level, Patient, Records, SeenFile, clients, examine, settings};
use crate::config::{ConfigFile, Environment, Flags, Settings, Sources};
use crate::listener::tls::Condition;

fn sources(text: &str) -> Sources {
    Sources { file: Some(ConfigFile { name: "counterfoil.toml".into(), text: text.into() }), ..Sources::default() }
}

fn load(sources: &Sources) -> Settings {
    Settings::load(sources).unwrap_or_else(|error| panic!("{error}")).0
}

fn found(settings: &Settings) -> Vec<Finding> {
    examine(&Patient { settings, files: Vec::new(), certificate: None, records: None })
}

/// A configuration, and what is weak in it.
const WEAK: &[(&str, Level, &str)] = &[
    ("[server]\npublic_url = \"http://auth.example.com\"", Level::Error, "server.public_url"),
    (
        "[server]\npublic_url = \"https://localhost:8443\"\ntrusted_proxies = [\"127.0.0.1\"]",
        Level::Hint,
        "server.public_url",
    ),
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

/// What is said of files alone.
fn found_of_files(settings: &Settings) -> Vec<Finding> {
    examine(&Patient { settings, files: SeenFile::of(settings), certificate: None, records: None })
}

fn set_mode(file: &Path, mode: u32) {
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

/// The group of a file, as `ls` names it.
fn group_of(file: &Path) -> String {
    let listed = std::process::Command::new("ls").arg("-ld").arg(file).output().unwrap();
    String::from_utf8(listed.stdout).unwrap().split_whitespace().nth(3).unwrap().to_owned()
}

#[test]
fn a_file_is_its_owners_alone_or_it_is_said_who_else_can_do_what() {
    use Level::{Error, Hint};
    let folder = tempfile::tempdir().unwrap();
    let [secret, database, key] = ["a.secret", "a.db", "key.pem"].map(|name| folder.path().join(name));
    let text = format!(
        "[store]\nurl = \"sqlite:{}\"\n[server]\ntls_key = \"{}\"\ntls_certificate = \"chain.pem\"",
        database.display(),
        key.display()
    );
    let settings = load(&sources(&text));
    assert_eq!(found_of_files(&settings), [], "what is not there is not looked at");
    for file in [&secret, &database, &key] {
        std::fs::write(file, "x").unwrap();
        let group = format!("everybody in the group `{}`", group_of(file));
        for (mode, level, who, can) in [
            (0o604, Error, "everybody on this machine", "read"),
            (0o644, Error, "everybody on this machine", "read"),
            (0o602, Error, "everybody on this machine", "write"),
            (0o666, Error, "everybody on this machine", "read and write"),
            (0o640, Hint, &group, "read"),
            (0o620, Level::Warning, &group, "write"),
            (0o660, Level::Warning, &group, "read and write"),
        ] {
            set_mode(file, mode);
            let findings = found_of_files(&settings);
            let [finding] = findings.as_slice() else { panic!("{mode:o}: {findings:#?}") };
            assert_eq!(finding.key, file.display().to_string());
            assert!(
                finding.why.starts_with(&format!("{who} can {can} the ")) || finding.why.contains("accounts"),
                "{finding}"
            );
            // With a secret that anybody else may read, the server does not start.
            let level = if *file == secret { Error } else { level };
            assert_eq!(finding.level, level, "{mode:o}: {finding}");
            assert_eq!(finding.why.contains("does not start"), *file == secret, "{finding}");
            assert!(finding.change.starts_with(&format!("chmod 600 {}", file.display())), "{finding}");
        }
        set_mode(file, 0o600);
        assert_eq!(found_of_files(&settings), [], "{}", file.display());
    }
}

#[test]
fn a_file_that_is_not_read_is_not_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let [secret, key] = ["a.secret", "key.pem"].map(|name| folder.path().join(name));
    for file in [&secret, &key] {
        std::fs::write(file, "x").unwrap();
        set_mode(file, 0o644);
    }
    let text = |tls: &str| {
        format!(
            "[server]\ntls = \"{tls}\"\ntls_key = \"{}\"\ntls_certificate = \"c\"\n[secrets]\nsecret_file = \"{}\"",
            key.display(),
            secret.display()
        )
    };
    let keys = |sources: &Sources| {
        let findings = found_of_files(&load(sources));
        findings.into_iter().map(|finding| finding.key).collect::<Vec<_>>()
    };
    let [secret, key] = [&secret, &key].map(|path| path.display().to_string());
    assert_eq!(keys(&sources(&text("files"))), [secret.clone(), key.clone()]);
    assert_eq!(keys(&sources(&text("off"))), std::slice::from_ref(&secret));
    assert_eq!(keys(&sources(&text("self-signed"))), [secret]);
    let environment: Environment = [("COUNTERFOIL_SECRET", "q8Zr5nWm2vKc7xTb4yLs9pHd3fJg6aQe")].into_iter().collect();
    assert_eq!(keys(&Sources { environment, ..sources(&text("files")) }), [key]);
}

#[test]
fn a_configuration_file_with_a_password_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    let found = |text: &str| {
        std::fs::write(&path, text).unwrap();
        set_mode(&path, 0o644);
        let file = Some(ConfigFile { name: path.display().to_string(), text: text.into() });
        let settings = load(&Sources { file, ..Sources::default() });
        SeenFile::of(&settings).into_iter().map(|file| file.path).collect::<Vec<_>>()
    };
    assert_eq!(found("[store]\nurl = \"postgres://a:b@localhost/c\""), std::slice::from_ref(&path));
    assert!(found("[store]\nurl = \"postgres://a@localhost/c\"").is_empty());
}

#[test]
fn a_certificate_is_looked_at_as_a_browser_would() {
    let folder = tempfile::tempdir().unwrap();
    let [chain, key] = ["chain.pem", "key.pem"].map(|name| folder.path().join(name));
    let text = format!(
        "[server]\npublic_url = \"https://auth.example\"\ntls_certificate = \"{}\"\ntls_key = \"{}\"",
        chain.display(),
        key.display()
    );
    let settings = load(&sources(&text));
    // The 15th of January 2027.
    let now = counterfoil_core::Timestamp::from_millis(1_800_000_000_000);
    let found = || {
        let certificate = Condition::of(&settings.server, now);
        let findings = examine(&Patient { settings: &settings, files: Vec::new(), certificate, records: None });
        findings.into_iter().map(|finding| (finding.level, finding.why)).collect::<Vec<_>>()
    };
    let make = |host: &str, day: u8| {
        let mut params = rcgen::CertificateParams::new([host.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2027, 1, day);
        let pair = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&chain, params.self_signed(&pair).unwrap().pem()).unwrap();
        std::fs::write(&key, pair.serialize_pem()).unwrap();
    };
    let [(Level::Error, why)] = &found()[..] else { panic!("{:?}", found()) };
    assert!(why.contains("does not start") && why.contains("there is no such file"), "{why}");
    make("auth.example", 31);
    assert_eq!(found(), []);
    make("auth.example", 20);
    assert!(matches!(&found()[..], [(Level::Warning, why)] if why.contains("expires on 2027-01-20")), "{:?}", found());
    make("other.example", 31);
    assert!(matches!(&found()[..], [(Level::Warning, why)] if why.contains("not for auth.example")), "{:?}", found());
    make("auth.example", 10);
    assert!(matches!(&found()[..], [(Level::Error, why)] if why.contains("has expired")), "{:?}", found());
    assert!(Condition::of(&load(&sources("[server]\ntls = \"self-signed\"")).server, now).is_none());
}

#[test]
fn a_key_that_was_forgotten_is_found() {
    let found = |text: &str, days: u32| {
        let settings = load(&sources(text));
        let key = Key { kid: "k".into(), age: DAY * days + Duration::from_secs(1) };
        let records = Some(Records { active: vec![key], nodes: 1 });
        examine(&Patient { settings: &settings, files: Vec::new(), certificate: None, records }).len()
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
        examine(&Patient { settings: &settings, files: Vec::new(), certificate: None, records })
    };
    assert_eq!(found(1), []);
    assert_eq!(found(2).iter().map(|finding| finding.level).collect::<Vec<_>>(), [Level::Hint]);
}

/// Where the line to write is a number or a length of time, it is the default, or else the default is weak.
#[test]
fn what_is_advised_is_not_weak() {
    for rule in settings::RULES {
        let (table, _) = rule.key.rsplit_once('.').unwrap();
        let Ok(line) = rule.change.parse::<toml::Table>() else { continue };
        if rule.change.contains('…') {
            continue;
        }
        let settings = load(&sources(&format!("[{table}]\n{line}")));
        assert!(!(rule.weak)(&settings), "{}: {}", rule.key, rule.change);
        let shown = settings.shown();
        let said = shown.iter().find(|shown| shown.key == rule.key).unwrap().value.clone();
        let default = load(&sources("")).shown().into_iter().find(|shown| shown.key == rule.key).unwrap().value;
        let is_number = said.as_ref().is_some_and(toml::Value::is_integer);
        assert!(!is_number || said == default, "{}: {} is not the default {default:?}", rule.key, rule.change);
    }
}
