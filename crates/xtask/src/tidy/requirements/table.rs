//! The table of requirements, as Markdown.

use std::collections::{BTreeMap, BTreeSet};

use super::demands::{Demand, Id, Level};
use super::proofs::{Proof, Proofs};

const HEAD: &str = "\
# What is demanded, and what proves it

`cargo xtask requirements` makes this file of [requirements.toml](requirements.toml) and of the names of the tests, and CI refuses it when it
is not what that makes. M must hold, S should.
";

/// How a requirement stands.
enum State<'a> {
    Proven(&'a BTreeSet<Proof>),
    NotYet(&'a str),
    Open,
}

pub(super) fn markdown(demands: &BTreeMap<Id, Demand>, proofs: &Proofs) -> String {
    let mut lines = vec![HEAD.to_owned()];
    lines.extend(summary(demands, proofs));
    let mut topic = "";
    for (id, demand) in demands {
        if topic != id.topic() {
            topic = id.topic();
            lines.push(format!("\n## {topic}\n\n| | demanded | by | level | state |\n|---|---|---|---|---|"));
        }
        let level = match demand.level {
            Level::M => "M",
            Level::S => "S",
        };
        let state = match state(*id, demand, proofs) {
            State::Proven(tests) => tests.iter().map(link).collect::<Vec<_>>().join("<br>"),
            State::NotYet(reason) => format!("not yet: {reason}"),
            State::Open => "**open**".to_owned(),
        };
        lines.push(format!("| {id} | {} | {} | {level} | {state} |", demand.what, demand.source));
    }
    lines.join("\n") + "\n"
}

fn state<'a>(id: Id, demand: &'a Demand, proofs: &'a Proofs) -> State<'a> {
    match (proofs.of.get(&id), demand.not_yet.as_deref()) {
        (Some(tests), _) => State::Proven(tests),
        (None, Some(reason)) => State::NotYet(reason),
        (None, None) => State::Open,
    }
}

fn summary(demands: &BTreeMap<Id, Demand>, proofs: &Proofs) -> Vec<String> {
    let row = |(level, name)| {
        let of_level = demands.iter().filter(|(_, demand)| demand.level == level);
        let states: Vec<State<'_>> = of_level.map(|(id, demand)| state(*id, demand, proofs)).collect();
        let count = |wanted: fn(&State<'_>) -> bool| states.iter().filter(|state| wanted(state)).count();
        let proven = count(|state| matches!(state, State::Proven(_)));
        let not_yet = count(|state| matches!(state, State::NotYet(_)));
        let open = count(|state| matches!(state, State::Open));
        format!("| {name} | {} | {proven} | {not_yet} | {open} |", states.len())
    };
    let head = ["| level | demanded | proven | not yet | open |".to_owned(), "|---|---|---|---|---|".to_owned()];
    head.into_iter().chain([(Level::M, "M"), (Level::S, "S")].map(row)).collect()
}

fn link(proof: &Proof) -> String {
    format!("[`{}`](../../{})", proof.name, proof.path)
}
