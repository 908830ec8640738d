//! Each rule has a configuration that breaks it and nothing else.

mod files;
mod surroundings;

use std::collections::BTreeSet;

use counterfoil_core::Timestamp;

use super::{Finding, Level, Patient, clients, examine, settings};
use crate::config::{ConfigFile, Flags, Settings, Sources};

/// The 15th of January 2027.
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn sources(text: &str) -> Sources {
    Sources { file: Some(ConfigFile { name: "counterfoil.toml".into(), text: text.into() }), ..Sources::default() }
}

fn load(sources: &Sources) -> Settings {
    Settings::load(sources).unwrap_or_else(|error| panic!("{error}")).0
}

fn found(settings: &Settings) -> Vec<Finding> {
    examine(&Patient::of(settings, NOW))
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
    ("[server]\ntrusted_proxies = [\"::ffff:0.0.0.0/96\"]", Level::Error, "server.trusted_proxies"),
    ("[server]\ntrusted_proxies = [\"8.0.0.0/11\"]", Level::Error, "server.trusted_proxies"),
    ("[server]\ntrusted_proxies = [\"104.16.0.0/13\", \"10.0.0.0/16\"]", Level::Hint, "server.trusted_proxies"),
    ("[server]\ntrusted_proxies = [\"10.0.0.0/8\"]", Level::Hint, "server.trusted_proxies"),
    ("[server]\ntrusted_proxies = [\"fc00::/7\"]", Level::Hint, "server.trusted_proxies"),
    ("[server]\npublic_url = \"https://a.example\"", Level::Warning, "server.trusted_proxies"),
    ("[server]\nbody_timeout = \"301s\"", Level::Warning, "server.body_timeout"),
    ("[server]\nidle_timeout = \"601s\"", Level::Hint, "server.idle_timeout"),
    ("[throttle]\naddress_failures = 0", Level::Warning, "throttle.address_failures"),
    ("[throttle]\naddress_registrations = 0", Level::Warning, "throttle.address_registrations"),
    ("[throttle]\naddress_failures = 3001", Level::Warning, "throttle.address_failures"),
    ("[throttle]\naddress_registrations = 3001", Level::Warning, "throttle.address_registrations"),
    ("[throttle]\naddress_window = \"9m\"", Level::Warning, "throttle.address_window"),
    ("[throttle]\nlock_after = 9", Level::Warning, "throttle.lock_after"),
    ("[throttle]\nlongest_delay = \"7h\"", Level::Hint, "throttle.longest_delay"),
    ("[throttle]\nfree_failures = 21", Level::Warning, "throttle.free_failures"),
    ("[throttle]\nlongest_delay = \"59s\"", Level::Warning, "throttle.longest_delay"),
    ("[audit]\nkeep = \"29d\"", Level::Warning, "audit.keep"),
    ("[audit]\nkeep = \"1096d\"", Level::Hint, "audit.keep"),
    ("[audit]\nkeep = \"none\"", Level::Hint, "audit.keep"),
    ("[server]\nheader_timeout = \"31s\"", Level::Warning, "server.header_timeout"),
    ("[server]\nbody_limit = 2000000", Level::Hint, "server.body_limit"),
    ("[store]\nurl = \"postgres://a:b@db.example/c?sslmode=disable\"", Level::Error, "store.url"),
    ("[store]\nsessions = \"redis://:b@db.example\"", Level::Error, "store.sessions"),
    ("[store]\nurl = \"postgres://a@db.example/c\"", Level::Warning, "store.url"),
    ("[store]\nsessions = \"redis://127.0.0.1\"", Level::Warning, "store.sessions"),
    ("[store]\nurl = \"postgres://postgres:b@localhost/c\"", Level::Hint, "store.url"),
    ("[store]\ntimeout = \"11s\"", Level::Hint, "store.timeout"),
    ("[store]\nurl = \"memory:\"", Level::Warning, "store.url"),
    ("[passwords]\nmin_length = 14", Level::Warning, "passwords.min_length"),
    ("[passwords]\nqueue = 1025", Level::Hint, "passwords.queue"),
    ("[passwords]\nparallelism = 5", Level::Hint, "passwords.parallelism"),
    ("[passwords]\nmemory_kib = 262144\niterations = 3", Level::Hint, "passwords.memory_kib"),
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
    ("[log]\nlevel = \"error\"", Level::Hint, "log.level"),
    ("[clients.api]\nlifetime = \"61m\"", Level::Warning, "clients.api.lifetime"),
    ("[clients.web]\nlifetime = \"25h\"", Level::Warning, "clients.web.lifetime"),
    ("[clients.device]\nlifetime = \"91d\"", Level::Warning, "clients.device.lifetime"),
    ("[clients.web]\nidle = \"none\"", Level::Warning, "clients.web.idle"),
    ("[clients.web]\nidle = \"61m\"", Level::Warning, "clients.web.idle"),
    ("[clients.api]\nrefresh = \"91d\"", Level::Warning, "clients.api.refresh"),
    ("[clients.spa]\nrefresh = \"25h\"", Level::Warning, "clients.spa.refresh"),
    (
        "[clients.x]\nkind = \"token\"\ntransport = \"cookie\"\nlifetime = \"25h\"\nidle = \"30m\"",
        Level::Warning,
        "clients.x.lifetime",
    ),
    (
        "[clients.x]\nkind = \"token\"\ntransport = \"cookie\"\nlifetime = \"12h\"\nidle = \"none\"",
        Level::Warning,
        "clients.x.idle",
    ),
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
    for rule in settings::rules() {
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

/// Where the line to write is a number or a length of time, it is the default, or else the default is weak.
#[test]
fn what_is_advised_is_not_weak() {
    for rule in settings::rules() {
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

/// What is judged beside the rules: by the files, the certificate, the machine or the stores.
const JUDGED_BY_MORE: &[&str] = &[
    "server.tls_certificate",
    "server.tls_key",
    "server.max_connections",
    "server.max_connections_per_address",
    "passwords.breached_hashes",
    "passwords.workers",
    "secrets.secret_file",
];

/// What no value makes weak, and why.
const NEVER_WEAK: &[(&str, &str)] = &[
    ("default_client", "the client itself is judged"),
    ("server.listen", "beyond this machine, plain HTTP without a proxy is refused"),
    ("server.shutdown_grace", "no new request is taken meanwhile"),
    ("store.connections", "only speed depends on it"),
    ("store.purge_every", "what has expired counts no more, removed or not"),
    ("registration.open", "who may register is what the site is for; how often is judged"),
    ("passwords.names", "they are refused in addition"),
    ("passwords.iterations", "too few are refused, too many are judged with the memory"),
    ("revocation.interval", "it is less than the lease, which is judged"),
    ("log.format", "both say the same"),
    ("clients.*.kind", "what each kind may be is judged"),
    ("clients.*.transport", "the same"),
    ("clients.*.audience", "it is the issuer or what the operator's apps expect"),
    ("clients.*.scopes", "what an app lets them do is not known here"),
    ("clients.*.roles", "the same"),
    ("clients.*.metadata", "the same"),
    ("clients.*.claims", "the same"),
    ("clients.*.exchange", "never more scopes, and never longer"),
    ("clients.*.cookie.name", "the prefix is added to any name"),
];

#[test]
fn every_setting_is_judged_or_never_weak() {
    let client = |rest: &str| format!("clients.*.{rest}");
    let judged: BTreeSet<String> = settings::rules()
        .map(|rule| rule.key.to_owned())
        .chain(clients::RULES.iter().map(|rule| client(rule.key)))
        .chain(JUDGED_BY_MORE.iter().map(ToString::to_string))
        .collect();
    let never: BTreeSet<String> = NEVER_WEAK.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert_eq!(judged.intersection(&never).collect::<Vec<_>>(), Vec::<&String>::new());
    let settings = load(&sources("[clients.spa.claims]\na = 1"));
    let known: BTreeSet<String> = settings
        .shown()
        .into_iter()
        .map(|shown| match shown.key.strip_prefix("clients.").and_then(|key| key.split_once('.')) {
            Some((_, rest)) => client(if rest.starts_with("claims.") { "claims" } else { rest }),
            None => shown.key,
        })
        .collect();
    for key in &known {
        assert!(judged.contains(key) || never.contains(key), "{key}: neither judged nor said never to be weak");
    }
    for key in judged.union(&never) {
        assert!(known.contains(key), "{key} is no setting");
    }
}
