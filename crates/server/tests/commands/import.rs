//! `counterfoil user import`

use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{Folder, PASSWORD, Said, text};

const STAPLE: &str = "correct horse battery staple";
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
const SCRYPT: &str = "$scrypt$ln=6,r=8,p=1$c29tZXNhbHRvZjE2Ynl0ZQ$aAVKOZ8ROYEE4yWmbDKXV0TAtEvsR+dFsJkrIHJrKIw";
const DJANGO: &str = "pbkdf2_sha256$1000$seasalt22charactersXYZ$X+KnqBORtvVXDkfKpRoPT9izqVBOnNtNHtCKrcokemQ=";

/// A hash of each kind, all of one password.
const HASHES: [(&str, &str); 11] = [
    ("bcrypt", BCRYPT),
    ("scrypt", SCRYPT),
    ("django", DJANGO),
    ("django-bcrypt", "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK"),
    ("wordpress", "$wp$2y$04$abcdefghijklmnopqrstuuV0klnHbXcaXKo7A89DBGKqZVoAS9L2u"),
    ("passlib", "$pbkdf2$1000$.//.c2FsdA$I9PaRD5jj8k5Zt4swWQ1Hw.Fm6U"),
    (
        "keycloak",
        "$pbkdf2-sha256$i=2000$+//+LXNhbHQtb2YtMTZiIQ$CQWiMkYMGNXa374XhnemqRRa+bhaGh3eGPBaM0vcQWHsnnylN3CQLkFHaRJdCSW+ddVypP3ob2Q7T4wjppVJ/g",
    ),
    ("argon2i", "$argon2i$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$jA20HEgvtH0QArdB5I4YGuMUIQTyrGd6Q58mu9tZoIc"),
    ("argon2id", "$argon2id$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$pdTF8507jcWXjoGSpkGWk5bxVGLI081DxCP04RZcA3E"),
    ("shadow5", "$5$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0"),
    ("shadow6", "$6$saltstring$qvPJY4PeugKzKQqyIJ0gRdJnpS0uaaiZ.X1SaheFedsK/yZPwlluTLS90fJPM41sD5JxCHKgGr1..qt5HqEY8."),
];

fn line(name: &str, hash: &str) -> String {
    json!({ "username": name, "password_hash": hash }).to_string()
}

impl Said {
    /// The numbers that were printed as JSON, with the exit code that belongs to them.
    fn counts(&self) -> [u64; 3] {
        let report = self.json();
        let counts = ["imported", "already_there", "refused"].map(|name| report[name].as_u64().unwrap());
        assert_eq!(self.code, i32::from(counts[2] > 0), "{self:?}");
        counts
    }
}

fn stored(folder: &Folder, name: &str) -> String {
    let database = rusqlite::Connection::open(folder.file("counterfoil.db")).unwrap();
    database.query_row("select password from users where username_key = ?", [name], |row| row.get(0)).unwrap()
}

fn import(folder: &Folder, more: &[&str], input: &str) -> Said {
    folder.typed(&[&["user", "import", "-", "--json"], more].concat(), input)
}

#[test]
fn pw_08_every_kind_logs_in_at_a_running_server_and_is_renewed() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    let lines: Vec<String> = HASHES.iter().map(|(name, hash)| line(name, hash)).collect();
    folder.write("users.jsonl", lines.join("\n"));
    let said = folder.run(&["user", "import", "users.jsonl"]).done();
    assert_eq!(said.out, "11 imported, 0 already there, 0 refused\n");
    assert!(!said.err.contains('$'), "{}", said.err);
    assert_eq!(server.login("bcrypt", "correct horse battery stable", "api").status, 401);
    assert_eq!(stored(&folder, "bcrypt"), BCRYPT, "a wrong password renews nothing");
    for (name, _) in HASHES {
        assert_eq!(server.login(name, STAPLE, "api").status, 200, "{name}");
        assert!(stored(&folder, name).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{name}");
    }
    assert_eq!(server.login("shadow6", STAPLE, "web").status, 200, "by the new hash");
    // They have logged in since, and are the same users still.
    assert_eq!(import(&folder, &[], &lines.join("\n")).counts(), [0, 11, 0]);
}

