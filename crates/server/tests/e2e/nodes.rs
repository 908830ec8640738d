//! Several nodes on one store.

use serde_json::json;

use crate::support::patience::{comes, found};
use crate::support::person::counts;
use crate::support::{MODES, Person, Place, Request, Server, Setup};

/// The same on each kind of store that nodes can share over a network.
macro_rules! set_ups {
    ($($name:ident)*) => { $(
        mod $name {
            use super::*;

            #[test]
            fn what_ends_on_one_node_ends_on_the_others() {
                ends_everywhere(&Place::$name());
            }

            #[test]
            fn a_node_with_another_secret_is_refused() {
                needs_the_secret(&Place::$name());
            }

            #[test]
            fn nobody_is_told_the_password_of_a_store() {
                keeps_the_password(&Place::$name());
            }

            #[test]
            fn nodes_that_start_at_once_on_an_empty_store_all_come_up() {
                starts_at_once(&Place::$name());
            }
        }
    )* };
}
set_ups!(postgres mariadb postgres_redis mariadb_redis_cluster);

#[test]
fn an_installation_does_not_keep_its_sessions_among_those_of_another() {
    let keys = xtask::services::fresh::redis().unwrap();
    let mut first = Setup::default().at(&Place::sqlite_with_sessions(&keys)).start();
    let ticket = Person::new(&first).logs_in(&first, &MODES[0]);
    let folder = tempfile::tempdir().unwrap();
    let done = Setup::default().at(&Place::sqlite_with_sessions(&keys)).fails_in(folder.path());
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stderr.contains("the place for sessions belongs to another installation"), "{done:?}");
    assert!(done.stderr.contains("`prefix`"), "{done:?}");
    first.start_again();
    assert!(counts(&first, &ticket), "the first one may come again");
}

fn ends_everywhere(place: &Place) {
    let [first, second] = [(); 2].map(|()| Setup::node(place).start());
    let person = Person::new(&first);
    for mode in MODES {
        let ticket = person.logs_in(&first, &mode);
        assert!(counts(&second, &ticket), "{}: one node's login is the other's", mode.client);
        first.send(&ticket.on(Request::post("/logout"))).expect(204);
        assert!(!counts(&second, &ticket), "{}: after the logout elsewhere", mode.client);
    }
    let tickets = MODES.map(|mode| person.logs_in(&first, &mode));
    assert!(tickets.iter().all(|ticket| counts(&second, ticket) && counts(&first, ticket)));
    second.send(&tickets[0].on(Request::delete("/sessions"))).expect(204);
    for (mode, ticket) in MODES.iter().zip(&tickets) {
        assert!(!counts(&first, ticket), "{}: after the end of all of them elsewhere", mode.client);
    }
    let refreshing = person.logs_in(&first, &MODES[2]);
    let answers = [&second, &first].map(|server| server.send(&refreshing.refreshing()).expect(200).json());
    assert_eq!(answers[0]["refresh_token"], answers[1]["refresh_token"], "both nodes find the same successor");
}

fn needs_the_secret(place: &Place) {
    // The first makes the file with the secret.
    let with_file = Setup::default().at(place).variable("COUNTERFOIL_TOKENS_ISSUER", "https://issuer.example");
    let first = with_file.clone().start();
    let ticket = Person::new(&first).logs_in(&first, &MODES[2]);
    for (other, words) in [
        (Setup::node(place), "the secret is not the one that this store was set up with"),
        (Setup::default().at(place), "the store was set up with a secret, and counterfoil.secret is missing"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let done = other.fails_in(folder.path());
        assert_eq!(done.code, Some(1), "{done:?}");
        let errors: Vec<_> = done.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(errors.len() == 1 && errors[0].contains(words), "{done:?}");
    }
    assert!(counts(&first, &ticket), "the first goes on");
    let second = with_file.beside(&first);
    assert!(counts(&second, &ticket), "and with the right secret another may join");
}

fn keeps_the_password(place: &Place) {
    let verbose = "[log]\nlevel = \"trace\"";
    let server = Setup::node(place).config(verbose).variable("RUST_LOG", "trace").start();
    let person = Person::new(&server);
    for mode in MODES {
        let ticket = person.logs_in(&server, &mode);
        assert!(counts(&server, &ticket));
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
    }
    let ready = found(|| Some(server.send(&Request::get("/readyz"))).filter(|answer| answer.status == 200)).unwrap();
    let said = format!("{ready}{}", server.log());
    let passwords = place.passwords();
    assert!(!passwords.is_empty() && said.contains(&person.id), "there is something to be seen");
    for password in passwords {
        assert!(!said.contains(&password), "{}", said.replace(&password, "HERE"));
    }
}

fn starts_at_once(place: &Place) {
    let setup = Setup::node(place);
    let nodes: Vec<Server> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..5).map(|_| scope.spawn(|| setup.clone().start())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let person = Person::new(&nodes[0]);
    let tickets = MODES.map(|mode| person.logs_in(&nodes[1], &mode));
    let keys = |node: &Server| node.send(&Request::get("/.well-known/jwks.json")).expect(200).json()["keys"].clone();
    let same = || nodes.iter().all(|node| keys(node) == keys(&nodes[0]));
    assert!(comes(same), "all have the same keys");
    for node in &nodes {
        assert!(tickets.iter().all(|ticket| counts(node, ticket)));
    }
    let logs: Vec<String> = nodes.iter().map(Server::log).collect();
    let links = logs.iter().filter_map(|log| Some(log.split_once("/setup?code=")?.1.lines().next()?.to_owned()));
    let opened =
        |code: &String| nodes[0].send(&Request::get(&format!("/setup?code={code}")).in_browser()).status == 200;
    assert_eq!(links.filter(opened).count(), 1, "one link makes the first administrator");
    let taken = json!({ "username": person.username, "password": crate::support::PASSWORD });
    nodes[2].send(&Request::post("/register").json(&taken)).refusal(409, "taken");
}
