//! What is kept of a password.

use std::collections::BTreeSet;

use serde_json::json;

use super::register;
use crate::support::command::counterfoil;
use crate::support::{MODES, PASSWORD, Person, Request, Setup};

/// Whether it is `$argon2id$v=19$m=19456,t=2,p=1$` with a salt of 16 bytes and a tag of 32, in base64 without padding.
fn is_argon2id(hash: &str) -> bool {
    let is_base64 = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
    };
    let rest = hash.strip_prefix("$argon2id$v=19$m=19456,t=2,p=1$");
    let parts = rest.and_then(|rest| rest.split_once('$'));
    parts.is_some_and(|(salt, tag)| is_base64(salt, 22) && is_base64(tag, 43))
}

#[test]
fn pw_07_every_stored_password_is_argon2id_with_a_salt_of_its_own() {
    let server = Setup::default().start();
    // However a password comes in, and though all are the same.
    for index in 0..3 {
        register(&server, &format!("same{index}"), PASSWORD).expect(201);
    }
    let added = counterfoil(server.folder(), &["user", "add", "added", "--password-stdin"], PASSWORD);
    assert_eq!(added.code, Some(0), "{added:?}");
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[2]);
    let hashes = || {
        let database = rusqlite::Connection::open(server.database()).unwrap();
        let mut query = database.prepare("select username, password from users order by username").unwrap();
        let rows = query.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<Vec<(String, String)>, _>>().unwrap()
    };
    let before = hashes();
    for new in ["nine yellow lemons", PASSWORD] {
        let old = if new == PASSWORD { "nine yellow lemons" } else { PASSWORD };
        let body = json!({ "current_password": old, "new_password": new });
        server.send(&ticket.on(Request::post("/password").json(&body))).expect(204);
    }
    let after = hashes();
    assert_eq!(after.len(), 5, "{after:?}");
    let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert_eq!(changed, 1, "the same password again has another hash");
    let all: Vec<&String> = before.iter().chain(&after).map(|(_, hash)| hash).collect();
    for hash in &all {
        assert!(is_argon2id(hash), "{hash}");
    }
    let salts: BTreeSet<_> = all.iter().filter_map(|hash| hash.rsplit('$').nth(1)).collect();
    assert_eq!(salts.len(), 6);
}