#[test]
fn valid_lines_are_imported_and_each_refused_one_is_told() {
    let folder = Folder::with_user("alice");
    let lines = [
        line("bob", BCRYPT),
        line("carol", &BCRYPT[..50]),
        "{".to_owned(),
        line("alice", BCRYPT).replace('{', "{\"roles\":[\"admin\"],"),
        String::new(),
        line("dave", SCRYPT).replace('{', "{\"colour\":\"red\","),
        line("erin", SCRYPT),
        line("bob", SCRYPT),
        line("erin", SCRYPT),
    ];
    let text = lines.join("\n");
    let expected = "line 2: password_hash: the password hash is damaged\n\
                    line 3: it is not well-formed JSON (column 1)\n\
                    line 4: username: a user of that name is there already, and differs in password_hash, roles\n\
                    line 6: unknown field `colour`\n\
                    line 8: username: a user of that name is there already, and differs in password_hash\n";
    let dry = folder.typed(&["user", "import", "-", "--dry-run"], &text);
    assert_eq!((dry.code, dry.out.as_str()), (1, "2 to be imported, 1 already there, 5 refused\n"));
    let mut told: Vec<&str> = dry.err.lines().collect();
    told.sort_unstable();
    assert_eq!(told, expected.lines().collect::<Vec<_>>(), "the same as the import itself");
    assert_eq!(folder.json(&["user", "list"]).as_array().unwrap().len(), 1, "a dry run writes nothing");
    let said = folder.typed(&["user", "import", "-"], &text);
    let mut told: Vec<&str> = said.err.lines().collect();
    // What only the store knows is told by the batch.
    told.sort_unstable();
    assert_eq!((said.code, told), (1, expected.lines().collect()));
    assert_eq!(said.out, "2 imported, 1 already there, 5 refused\n");
    let said = import(&folder, &[], &text);
    assert_eq!(said.counts(), [0, 3, 5]);
    let report = said.json();
    let lines = report["refusals"].as_array().unwrap().iter().map(|one| one["line"].as_u64().unwrap());
    assert_eq!(lines.collect::<Vec<_>>(), [2, 3, 4, 6, 8]);
    let one = &said.json()["refusals"][0];
    assert_eq!(*one, json!({ "line": 2, "field": "password_hash", "reason": "the password hash is damaged" }));
    assert!(!said.out.contains("$2b$") && said.err.is_empty(), "{said:?}");
    assert_eq!(folder.json(&["user", "list"]).as_array().unwrap().len(), 3);
}

#[test]
fn comma_separated_values_are_imported_with_all_their_fields() {
    let folder = Folder::new();
    folder.write(
        "users.csv",
        format!(
            "id,username,email,password_hash,roles,metadata,disabled,created_at\r\n\
             0197a3b0-0000-7000-8000-000000000000,Alice,alice@example.com,{BCRYPT},admin user,\"{{\"\"plan\"\":\"\"gold, or so\"\"}}\",,2020-01-02T03:04:05Z\r\n\
             ,bob,,{DJANGO},,,true,\r\n"
        ),
    );
    assert_eq!(folder.run(&["user", "import", "users.csv", "--json"]).done().counts(), [2, 0, 0]);
    let alice = folder.json(&["user", "show", "alice"]);
    assert_eq!(text(&alice, "/id"), "0197a3b0-0000-7000-8000-000000000000");
    assert_eq!((text(&alice, "/created_at"), text(&alice, "/metadata/plan")), ("2020-01-02T03:04:05Z", "gold, or so"));
    assert_eq!((&alice["roles"], text(&alice, "/email")), (&json!(["admin", "user"]), "alice@example.com"));
    let bob = folder.json(&["user", "show", "bob"]);
    assert_eq!((&bob["roles"], text(&bob, "/state"), &bob["email"]), (&json!(["user"]), "disabled", &Value::Null));
    // Another name for the same format; the wrong format is told.
    let csv = std::fs::read_to_string(folder.file("users.csv")).unwrap();
    assert_eq!(import(&folder, &["--format", "csv"], &csv).counts(), [0, 2, 0]);
    assert_eq!(import(&folder, &[], &csv).counts(), [0, 0, 3]);
}

