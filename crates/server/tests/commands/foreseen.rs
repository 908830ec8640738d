//! `counterfoil user import --dry-run`: what it says is what the import says then, of every line.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::support::{Folder, Said};

/// Small files that have nothing to do with each other stand in one, so that few processes look at many.
const FILES: usize = 60;

const HASHES: [&str; 5] = [
    "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
    "pbkdf2_sha256$1000$seasalt22charactersXYZ$X+KnqBORtvVXDkfKpRoPT9izqVBOnNtNHtCKrcokemQ=",
    // Of the kind that this server makes.
    "$argon2id$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$pdTF8507jcWXjoGSpkGWk5bxVGLI081DxCP04RZcA3E",
    "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0",
    "not a hash",
];

/// A line, in which the number of its file is `#`. What is `null` is not said.
fn line() -> impl Strategy<Value = Value> {
    let names = ["n#a", "N#A", "n#b", "N#b", "n#c", "ｎ#a", "n#a ", "n#@a"];
    let emails = ["#a@example.com", "#A@Example.COM", "#b@example.com", "no address"];
    let ids = ["0000000#-0000-7000-8000-00000000000a", "0000000#-0000-7000-8000-00000000000b", "no id"];
    let roles = [json!(["user"]), json!(["admin"]), json!(["user", "admin"]), json!(["admin", "user"]), json!("user")];
    let metadata = [json!({}), json!({ "a": 1, "b": [2] }), json!({ "b": [2], "a": 1 }), json!({ "a": 1.0 })];
    let times = ["2020-01-02T03:04:05Z", "2020-01-02T04:04:05+01:00", "2020-01-02T03:04:06Z", "yesterday"];
    // Mostly left out, or no two lines would ever be the same.
    let rarely = |values: &[Value]| prop_oneof![4 => Just(Value::Null), 1 => select(values.to_vec())];
    let texts = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect::<Vec<_>>();
    let hash = prop_oneof![3 => select(texts(&HASHES[..1])), 2 => select(texts(&HASHES))];
    let email = prop_oneof![Just(Value::Null), select(texts(&emails))];
    let fields = (
        (select(texts(&names)), hash, email, rarely(&texts(&ids))),
        (rarely(&roles), rarely(&metadata), rarely(&[json!(true), json!(false)]), rarely(&texts(&times))),
    );
    fields.prop_map(|((username, password_hash, email, id), (roles, metadata, disabled, created_at))| {
        json!({ "username": username, "password_hash": password_hash, "email": email, "id": id, "roles": roles,
                "metadata": metadata, "disabled": disabled, "created_at": created_at })
    })
}

/// The lines of small files, each told apart from the others.
fn joined(files: &[Vec<Value>]) -> String {
    let text = |(number, line): (usize, &Value)| {
        let said: Map<String, Value> =
            line.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
        // The digits of ids are hexadecimal.
        Value::Object(said).to_string().replace("0000000#", &format!("{number:08x}")).replace('#', &number.to_string())
    };
    let lines = files.iter().enumerate().flat_map(|(number, lines)| lines.iter().map(move |line| text((number, line))));
    lines.collect::<Vec<_>>().join("\n")
}

/// What was said of each refused line, and how many were not.
fn report(said: &Said) -> Value {
    let mut report = said.json();
    report.as_object_mut().unwrap().remove("dry_run");
    report
}

proptest! {
    // Many by hand, with `IMPORT_CASES`.
    #![proptest_config(ProptestConfig {
        cases: std::env::var("IMPORT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_dry_run_refuses_the_lines_that_the_import_refuses_for_the_same_reasons(
        there in proptest::collection::vec(proptest::collection::vec(line(), 0..2), FILES),
        files in proptest::collection::vec(proptest::collection::vec(line(), 1..7), FILES),
    ) {
        let folder = Folder::new();
        folder.typed(&["user", "import", "-", "--json"], joined(&there));
        let users = || folder.json(&["user", "list"]).as_array().unwrap().len();
        let (text, before) = (joined(&files), users());
        let dry = folder.typed(&["user", "import", "-", "--json", "--dry-run"], &text);
        prop_assert_eq!(users(), before);
        let done = folder.typed(&["user", "import", "-", "--json"], &text);
        let (foreseen, report) = (report(&dry), report(&done));
        prop_assert_eq!(&foreseen, &report);
        // It is a test of something only if there was something to say.
        let imported = report["imported"].as_u64().unwrap();
        prop_assert!(imported > 0 && report["already_there"].as_u64() > Some(0));
        prop_assert_eq!(users() as u64, before as u64 + imported);
    }
}
