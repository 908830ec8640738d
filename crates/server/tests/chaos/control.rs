//! The counter-test: nodes that are told not to wait for each other are caught.

use crate::checker::{self, Wrong};
use crate::history::{Act, End, Said, Whose};
use crate::nodes::{CONFIG, Nodes};
use crate::place::{Kind, Places};
use crate::support::{MODES, Request};
use xtask::services::Proxy;

#[test]
fn nodes_that_do_not_wait_for_each_other_are_caught() {
    let config = CONFIG.replace("lease = \"1s\"", "lease = \"1m\"\nwait = \"local\"");
    let places = Places::start(Kind::Postgres, 2);
    let nodes = Nodes::start_as(&places, &config);
    let account = nodes.register(0, "somebody".to_owned()).unwrap();
    let logins = MODES.map(|mode| nodes.log_in(0, &account, 0, mode).unwrap());
    for held in &logins {
        assert_eq!(nodes.check(1, held.login, &held.newest, "/verify"), Some(Said::Yes), "it remembers from now on");
    }
    // One hears nothing, and has a long lease.
    places.lines[1].iter().for_each(Proxy::stall);
    for held in &logins {
        let end = End { by: Some(held.login), what: "logout", whose: Whose::One(held.login) };
        let logout = held.newest.on(Request::post("/logout"));
        let answer = nodes.ask(0, &logout, |_| Act::End(end));
        assert_eq!(answer.map(|(said, _)| said), Some(Said::Yes));
        nodes.check(1, held.login, &held.newest, "/verify");
    }
    let violations = checker::check(&nodes.history.events(), &checker::RULES);
    let found: Vec<_> = violations.iter().map(|violation| violation.wrong).collect();
    assert_eq!(found, [Wrong::AcceptedAfterEnd; MODES.len()]);
}