#[test]
fn hashes_of_firebase_are_imported_without_the_signer_key() {
    let folder = Folder::new();
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
    let console = format!(
        "hash_config {{\n  algorithm: SCRYPT,\n  base64_signer_key: {key},\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 10,\n}}\n"
    );
    folder.write("firebase", &console);
    let hash = "EiOTPCZpQKD5TtsBDwQwA6i2o6SyuF/K3YZC4aYb+XueAjZ6oebiaUGzxn1BgyclOCPTHKi/gjo+KN7r4IIpzg==";
    let user = |salt: &str| json!({ "username": "alice", "password_hash": hash, "password_salt": salt }).to_string();
    let firebase = ["--firebase", "firebase"];
    assert_eq!(import(&folder, &[], &user("MDEyMzQ1Njc4OQ==")).counts(), [0, 0, 1]);
    assert_eq!(import(&folder, &firebase, &line("alice", hash)).counts(), [0, 0, 1]);
    assert_eq!(import(&folder, &firebase, &user("MDEyMzQ1Njc4OQ==")).counts(), [1, 0, 0]);
    assert_eq!(import(&folder, &firebase, &user("MDEyMzQ1Njc4OQ==")).counts(), [0, 1, 0]);
    let row = stored(&folder, "alice");
    assert!(
        row.starts_with("$firebase-scrypt$ln=10,r=8,p=1$") && !row.contains(&key[..12]) && !row.contains(&hash[..12])
    );
    let server = Server::start(&folder);
    assert_eq!(server.login("alice", PASSWORD, "api").status, 401);
    assert_eq!(server.login("alice", STAPLE, "api").status, 200);
    folder.write("firebase", console.replace("rounds", "round"));
    let said = import(&folder, &firebase, "");
    assert_eq!(said.code, 1);
    assert!(said.err.starts_with("error: firebase: line 5 is not one of") && !said.err.contains(key), "{}", said.err);
}

#[test]
fn many_lines_are_imported_by_the_batch_in_their_order() {
    let folder = Folder::new();
    let mut lines: Vec<String> = (0..600).map(|number| line(&format!("user{number}"), DJANGO)).collect();
    lines.insert(599, line("USER598", SCRYPT));
    folder.write("users.jsonl", lines.join("\n"));
    let said = folder.run(&["user", "import", "users.jsonl"]);
    assert_eq!((said.code, said.out.as_str()), (1, "600 imported, 0 already there, 1 refused\n"));
    assert!(said.err.contains("line 600: username: ") && said.err.contains(" %\n"), "{}", said.err);
    assert_eq!(folder.json(&["user", "list"]).as_array().unwrap().len(), 600);
    assert_eq!(stored(&folder, "user598"), DJANGO, "who comes first is first");
}

#[test]
fn a_file_that_cannot_be_read_is_said() {
    let folder = Folder::new();
    let said = folder.run(&["user", "import", "nowhere.jsonl"]);
    assert!(said.code == 1 && said.err.starts_with("error: nowhere.jsonl cannot be read: "), "{said:?}");
    folder.run(&["user", "import", "."]).refused(". is a folder");
    assert!(!folder.file("counterfoil.db").exists(), "no store is made for nothing");
    assert_eq!(folder.run(&["user", "import"]).code, 2);
    assert_eq!(folder.run(&["user", "import", "x", "--format", "xml"]).code, 2);
}
