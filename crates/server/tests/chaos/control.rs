//! The counter-test: nodes that are told not to wait for each other are caught.

use crate::checker::{self, Wrong};
use crate::history::{Act, End, Said, Whose};
use crate::load::Held;
use crate::nodes::{CONFIG, Nodes};
use crate::place::{Kind, Places};
use crate::support::{MODES, Request};
use xtask::services::Proxy;

#[test]
fn nodes_that_do_not_wait_for_each_other_are_caught() {
    let (_places, nodes, logins) = deaf_node();
    for held in &logins {
        let end = End { by: Some(held.login), what: "logout", whose: Whose::One(held.login) };
        let logout = held.newest.on(Request::post("/logout"));
        let answer = nodes.ask(0, &logout, |_| Act::End(end));
        assert_eq!(answer.map(|(said, _)| said), Some(Said::Yes));
    }
    are_caught(&nodes, &logins, MODES.len());
}

#[test]
fn commands_that_do_not_wait_for_nodes_are_caught() {
    let (_places, nodes, logins) = deaf_node();
    let key = logins.iter().find_map(|held| nodes.papers.shown(&held.newest.alone_on(Request::get("/")))?.key.clone());
    let key = key.unwrap();
    for (arguments, whose, logins, caught) in [
        (vec!["--client", "web"], Whose::Client("web"), &logins[..1], 1),
        (vec!["--key", &key], Whose::Key(key.clone()), &logins[1..4], 1 + 3),
        (vec!["--all", "--yes"], Whose::Everybody, &logins[4..], 1 + 3 + 1),
    ] {
        let arguments = [&["revoke", "--no-wait"], &*arguments].concat();
        assert_eq!(nodes.command(&arguments, "", Act::End(End { by: None, what: "revoke", whose })), Said::Yes);
        are_caught(&nodes, logins, caught);
    }
}

/// Two nodes that wait for nobody, of which the second remembers a login in each mode, hears nothing, and has a long lease.
fn deaf_node() -> (Places, Nodes, [Held; MODES.len()]) {
    // And much patience: here nothing befalls the store.
    let config = CONFIG.replace("lease = \"1s\"", "lease = \"1m\"\nwait = \"local\"");
    let config = config.replace("timeout = \"1s\"", "timeout = \"30s\"");
    let places = Places::start(Kind::Postgres, 2);
    let nodes = Nodes::start_as(&places, &config);
    let account = nodes.register(0, "somebody".to_owned()).unwrap();
    let logins = MODES.map(|mode| nodes.log_in(0, &account, 0, mode).unwrap());
    for held in &logins {
        assert_eq!(nodes.check(1, held.login, &held.newest, "/verify"), Some(Said::Yes), "it remembers from now on");
    }
    places.lines[1].iter().for_each(Proxy::stall);
    (places, nodes, logins)
}

fn are_caught(nodes: &Nodes, logins: &[Held], caught: usize) {
    for held in logins {
        nodes.check(1, held.login, &held.newest, "/verify");
    }
    let violations = checker::check(&nodes.history.events(), &checker::RULES);
    let found: Vec<_> = violations.iter().map(|violation| violation.wrong).collect();
    assert_eq!(found, vec![Wrong::AcceptedAfterEnd; caught]);
}
