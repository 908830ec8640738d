//! Certificates, stores, stolen passwords, secrets and the machine.

use std::time::Duration;

use counterfoil_core::audit::Obstacle;
use counterfoil_stores::{Shortcoming, Weakness};

use super::*;
use crate::doctor::settings::DAY;
use crate::doctor::{Kept, Key, Machine, Records, Unusable};
use crate::listener::tls::Condition;
use crate::startup::Breaches;

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
    let found = || {
        let certificate = Condition::of(&settings.server, NOW);
        let findings = examine(&Patient { certificate, ..Patient::of(&settings, NOW) });
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
    assert!(Condition::of(&load(&sources("[server]\ntls = \"self-signed\"")).server, NOW).is_none());
}

#[test]
fn a_key_that_was_forgotten_is_found() {
    let found = |text: &str, days: u32| {
        let settings = load(&sources(text));
        let key = Key { kid: "k".into(), age: DAY * days + Duration::from_secs(1) };
        let kept = Kept { records: Some(Records { active: vec![key], nodes: 1, obstacle: None }), ..Kept::default() };
        examine(&Patient { kept, ..Patient::of(&settings, NOW) }).len()
    };
    assert_eq!((found("", 119), found("", 120)), (0, 1));
    let never = "[keys]\nrotate_after = \"none\"";
    assert_eq!((found(never, 364), found(never, 365)), (1, 2), "that it is never rotated is a finding by itself");
}

#[test]
fn several_servers_on_one_file_are_noted() {
    let settings = load(&sources(""));
    let found = |nodes| {
        let kept = Kept { records: Some(Records { nodes, ..Records::default() }), ..Kept::default() };
        examine(&Patient { kept, ..Patient::of(&settings, NOW) })
    };
    assert_eq!(found(1), []);
    assert_eq!(found(2).iter().map(|finding| finding.level).collect::<Vec<_>>(), [Level::Hint]);
}

#[test]
fn an_audit_log_that_cannot_be_written_is_an_error() {
    let settings = load(&sources(""));
    for obstacle in [Obstacle::NoEnds, Obstacle::TooFar { number: 9 }, Obstacle::Beyond { number: 9 }] {
        let kept =
            Kept { records: Some(Records { obstacle: Some(obstacle), ..Records::default() }), ..Kept::default() };
        let findings = examine(&Patient { kept, ..Patient::of(&settings, NOW) });
        let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
        assert_eq!((finding.level, finding.key.as_str()), (Level::Error, "the audit log"));
        assert!(finding.why.ends_with(&obstacle.to_string()), "{finding}");
        assert!(finding.change.ends_with("counterfoil audit repair"), "{finding}");
    }
}

#[test]
fn a_store_that_cannot_be_used_is_an_error_or_may_pass() {
    let settings = load(&sources(""));
    let found = |may_pass| {
        let sentence = "Redis at h:1: it is asleep: wake it".to_owned();
        let kept = Kept { unusable: vec![("store.sessions", Unusable { sentence, may_pass })], ..Kept::default() };
        examine(&Patient { kept, ..Patient::of(&settings, NOW) }).remove(0)
    };
    let (definite, passing) = (found(false), found(true));
    assert_eq!((definite.level, passing.level), (Level::Error, Level::Warning));
    assert_eq!(definite.why, "the server does not start: Redis at h:1: it is asleep");
    assert!(passing.why.ends_with("is answered 503: Redis at h:1: it is asleep"), "{passing}");
    assert_eq!(definite.change, "[store] sessions = \"…\"; wake it");
}

#[test]
fn what_a_server_may_lose_is_said_with_its_own_setting() {
    let settings = load(&sources(""));
    for (what, level, line) in [
        (Shortcoming::FsyncOff, Level::Warning, "fsync = on"),
        (Shortcoming::LogFlushedLate("2".into()), Level::Warning, "innodb_flush_log_at_trx_commit = 1"),
        (Shortcoming::BinaryLogUnsynced, Level::Warning, "sync_binlog = 1"),
        (Shortcoming::Forgetful, Level::Warning, "appendonly yes"),
        (Shortcoming::Snapshots, Level::Warning, "appendonly yes"),
        (Shortcoming::AppendedAtWill, Level::Warning, "appendfsync everysec"),
        (Shortcoming::AppendedEachSecond, Level::Hint, "appendfsync always"),
        (Shortcoming::AllOrNothing, Level::Hint, "cluster-require-full-coverage no"),
    ] {
        let weakness = Weakness { product: "Redis", place: "h:1".into(), what };
        let kept = Kept { weaknesses: vec![("store.sessions", weakness)], ..Kept::default() };
        let findings = examine(&Patient { kept, ..Patient::of(&settings, NOW) });
        let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
        assert_eq!((finding.level, finding.key.as_str()), (level, "store.sessions"));
        assert!(finding.why.starts_with("Redis at h:1: "), "{finding}");
        assert_eq!(finding.change, format!("{line}, in the configuration of Redis"));
    }
}

