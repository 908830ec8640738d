//! A file of stolen passwords, beside a running server.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::{login, register};
use crate::support::{MODES, PASSWORD, Person, Request, Setup};

/// SHA-1 of "nine yellow lemons", made by `sha1sum`.
const LEMONS: &str = "F81489CCB87002BC9DD97076CE6158AB70739CA6";

/// A file that holds this hash among others.
fn write(path: &Path, hash: &str) {
    let mut lines: Vec<String> = (0..2000_u32).map(|n| format!("{:08X}{:032X}", n * 2_000_003, n)).collect();
    lines.push(hash.to_owned());
    lines.sort();
    let text = lines.iter().enumerate().fold(String::new(), |mut text, (count, hash)| {
        let _ = write!(text, "{hash}:{}\r\n", count + 1);
        text
    });
    std::fs::write(path, text).unwrap();
}

#[test]
fn pw_05_a_stolen_password_is_refused_and_an_unreadable_list_is_no_yes() {
    let folder = tempfile::TempDir::new().unwrap();
    let list = folder.path().join("stolen");
    write(&list, LEMONS);
    let config = format!("[passwords]\nbreached_hashes = {:?}\n", list.display().to_string());
    let server = Setup::default().config(&config).start_in(folder);
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[0]);
    let change = |new: &str| {
        let body = json!({ "current_password": PASSWORD, "new_password": new });
        server.send(&ticket.on(Request::post("/password").json(&body)))
    };
    let stolen = "nine yellow lemons";
    register(&server, "fruiterer", stolen).refusal_naming(422, "stolen");
    change(stolen).refusal_naming(422, "stolen");
    register(&server, "fruiterer", "nine yellow lemonz").expect(201);

    // While it cannot be read nobody gets a new password, and everybody logs in.
    std::fs::rename(&list, list.with_extension("away")).unwrap();
    for answer in [register(&server, "later", "nine yellow lemonz"), change("nine yellow lemonz")] {
        answer.problem(503);
        assert!(answer.header("retry-after").is_some(), "{answer}");
        assert!(!answer.text().contains("away") && !answer.text().contains("stolen"), "{answer}");
    }
    assert!(server.writes("the list of breached passwords cannot be read"), "{}", server.log());
    assert_eq!(login(&server, &person.username, PASSWORD), 200);

    // A newer one takes its place without a restart.
    write(&list.with_extension("new"), "0000000000000000000000000000000000000ABC");
    std::fs::rename(list.with_extension("new"), &list).unwrap();
    register(&server, "later", stolen).expect(201);
}
