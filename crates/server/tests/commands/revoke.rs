//! `counterfoil revoke`

use serde_json::{Value, json};

use crate::server::{Credential, MODES, Server};
use crate::support::{Folder, PASSWORD, text};

/// Of each of these credentials, whether it counts.
fn counting(server: &Server, credentials: &[Credential]) -> Vec<bool> {
    credentials.iter().map(|credential| server.status(credential) == 200).collect()
}

/// What the token that goes with this credential says.
fn claims(folder: &Folder, (_, value): &Credential) -> Value {
    let token = value.trim_start_matches("Bearer ");
    folder.typed(&["token", "decode", "-", "--json"], token).done().json()
}

#[test]
fn ss_10_a_client_is_revoked_at_once_and_the_others_are_not() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    for client in MODES {
        let credentials = MODES.map(|client| server.credential("alice", client));
        assert_eq!(counting(&server, &credentials), [true; 5]);
        assert_eq!(folder.json(&["revoke", "--client", client]), json!({ "revoked": { "client": client } }));
        assert_eq!(counting(&server, &credentials), MODES.map(|other| other != client), "{client}");
        assert_eq!(server.status(&server.credential("alice", client)), 200, "a new login counts");
    }
    folder.run(&["revoke", "--client", "ap"]).refused("there is no client `ap`; did you mean `api`?");
}

#[test]
fn ss_10_everything_is_revoked_at_once() {
    let folder = Folder::with_user("alice");
    folder.add("bob");
    let server = Server::start(&folder);
    let of = |user: &str| MODES.map(|client| server.credential(user, client));
    let credentials = [of("alice"), of("bob")].concat();
    assert_eq!(counting(&server, &credentials), [true; 10]);
    assert_eq!(folder.run(&["revoke", "--all", "--wait"]).done().out, "Every login of everybody has ended.\n");
    assert_eq!(counting(&server, &credentials), [false; 10]);
    assert_eq!(folder.json(&["session", "list"]), json!([]));
    assert_eq!(counting(&server, &of("bob")), [true; 5], "new logins count");
    assert_eq!(folder.json(&["revoke", "--all", "--yes", "--no-wait"]), json!({ "revoked": { "all": true } }));
}

#[test]
fn ss_10_a_user_is_revoked_at_once_and_may_come_back() {
    let folder = Folder::with_user("alice");
    folder.add("bob");
    let server = Server::start(&folder);
    let credentials = MODES.map(|client| server.credential("alice", client));
    let other = server.credential("bob", "api");
    folder.run(&["revoke", "--user", "alice"]).done();
    assert_eq!(counting(&server, &credentials), [false; 5]);
    assert_eq!(server.status(&other), 200);
    assert_eq!(server.login("alice", PASSWORD, "web").status, 200);
    folder.run(&["revoke", "--user", "alcie"]).refused("there is no user `alcie`; did you mean `alice`?");
}

#[test]
fn a_session_a_token_and_a_key_are_revoked_at_once() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    let credentials = MODES.map(|client| server.credential("alice", client));
    let sessions = folder.json(&["session", "list"]);
    let web = sessions.as_array().unwrap().iter().find(|session| session["client"] == "web").unwrap();
    let id = text(web, "/id");
    assert_eq!(folder.json(&["revoke", "--session", id]), json!({ "revoked": { "session": id } }));
    assert_eq!(counting(&server, &credentials), [false, true, true, true, true]);
    folder.run(&["revoke", "--session", id]).refused(&format!("there is no session {id}, or no longer"));

    let jti = claims(&folder, &credentials[3]).to_string();
    let jti = jti.split("\"jti\"").nth(1).unwrap().split('"').find(|word| word.len() == 36).unwrap().to_owned();
    assert_eq!(folder.json(&["revoke", "--token-id", &jti]), json!({ "revoked": { "token_id": jti } }));
    assert_eq!(counting(&server, &credentials), [false, true, true, false, true]);

    let keys = folder.json(&["key", "list"]);
    let active = keys.as_array().unwrap().iter().find(|key| key["state"] == "active").unwrap();
    let kid = text(active, "/kid");
    assert_eq!(folder.json(&["revoke", "--key", kid]), json!({ "revoked": { "key": kid } }));
    assert_eq!(counting(&server, &credentials), [false, false, false, false, true]);
    assert_eq!(server.status(&server.credential("alice", "api")), 200, "the next key signs");
    assert_eq!(folder.run(&["revoke", "--key", "nobodys"]).code, 1);
}

#[test]
fn roles_that_are_taken_away_are_gone_in_every_kind() {
    let folder = Folder::with_user("alice");
    folder.run(&["user", "roles", "alice", "--add", "editor"]).done();
    let server = Server::start(&folder);
    let credentials = MODES.map(|client| server.credential("alice", client));
    let may = |credential: &Credential| {
        server.request("GET", "/verify?role=editor", std::slice::from_ref(credential), "").status
    };
    assert_eq!(credentials.each_ref().map(may), [200; 5]);
    folder.run(&["user", "roles", "alice", "--remove", "editor"]).done();
    assert_eq!(credentials.each_ref().map(may), [403; 5]);
    folder.run(&["user", "roles", "alice", "--add", "editor"]).done();
    assert_eq!(credentials.each_ref().map(may), [200; 5]);
}