#[test]
fn pw_05_a_list_of_stolen_passwords_is_looked_at_as_at_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pwned.txt");
    let settings = load(&sources(&format!("[passwords]\nbreached_hashes = \"{}\"", path.display())));
    let found = |now| {
        let breached = Some(Breaches::of(&path));
        let findings = examine(&Patient { breached, ..Patient::of(&settings, now) });
        assert!(findings.iter().all(|finding| finding.key == "passwords.breached_hashes"), "{findings:#?}");
        findings.into_iter().map(|finding| (finding.level, finding.why)).collect::<Vec<_>>()
    };
    let is_refused = |why: &str| {
        let found = found(NOW);
        assert!(
            matches!(&found[..], [(Level::Error, said)] if said.contains("does not start") && said.contains(why)),
            "{found:?}"
        );
    };
    is_refused("cannot be read");
    std::fs::write(&path, "dragon\n").unwrap();
    is_refused("expected a line of 40 hexadecimal digits");
    std::fs::write(&path, format!("{}:1\n{}:1\n", "B".repeat(40), "A".repeat(40))).unwrap();
    is_refused("not in ascending order");
    std::fs::write(&path, format!("{}:1\n{}:1\n", "A".repeat(40), "B".repeat(40))).unwrap();
    let written_at = Breaches::of(&path).unwrap().written_at.unwrap();
    assert_eq!(found(written_at.after(DAY * 365)), []);
    let old = found(written_at.after(DAY * 366));
    assert!(matches!(&old[..], [(Level::Hint, why)] if why.contains("366 days old")), "{old:?}");
}

#[tokio::test]
async fn a_secret_that_would_end_a_start_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.secret");
    let found = async |sources: &Sources| {
        let settings = load(sources);
        let start = crate::startup::examine(&settings, None).await.err();
        let findings = examine(&Patient { start, ..Patient::of(&settings, NOW) });
        findings.into_iter().map(|finding| (finding.level, finding.key)).collect::<Vec<_>>()
    };
    let in_file = sources(&format!("[secrets]\nsecret_file = \"{}\"", path.display()));
    assert_eq!(found(&in_file).await, [], "the first start makes it");
    for (text, is_weak) in
        [("a".repeat(64), true), ("short".to_owned(), true), ("q8Zr5nWm2vKc7xTb4yLs9pHd3fJg6aQe".to_owned(), false)]
    {
        std::fs::write(&path, &text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let expected: &[_] = if is_weak { &[(Level::Error, "secrets.secret_file".to_owned())] } else { &[] };
        assert_eq!(found(&in_file).await, expected, "{text}");
    }
    let environment = [("COUNTERFOIL_SECRET", "a".repeat(64))].into_iter().collect();
    let in_variable = Sources { environment, ..Sources::default() };
    assert_eq!(found(&in_variable).await, [(Level::Error, "COUNTERFOIL_SECRET".to_owned())]);
}

#[test]
fn wb_12_more_connections_than_files_are_found() {
    let found = |text: &str, open_files| {
        let settings = load(&sources(text));
        let machine = Machine { open_files, ..Machine::default() };
        let findings = examine(&Patient { machine, ..Patient::of(&settings, NOW) });
        findings.into_iter().map(|finding| (finding.key, finding.change)).collect::<Vec<_>>()
    };
    for files in [None, Some(300), Some(1024), Some(u64::MAX)] {
        assert_eq!(found("", files), [], "{files:?}");
    }
    assert_eq!(found("[server]\nmax_connections = 768", Some(1024)), []);
    let [(key, _)] = &found("[server]\nmax_connections = 769", Some(1024))[..] else { panic!("one is expected") };
    assert_eq!(key, "server.max_connections");
    assert_eq!(found("[server]\nmax_connections = 769", None), []);
    let greedy = found("[server]\nmax_connections = 800\nmax_connections_per_address = 401", Some(4096));
    let line = "[server] max_connections_per_address = 50".to_owned();
    assert_eq!(greedy, [("server.max_connections_per_address".to_owned(), line)]);
}

#[test]
fn threads_that_take_the_whole_machine_are_found() {
    let found = |workers: u32, processors| {
        let settings = load(&sources(&format!("[passwords]\nworkers = {workers}")));
        let machine = Machine { processors: Some(processors), ..Machine::default() };
        examine(&Patient { machine, ..Patient::of(&settings, NOW) }).len()
    };
    assert_eq!([found(0, 1), found(1, 1), found(3, 4)], [0, 0, 0]);
    assert_eq!([found(2, 1), found(4, 4), found(64, 4)], [1, 1, 1]);
}
