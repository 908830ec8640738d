//! What befalls the servers: nodes are killed or stand still, their clocks step, lines are cut or carry nothing, stores are killed
//! or stand still.

use std::thread::sleep;
use std::time::Duration;

use rusqlite::Connection;

use crate::chance::Chance;
use crate::history::{Act, Event, Fault, Moment, Part, Said};
use crate::nodes::Nodes;
use crate::place::Places;
use crate::plan::Plan;
use crate::support::Request;

/// How long a fault lasts at most, in milliseconds: several leases, and less than anybody waits for an answer.
const LONGEST: usize = 3500;
/// How long a node stands still now and then in a long run.
const A_MINUTE: Duration = Duration::from_secs(65);
/// Within this time everything serves again by itself, on a busy machine too.
const RECOVERY: Duration = Duration::from_secs(90);

/// Lets the nodes suffer until that moment.
pub(crate) fn harm_nodes(nodes: &Nodes, plan: &Plan, mut chance: Chance, until: Moment) {
    while !nodes.is_over(until) {
        sleep(chance.pause(100, 1500));
        let node = chance.below(nodes.count());
        let length = chance.pause(50, LONGEST);
        let length = if plan.is_long() && chance.one_in(20) { A_MINUTE } else { length };
        if plan.clocks.len() > 1 && chance.one_in(3) {
            // It stays so, also over a restart.
            let millis = *chance.pick(plan.clocks);
            harm(nodes, Part::Clock, format!("the clock of node {node} is off by {millis} ms"), || {
                nodes.set_clock(node, millis);
            });
        } else if length < A_MINUTE && chance.one_in(2) {
            harm(nodes, Part::Node, format!("node {node} is killed"), || {
                nodes.server(node).kill();
                sleep(length / 4);
                nodes.start_again(node);
            });
        } else {
            harm(nodes, Part::Node, format!("node {node} stands still for {length:?}"), || {
                nodes.server(node).signal("-STOP");
                sleep(length);
                nodes.server(node).signal("-CONT");
            });
        }
    }
}

/// Lets the stores and the lines to them suffer until that moment.
pub(crate) fn harm_stores(nodes: &Nodes, places: &mut Places, mut chance: Chance, until: Moment) {
    while !nodes.is_over(until) {
        sleep(chance.pause(500, 3000));
        let length = chance.pause(50, LONGEST);
        if places.stores.is_empty() {
            keep_the_file(nodes, length);
        } else if places.lines[0].is_empty() || chance.one_in(3) {
            harm_a_store(nodes, places, &mut chance, length);
        } else {
            harm_a_line(nodes, places, &mut chance, length);
        }
    }
}

fn harm_a_store(nodes: &Nodes, places: &mut Places, chance: &mut Chance, length: Duration) {
    let at = chance.below(places.stores.len());
    let (name, store) = &mut places.stores[at];
    if chance.one_in(2) {
        harm(nodes, Part::StoreKilled, format!("{name} is killed"), || {
            store.kill().unwrap();
            sleep(length / 4);
            store.start_again().unwrap();
        });
    } else {
        harm(nodes, Part::Store, format!("{name} stands still"), || {
            store.pause().unwrap();
            sleep(length);
            store.resume().unwrap();
        });
    }
}

fn harm_a_line(nodes: &Nodes, places: &Places, chance: &mut Chance, length: Duration) {
    let node = chance.below(places.lines.len());
    let line = chance.pick(&places.lines[node]);
    if chance.one_in(2) {
        harm(nodes, Part::Store, format!("node {node} is cut off"), || {
            line.cut();
            sleep(length);
            line.restore().unwrap();
        });
    } else {
        harm(nodes, Part::Store, format!("node {node} hears nothing"), || {
            line.stall();
            sleep(length);
            line.restore().unwrap();
        });
    }
}

/// Another program keeps the file for itself.
fn keep_the_file(nodes: &Nodes, length: Duration) {
    let database = Connection::open(nodes.server(0).database()).unwrap();
    if database.execute_batch("begin immediate").is_ok() {
        harm(nodes, Part::Store, "another program keeps the file".to_owned(), || sleep(length));
    }
}

/// Writes a fault down with its begin and its end.
pub(crate) fn harm(nodes: &Nodes, on: Part, what: String, deed: impl FnOnce()) {
    let begin = nodes.history.now();
    deed();
    let act = Act::Fault(Fault { what, on });
    let end = nodes.history.now();
    nodes.history.note(Event { begin, end, node: None, shown: None, act, said: Said::Yes, cleared: false });
}

/// Waits until every node says that it serves.
pub(crate) fn wait_for_recovery(nodes: &Nodes) {
    let until = nodes.history.now() + RECOVERY;
    for node in 0..nodes.count() {
        let ready = || {
            let port = nodes.port(node);
            let answer = crate::support::request::exchange(port, &Request::get("/readyz").to_bytes(port));
            answer.is_ok_and(|answer| answer.status == 200)
        };
        while !ready() {
            assert!(nodes.history.now() < until, "node {node} does not serve again\n{}", nodes.last_words());
            sleep(Duration::from_millis(50));
        }
    }
}
