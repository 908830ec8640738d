//! Files that others can read or write.

use std::path::Path;

use super::*;
use crate::config::Environment;
use crate::doctor::SeenFile;

/// What is said of files alone.
fn found_of_files(settings: &Settings) -> Vec<Finding> {
    examine(&Patient { files: SeenFile::of(settings), ..Patient::of(settings, NOW) })
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
            assert!(finding.why.starts_with(&format!("{who} can {can} ")), "{finding}");
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
fn what_everybody_may_read_must_still_be_its_owners_to_write() {
    use Level::{Error, Hint};
    let folder = tempfile::tempdir().unwrap();
    let [config, certificate, breached, authority] =
        ["c.toml", "chain.pem", "pwned.txt", "ca.pem"].map(|name| folder.path().join(name));
    let key = folder.path().join("key.pem");
    let text = format!(
        "[server]\npublic_url = \"https://a.example\"\ntls_certificate = \"{}\"\ntls_key = \"{}\"\n\
         [passwords]\nbreached_hashes = \"{}\"\n[store]\nurl = \"postgres://a@db.example/c?sslrootcert={}\"",
        certificate.display(),
        key.display(),
        breached.display(),
        authority.display()
    );
    let file = Some(ConfigFile { name: config.display().to_string(), text: text.clone() });
    let settings = load(&Sources { file, ..Sources::default() });
    let about = |file: &Path| {
        let name = file.display().to_string();
        found_of_files(&settings).into_iter().filter(move |finding| finding.key == name).collect::<Vec<_>>()
    };
    for file in [&config, &certificate, &breached, &authority] {
        std::fs::write(file, "x").unwrap();
        for (mode, level) in
            [(0o644, None), (0o640, None), (0o664, Some(Hint)), (0o646, Some(Error)), (0o666, Some(Error))]
        {
            set_mode(file, mode);
            let findings = about(file);
            assert_eq!(findings.first().map(|finding| finding.level), level, "{mode:o} {findings:#?}");
            for finding in findings {
                assert!(finding.why.contains("can write"), "{finding}");
                assert!(finding.change.starts_with(&format!("chmod go-w {}", file.display())), "{finding}");
            }
        }
        set_mode(file, 0o644);
    }
}

#[test]
fn a_file_in_a_folder_that_everybody_may_write_can_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (open, database) = (folder.path().join("open"), folder.path().join("open/a.db"));
    std::fs::create_dir(&open).unwrap();
    std::fs::write(&database, "x").unwrap();
    set_mode(&database, 0o600);
    let settings = load(&sources(&format!("[store]\nurl = \"sqlite:{}\"", database.display())));
    set_mode(&open, 0o777);
    let findings = found_of_files(&settings);
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!((finding.level, &finding.key), (Level::Error, &database.display().to_string()));
    assert_eq!(finding.change, format!("chmod o-w {}", open.display()));
    for mode in [0o1777, 0o775, 0o755] {
        set_mode(&open, mode);
        assert_eq!(found_of_files(&settings), [], "{mode:o}");
    }
    // It was made while the file was open to all.
    let log = open.join("a.db-wal");
    std::fs::write(&log, "x").unwrap();
    set_mode(&log, 0o644);
    assert_eq!(found_of_files(&settings).first().map(|finding| finding.key.clone()), Some(log.display().to_string()));
}
