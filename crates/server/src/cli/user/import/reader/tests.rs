//! Files of accounts.

use std::io::{BufReader, Cursor};

use counterfoil_core::account::UserState;

use super::*;

const HASH: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";

/// What stands in each record: its line, and the username or why there is none.
fn read(text: impl AsRef<[u8]>, format: Format) -> Vec<(u64, String)> {
    // A small buffer, so that lines cross its ends.
    let input = BufReader::with_capacity(7, Cursor::new(text.as_ref().to_vec()));
    let mut reader = Reader::new(input, format, None);
    let mut found = Vec::new();
    while let Some(Entry { line, user }) = reader.next_entry().unwrap() {
        found.push((line, user.map_or_else(|refusal| refusal.to_string(), |user| user.username.as_str().to_owned())));
    }
    assert!(found.iter().all(|(_, said)| !said.contains("$2b$")), "a hash is quoted: {found:?}");
    found
}

/// Why a line of JSON gives no account.
fn refusal(line: &str) -> String {
    let found = read(line, Format::Jsonl);
    assert_eq!(found.len(), 1, "{line}");
    found[0].1.clone()
}

fn json(name: &str) -> String {
    format!("{{\"username\":\"{name}\",\"password_hash\":\"{HASH}\"}}")
}

fn lines(found: &[(u64, String)]) -> Vec<(u64, &str)> {
    found.iter().map(|(line, said)| (*line, said.as_str())).collect()
}

#[test]
fn each_line_of_json_is_an_account() {
    let text = format!("\u{feff}{}\r\n\n  \n{}\nnonsense\n{}", json("alice"), json("bob"), json("carol"));
    let found = read(text, Format::Jsonl);
    let nonsense = "it is not well-formed JSON (column 2)";
    assert_eq!(lines(&found), [(1, "alice"), (4, "bob"), (5, nonsense), (6, "carol")]);
    assert!(read("", Format::Jsonl).is_empty() && read("\n\n", Format::Jsonl).is_empty());
}

#[test]
fn rows_have_the_columns_of_the_first_line() {
    let text = format!(
        "\u{feff}username,metadata,password_hash,roles\r\nalice,,{HASH},\r\n\r\nbob,\"{{\"\"a\"\":\r\n\"\"b\"\"}}\",{HASH},x y\r\n\
         carol,{HASH}\ndave,,\"{HASH}\",\n"
    );
    let found = read(text, Format::Csv);
    let short = "it has 2 fields, and the first line names 4";
    assert_eq!(lines(&found), [(2, "alice"), (4, "bob"), (6, short), (7, "dave")]);
    let quote = format!("username,password_hash\n\"alice,{HASH}\nbob,{HASH}\n");
    assert_eq!(lines(&read(quote, Format::Csv)), [(2, "a quotation mark is not closed")]);
}

#[test]
fn without_the_names_of_columns_nothing_is_read() {
    for first in [format!("alice,{HASH}"), format!("{HASH},alice")] {
        let found = read(format!("{first}\nbob,{HASH}\n"), Format::Csv);
        assert_eq!(found.len(), 1);
        assert!(found[0].0 == 1 && found[0].1.ends_with("; the first line must name the fields"), "{found:?}");
    }
}

#[test]
fn a_record_that_is_too_long_is_one_refusal_and_the_next_is_read() {
    let long = "x".repeat(MAX_RECORD + 1);
    let reason = format!("it is longer than {MAX_RECORD} bytes");
    let found = read(format!("{long}{long}\n{}\n", json("alice")), Format::Jsonl);
    assert_eq!(lines(&found), [(1, reason.as_str()), (2, "alice")]);
    let found = read(long, Format::Jsonl);
    assert_eq!(lines(&found), [(1, reason.as_str())]);
    // A quotation mark that is never closed takes no more than that with it.
    let rows = format!("bob,{HASH}\n").repeat(MAX_RECORD / 50);
    let found = read(format!("username,password_hash\n\"alice,{HASH}\n{rows}"), Format::Csv);
    assert_eq!((found[0].0, found[0].1.as_str()), (2, reason.as_str()));
    assert!(found.len() > 100 && found[1..].iter().all(|(_, said)| said == "bob"), "{}", found.len());
}

