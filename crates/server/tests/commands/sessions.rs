//! `counterfoil session …`

use serde_json::json;

use crate::server::{MODES, Server, soon};
use crate::support::{Folder, text};

#[test]
fn ss_10_list_shows_everybodys_or_one_users_and_revoke_ends_one() {
    let folder = Folder::with_user("alice");
    folder.add("bob");
    assert_eq!(folder.json(&["session", "list"]), json!([]));
    let server = Server::start(&folder);
    let credentials = MODES.map(|client| server.credential("alice", client));
    server.credential("bob", "web");
    let all = folder.json(&["session", "list"]);
    assert_eq!(all.as_array().unwrap().len(), 5, "{all:#}");
    let hers = folder.json(&["session", "list", "--user", "alice"]);
    let of = |client: &str| hers.as_array().unwrap().iter().find(|session| session["client"] == client);
    assert!(MODES.iter().all(|client| of(client).is_some() == (*client != "stateless")), "{hers:#}");
    let device = of("device").unwrap();
    assert_eq!((text(device, "/user"), text(device, "/kind"), text(device, "/ip")), ("alice", "token", "127.0.0.1"));
    // What is printed lets nobody in.
    let table = folder.run(&["session", "list"]).done().out;
    assert!(!table.contains("cf_") && !hers.to_string().contains("cf_"));
    let revoked = folder.json(&["session", "revoke", text(device, "/id")]);
    assert_eq!(revoked, json!({ "revoked": text(device, "/id") }));
    soon("401 for the device alone", || server.status(&credentials[4]) == 401);
    assert!(credentials[..4].iter().all(|credential| server.status(credential) == 200));
    let id = text(device, "/id");
    folder.run(&["session", "revoke", id]).refused(&format!("there is no session {id}, or no longer"));
    folder.run(&["session", "list", "--user", "alcie"]).refused("there is no user `alcie`; did you mean `alice`?");
}

#[test]
fn a_jwt_ends_with_its_session() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    let token = server.credential("alice", "api");
    assert_eq!(server.status(&token), 200);
    let id = folder.json(&["session", "list"])[0]["id"].as_str().unwrap().to_owned();
    folder.run(&["session", "revoke", &id]).done();
    assert_eq!(server.status(&token), 401, "at once");
}

#[test]
fn purge_says_how_many_it_has_removed() {
    let folder = Folder::with_user("alice");
    folder
        .write("counterfoil.toml", "[clients.web]\nlifetime = \"1s\"\nidle = \"1s\"\n[store]\npurge_every = \"1h\"\n");
    let server = Server::start(&folder);
    server.credential("alice", "web");
    server.credential("alice", "device");
    soon("the session of `web` has expired", || folder.json(&["session", "list"]).as_array().unwrap().len() == 1);
    assert_eq!(
        folder.json(&["session", "purge"]),
        json!({ "removed": 1, "sessions": 1, "grants": 0, "entries": 0, "attempts": 0 })
    );
    assert_eq!(folder.run(&["session", "purge"]).done().out, "Nothing has expired.\n");
    assert_eq!(folder.json(&["session", "list"]).as_array().unwrap().len(), 1);
}
