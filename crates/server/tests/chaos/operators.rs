//! What operators do at the command line while people come and go: they rotate keys, and revoke a client, a key, or everything.

use std::thread::{scope, sleep};

use crate::chance::Chance;
use crate::history::{Act, End, Fault, Moment, Part, Said, Whose};
use crate::nodes::Nodes;
use crate::papers::{Found, Paper};
use crate::support::MODES;

/// How many credentials are looked at before and after.
const SHOWN: usize = 6;

/// Works until that moment.
pub(crate) fn operate(nodes: &Nodes, mut chance: Chance, until: Moment) {
    while !nodes.is_over(until) {
        sleep(chance.pause(500, 4000));
        match chance.below(10) {
            0..3 => rotate(nodes),
            3..7 => {
                let client = chance.pick(&MODES).client;
                revoke(nodes, &mut chance, "revoke --client", &["revoke", "--client", client], Whose::Client(client));
            }
            7..9 => revoke_a_key(nodes, &mut chance),
            _ => revoke(nodes, &mut chance, "revoke --all", &["revoke", "--all", "--yes"], Whose::Everybody),
        }
    }
}

/// No harm, if it is done well: what the former keys have signed counts on, and every node knows the new ones.
fn rotate(nodes: &Nodes) {
    nodes.command(
        &["key", "rotate"],
        "",
        Act::Fault(Fault { what: "the keys are rotated".to_owned(), on: Part::Node }),
    );
}

/// One that has signed something of late: it may be the one that signs.
fn revoke_a_key(nodes: &Nodes, chance: &mut Chance) {
    let signed = nodes.papers.some(chance, 1, |paper| paper.key.is_some());
    let Some(key) = signed.first().and_then(|found| found.paper.key.clone()) else { return };
    revoke(nodes, chance, "revoke --key", &["revoke", "--key", &key], Whose::Key(key.clone()));
}

/// Lets every node remember some of what is to end, ends it, and looks whether any node believes it still.
fn revoke(nodes: &Nodes, chance: &mut Chance, what: &'static str, arguments: &[&str], whose: Whose) {
    let concerned = |paper: &Paper| match &whose {
        Whose::Client(client) => paper.client == *client,
        Whose::Key(key) => paper.key.as_ref() == Some(key),
        _ => true,
    };
    let shown = nodes.papers.some(chance, SHOWN, concerned);
    look_at(nodes, &shown);
    if nodes.command(arguments, "", Act::End(End { by: None, what, whose })) == Said::Yes {
        look_at(nodes, &shown);
    }
}

fn look_at(nodes: &Nodes, shown: &[Found]) {
    scope(|scope| {
        for found in shown {
            for node in 0..nodes.count() {
                scope.spawn(move || nodes.check(node, found.login, &found.ticket, "/verify"));
            }
        }
    });
}