#[test]
fn every_field_is_understood() {
    let line = format!(
        "{{\"id\":\"0197a3b0-0000-7000-8000-000000000000\",\"username\":\"Alice\",\"email\":\"alice@example.com\",\
         \"password_hash\":\"{HASH}\",\"password_salt\":null,\"roles\":[\"admin\",\"user\"],\"metadata\":{{\"a\":[1,2]}},\
         \"disabled\":true,\"created_at\":\"2020-01-02T03:04:05.678+01:00\"}}"
    );
    let mut reader = Reader::new(line.as_bytes(), Format::Jsonl, None);
    let user = reader.next_entry().unwrap().unwrap().user.unwrap();
    assert_eq!(user.id.unwrap().to_string(), "0197a3b0-0000-7000-8000-000000000000");
    assert_eq!((user.username.as_str(), user.email.unwrap().as_str()), ("Alice", "alice@example.com"));
    assert_eq!((user.password.as_str(), user.roles.unwrap().len()), (HASH, 2));
    assert_eq!(Value::Object(user.metadata.unwrap()), serde_json::json!({ "a": [1, 2] }));
    assert_eq!((user.state, user.created_at.unwrap().as_millis()), (Some(UserState::Disabled), 1_577_930_645_678));
    assert_eq!(reader.bytes(), line.len() as u64);
}

#[test]
fn what_is_refused_names_the_field_and_the_reason() {
    let with = |field: &str| json("alice").replacen('{', &format!("{{{field},"), 1);
    for (line, expected) in [
        ("[]".to_owned(), "it is not a JSON object"),
        ("{}".to_owned(), "username: it is missing"),
        (r#"{"username":"alice"}"#.to_owned(), "password_hash: it is missing"),
        (r#"{"username":"alice","password_hash":null}"#.to_owned(), "password_hash: it is missing"),
        (
            r#"{"username":"alice","password_hash":"hunter2"}"#.to_owned(),
            "password_hash: the password hash is of an unknown format",
        ),
        (json("alice").replace("/6CG", "/6"), "password_hash: the password hash is damaged"),
        (
            json("alice").replace("$04$", "$31$"),
            "password_hash: the password hash asks for more work than is allowed: bcrypt may cost 16 at most",
        ),
        (json("al ice"), "username: It may not hold a space."),
        (with(r#""emial":"x""#), "unknown field `emial`; did you mean `email`?"),
        (with(r#""plan":"x""#), "unknown field `plan`"),
        (with(&format!("\"{HASH}\":1")), "unknown field, whose name is not shown"),
        (with(r#""username":"bob""#), "username: it is there twice"),
        (with(&format!("\"{HASH}\":1,\"{HASH}\":2")), "it has a member twice"),
        (with(r#""email":"nobody""#), "email: An e-mail address has one @, with a name before and a domain after it."),
        (with(r#""email":7"#), "email: it must be a string"),
        (with(r#""id":"7""#), "id: it must be a UUID"),
        (with(r#""roles":"admin""#), "roles: it must be a list of strings"),
        (with(r#""roles":[1]"#), "roles: it must be a list of strings"),
        (with(r#""roles":["a b"]"#), "roles: a role is 1 to 64 characters of a-z, A-Z, 0-9 and . _ : / -"),
        (with(r#""metadata":[]"#), "metadata: it must be a JSON object"),
        (
            with(&format!("\"metadata\":{{\"a\":\"{}\"}}", "x".repeat(65_536))),
            "metadata: it is longer than 65536 bytes",
        ),
        (with(r#""disabled":"yes""#), "disabled: it must be true or false"),
        (with(r#""created_at":1577930645"#), "created_at: it must be a string"),
        (with(r#""created_at":"yesterday""#), "created_at: it must be a time as in 2026-01-31T12:00:00Z (RFC 3339)"),
        (
            with(r#""password_salt":"AAAA""#),
            "password_salt: only a hash of Firebase has one: give its parameters with --firebase",
        ),
    ] {
        assert_eq!(refusal(&line), expected, "{line}");
    }
    assert_eq!(lines(&read(b"{\"username\":\"\xff\"}", Format::Jsonl)), [(1, "it is not UTF-8")]);
    assert_eq!(lines(&read(b"username\n\xff\n", Format::Csv)), [(2, "it is not UTF-8")]);
}

#[test]
fn the_end_of_the_name_says_the_format() {
    for (name, format) in [
        ("users.csv", Format::Csv),
        ("USERS.CSV", Format::Csv),
        ("users.jsonl", Format::Jsonl),
        ("csv", Format::Jsonl),
        ("-", Format::Jsonl),
    ] {
        assert_eq!(Format::of(Path::new(name)), format, "{name}");
    }
}
