//! An end that was answered is there after a crash: of the node, of the store, of both. `CHAOS_CYCLES=200` makes the long run.

use std::thread::{scope, sleep};

use crate::chance::Chance;
use crate::checker;
use crate::faults::{harm, wait_for_recovery};
use crate::history::{End, Login, Part, Said, Whose};
use crate::load::{Account, Held};
use crate::nodes::Nodes;
use crate::place::{Kind, Places};
use crate::plan::{Plan, RIGHT, cycles};
use crate::support::{MODES, Request, Ticket};

macro_rules! set_ups {
    ($($name:ident $kind:ident)*) => { $(
        #[test]
        fn $name() {
            no_end_is_lost(Kind::$kind);
        }
    )* };
}
set_ups!(
    ends_survive_kill_9_on_sqlite Sqlite
    ends_survive_kill_9_on_postgres Postgres
    ends_survive_kill_9_on_mariadb MariaDb
);

/// Each kind of credential in turn, and each sort of crash. In three cycles of four the crash comes right after the
/// answer, and else at any moment around it; then the end may have been answered or not.
fn no_end_is_lost(kind: Kind) {
    let plan = Plan { nodes: 1, ..Plan::read(RIGHT) };
    let mut chance = Chance::new(plan.seed, 0);
    let mut places = Places::start(kind, plan.nodes);
    let nodes = Nodes::start(&places);
    let mut dead: Vec<(Login, Ticket)> = Vec::new();
    let alive = {
        let account = register(&nodes, "bystander");
        MODES.map(|mode| nodes.for_sure(|| nodes.log_in(0, &account, 0, mode)))
    };
    for cycle in 0..cycles() {
        // A new one each time: of an end without an answer nobody knows how long it may come.
        let account = register(&nodes, &format!("person{cycle}"));
        let mode = MODES[cycle % MODES.len()];
        let held = nodes.for_sure(|| nodes.log_in(0, &account, 0, mode));
        nodes.check(0, held.login, &held.newest, "/verify");
        let races = cycle % 4 == 3;
        let said = scope(|scope| {
            let ending = scope.spawn(|| end(&nodes, &account, &held, cycle));
            if races {
                sleep(chance.pause(0, 150));
                crash(&nodes, &mut places, cycle);
                return ending.join().unwrap();
            }
            let said = ending.join().unwrap();
            crash(&nodes, &mut places, cycle);
            said
        });
        // Put off, because the machine was busy or the node was killed: then it may be done, or not.
        assert!(
            races || matches!(said, Some(Said::Yes | Said::Later | Said::Nothing)),
            "{said:?}\n{}",
            nodes.last_words()
        );
        wait_for_recovery(&nodes);
        nodes.check(0, held.login, &held.newest, "/verify");
        if said == Some(Said::Yes) {
            nodes.refresh(0, held.login, &held.mode, &held.newest);
            dead.push((held.login, held.newest));
        }
    }
    let alive = alive.iter().map(|held| (held.login, held.newest.clone()));
    for (login, ticket) in dead.iter().cloned().chain(alive) {
        nodes.check(0, login, &ticket, "/verify");
    }
    println!("{kind:?}: {} cycles, {} ends answered", cycles(), dead.len());
    checker::holds(&nodes, &plan);
    assert!(dead.len() * 2 >= cycles(), "most of those that were asked for before the crash are answered");
}

/// Somebody with an account. Of a registration that was put off nobody knows, so each has a name of its own.
fn register(nodes: &Nodes, name: &str) -> Account {
    let mut names = (0..).map(|time| format!("{name}x{time}"));
    nodes.for_sure(|| nodes.register(0, names.next()?))
}

/// Ends the login, by each way in turn.
fn end(nodes: &Nodes, account: &Account, held: &Held, cycle: usize) -> Option<Said> {
    let (what, request, whose) = match cycle / MODES.len() % 2 {
        0 => ("logout", Request::post("/logout"), Whose::One(held.login)),
        _ => (
            "DELETE /sessions",
            Request::delete("/sessions"),
            Whose::All { user: account.user, spared: None, password: None },
        ),
    };
    nodes.end(0, &held.newest.on(request), &End { by: Some(held.login), what, whose })
}

/// Kills the node, the store, or both, and starts what was killed again.
fn crash(nodes: &Nodes, places: &mut Places, cycle: usize) {
    let store = places.stores.first_mut().map(|(_, store)| store);
    let (kills_node, kills_store) = match cycle % 3 {
        _ if store.is_none() => (true, false),
        0 => (true, false),
        1 => (false, true),
        _ => (true, true),
    };
    harm(nodes, Part::StoreKilled, format!("killed: the node {kills_node}, the store {kills_store}"), || {
        if kills_node {
            nodes.server(0).kill();
        }
        if let Some(store) = store.filter(|_| kills_store) {
            store.kill().unwrap();
            store.start_again().unwrap();
        }
        if kills_node {
            nodes.start_again(0);
        }
    });
}
