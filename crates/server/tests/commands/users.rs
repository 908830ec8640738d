//! `counterfoil user …`

use serde_json::{Value, json};

use crate::server::{MODES, Server, soon};
use crate::support::{Folder, PASSWORD, text};

#[test]
fn add_prints_the_user_and_never_the_password() {
    let folder = Folder::new();
    let arguments = [
        "user",
        "add",
        "Alice",
        "--email",
        "alice@example.com",
        "--role",
        "admin",
        "--role",
        "editor",
        "--password-stdin",
    ];
    let said = folder.typed(&[&arguments[..], &["--json"]].concat(), PASSWORD).done();
    let user = said.json();
    assert_eq!(text(&user, "/username"), "Alice");
    assert_eq!(text(&user, "/email"), "alice@example.com");
    assert_eq!((&user["roles"], text(&user, "/state")), (&json!(["admin", "editor"]), "active"));
    assert!(text(&user, "/created_at").ends_with('Z'));
    assert!(!said.out.contains(PASSWORD) && !said.err.contains(PASSWORD));
    assert!(folder.file("counterfoil.db").exists());
    // Without a role: that of whoever registers.
    let said = folder.typed(&["user", "add", "bob", "--password-stdin"], format!("{PASSWORD}\nsecond line")).done();
    assert!(said.out.lines().any(|line| line == "roles       user"), "{}", said.out);
    assert_eq!(said.err, "");
}

#[test]
fn the_password_is_the_first_line_exactly() {
    let folder = Folder::new();
    let spaced = "  spaces at both ends  ";
    folder.typed(&["user", "add", "alice", "--password-stdin"], format!("{spaced}\nmore")).done();
    let server = Server::start(&folder);
    assert_eq!(server.login("alice", spaced, "api").status, 200);
    for other in [spaced.trim(), &format!("{spaced}\n"), &format!("{spaced}\nmore")] {
        assert_eq!(server.login("alice", other, "api").status, 401, "{other:?}");
    }
}

#[test]
fn the_end_of_the_line_is_no_part_of_the_password() {
    let folder = Folder::new();
    for (name, end) in [("alice", "\n"), ("bob", "\r\n"), ("carol", "")] {
        folder.typed(&["user", "add", name, "--password-stdin"], format!("{PASSWORD}{end}")).done();
    }
    folder.typed(&["user", "add", "dora", "--password-stdin"], format!("{PASSWORD}\r")).done();
    let server = Server::start(&folder);
    for name in ["alice", "bob", "carol"] {
        assert_eq!(server.login(name, PASSWORD, "api").status, 200, "{name}");
    }
    // A carriage return ends no line.
    assert_eq!(server.login("dora", &format!("{PASSWORD}\r"), "api").status, 200);
    assert_eq!(server.login("dora", PASSWORD, "api").status, 401);
}

#[test]
fn what_makes_no_user_is_said_and_exits_with_1() {
    let folder = Folder::with_user("alice");
    let add = |name: &str, input: &[u8]| folder.typed(&["user", "add", name, "--password-stdin"], input);
    add("ALICE", PASSWORD.as_bytes()).refused("the username is taken");
    add("bob", b"").refused("standard input is empty: its first line is the password");
    add("bob", b"\xff\xfe\n").refused("the password on standard input is not UTF-8");
    add("bob", &[b'x'; 1025]).refused("a password may be at most 1024 bytes long");
    for (name, password, part) in [("bob", "short", "needs at least"), ("a b", PASSWORD, "username: ")] {
        let said = add(name, password.as_bytes());
        assert_eq!((said.code, said.out.as_str(), said.err.contains(part)), (1, "", true), "{said:?}");
    }
    folder
        .run(&["user", "add", "bob"])
        .refused("there is no terminal to ask at: give the password on standard input, with --password-stdin");
    assert_eq!(folder.json(&["user", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn list_and_show() {
    let folder = Folder::with_user("alice");
    folder.add("bob");
    let users = folder.json(&["user", "list"]);
    let names: Vec<_> = users.as_array().unwrap().iter().map(|user| text(user, "/username")).collect();
    assert_eq!(names, ["alice", "bob"]);
    let table = folder.run(&["user", "list"]).done().out;
    assert!(table.starts_with("ID ") && table.lines().count() == 3, "{table}");
    // By name in any case, and by id.
    let shown = folder.json(&["user", "show", "ALICE"]);
    assert_eq!(shown, folder.json(&["user", "show", text(&shown, "/id")]));
    assert_eq!((&shown["metadata"], &shown["sessions"]), (&json!({}), &json!(0)));
    folder.run(&["user", "show", "alcie"]).refused("there is no user `alcie`; did you mean `alice`?");
    folder.run(&["user", "show", "somebody"]).refused("there is no user `somebody`");
}

#[test]
fn roles_are_added_removed_and_replaced() {
    let folder = Folder::with_user("alice");
    let roles = |more: &[&str]| folder.json(&[&["user", "roles", "alice"], more].concat())["roles"].clone();
    assert_eq!(roles(&[]), json!(["user"]));
    assert_eq!(roles(&["--add", "editor", "--add", "admin", "--remove", "user"]), json!(["admin", "editor"]));
    assert_eq!(roles(&["--set", "reader"]), json!(["reader"]));
    assert_eq!(roles(&["--remove", "reader"]), json!([]));
    assert_eq!(roles(&[]), json!([]));
}

#[test]
fn metadata_is_replaced_and_printed() {
    let folder = Folder::with_user("alice");
    let metadata = ["user", "metadata", "alice"];
    assert_eq!(folder.json(&metadata), json!({}));
    folder.run(&[&metadata[..], &[r#"{"plan":"gold"}"#]].concat()).done();
    assert_eq!(folder.json(&metadata), json!({ "plan": "gold" }));
    folder.typed(&[&metadata[..], &["-"]].concat(), r#"{"plan":"tin","seats":[1,2]}"#).done();
    assert_eq!(folder.json(&["user", "show", "alice"])["metadata"], json!({ "plan": "tin", "seats": [1, 2] }));
    let wrong = |json| folder.run(&[&metadata[..], &[json]].concat());
    wrong("[]").refused("the metadata is not a JSON object");
    wrong(r#"{"a":1,"a":2}"#).refused("the metadata cannot be read: it has the member \"a\" twice");
}

#[test]
fn delete_asks_first() {
    let folder = Folder::with_user("alice");
    folder.run(&["user", "delete", "alice"]).refused("there is no terminal to ask at: say --yes if it is meant");
    assert_eq!(folder.json(&["user", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(folder.run(&["user", "delete", "alice", "--yes"]).done().out, "alice is deleted.\n");
    assert_eq!(folder.json(&["user", "list"]), json!([]));
}

#[test]
fn a_store_that_cannot_be_used_is_said() {
    let folder = Folder::new();
    folder.run(&["user", "list", "--store", "memory:"]).refused(
        "a store in memory is seen by its own server alone: name the file of a store, as in --store sqlite:PATH",
    );
    folder.write("broken.db", "this is no database, and stays as it is: ".repeat(100));
    let said = folder.run(&["user", "list", "--store", "sqlite:broken.db"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.starts_with("error: ") && said.err.contains("broken.db"), "{}", said.err);
    assert!(std::fs::read(folder.file("broken.db")).unwrap().starts_with(b"this is no database"));
    let said = folder.typed(&["user", "add", "alice", "--password-stdin", "--store", "sqlite:new.db"], PASSWORD).done();
    assert_eq!(said.err, "note: new.db was not there, and is made\n");
}

#[test]
fn a_disabled_user_is_out_of_a_running_server_in_every_mode() {
    let folder = Folder::with_user("alice");
    folder.add("bob");
    let server = Server::start(&folder);
    let credentials = MODES.map(|client| server.credential("alice", client));
    let bobs = MODES.map(|client| server.credential("bob", client));
    assert!(credentials.iter().chain(&bobs).all(|credential| server.status(credential) == 200));
    assert_eq!(folder.json(&["user", "show", "alice"])["sessions"], json!(4), "`stateless` stores nothing");
    assert_eq!(folder.json(&["user", "disable", "alice"])["state"], json!("disabled"));
    soon("401 for all of alice's", || credentials.iter().all(|credential| server.status(credential) == 401));
    assert_eq!(server.login("alice", PASSWORD, "api").status, 401);
    assert!(bobs.iter().all(|credential| server.status(credential) == 200), "bob is not alice");
    assert_eq!(folder.json(&["user", "enable", "alice"])["state"], json!("active"));
    let fresh = server.credential("alice", "stateless");
    soon("200 for a new login", || server.status(&fresh) == 200);
    assert!(credentials.iter().all(|credential| server.status(credential) == 401), "what has ended stays ended");
}

#[test]
fn when_a_command_that_ends_something_exits_it_has_ended() {
    let folder = Folder::with_user("alice");
    folder.add("bob");
    folder.add("carol");
    let server = Server::start(&folder);
    let ended = |name: &str, arguments: &[&str], input: &str| {
        let credentials = MODES.map(|client| server.credential(name, client));
        folder.typed(arguments, input).done();
        let statuses = credentials.map(|credential| server.status(&credential));
        assert_eq!(statuses, [401; 5], "{arguments:?}");
    };
    ended("alice", &["user", "disable", "alice"], "");
    ended("bob", &["user", "password", "bob", "--password-stdin"], "five noisy magpies");
    ended("carol", &["user", "delete", "carol", "--yes"], "");
}

#[test]
fn a_new_password_ends_every_login() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    let credentials = MODES.map(|client| server.credential("alice", client));
    let other = "five noisy magpies";
    let said = folder.typed(&["user", "password", "alice", "--password-stdin"], other).done();
    assert_eq!(said.out, "alice has a new password. Every login of before has ended.\n");
    soon("401 for all", || credentials.iter().all(|credential| server.status(credential) == 401));
    assert_eq!(server.login("alice", PASSWORD, "api").status, 401);
    assert_eq!(server.login("alice", other, "api").status, 200);
}

#[test]
fn a_deleted_user_is_out_and_roles_reach_a_running_server() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    let credentials = MODES.map(|client| server.credential("alice", client));
    folder.run(&["user", "roles", "alice", "--add", "editor"]).done();
    let web = std::slice::from_ref(&credentials[0]);
    soon("the new role in the profile", || {
        let profile: Value = server.request("GET", "/profile", web, "").json();
        profile.pointer("/user/roles") == Some(&json!(["editor", "user"]))
    });
    folder.run(&["user", "delete", "alice", "--yes"]).done();
    soon("401 for all", || credentials.iter().all(|credential| server.status(credential) == 401));
}
