//! Several nodes on one store, harmed in every way, under people who log in and out; then a checker that looks at all that was
//! answered. The short runs are for every day; `CHAOS_SECONDS=600` makes the long one (see `plan.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "clippy spares test functions alone, not what they call"
)]

mod chance;
mod checker;
mod faults;
mod history;
mod load;
mod nodes;
mod place;
mod plan;
#[expect(dead_code, unused_imports, reason = "the tests of each route use more of it")]
#[path = "../e2e/support/mod.rs"]
mod support;
mod tally;

use std::time::Duration;

use chance::Chance;
use checker::Rules;
use load::Worker;
use nodes::Nodes;
use place::{Kind, Places};
use plan::Plan;
use tally::Tally;

/// As the nodes are configured: the window for repeated refreshes, and the shortest life of a credential (`spa`).
const RULES: Rules = Rules { window: Duration::from_secs(5), lifetime: Duration::from_secs(600) };

macro_rules! set_ups {
    ($($name:ident $kind:ident)*) => { $(
        #[test]
        fn $name() {
            run(Kind::$kind, &Plan::read());
        }
    )* };
}
set_ups!(
    sqlite Sqlite
    postgres Postgres
    mariadb MariaDb
    postgres_redis PostgresRedis
    mariadb_redis_cluster MariaDbRedisCluster
);

fn run(kind: Kind, plan: &Plan) {
    let mut places = Places::start(kind, plan.nodes);
    let nodes = Nodes::start(&places);
    let until = nodes.history.now() + plan.length;
    let chance = |course: usize| Chance::new(plan.seed, u64::try_from(course).unwrap());
    let mut workers: Vec<_> = (0..plan.workers).map(|name| Worker::new(&nodes, chance(name + 2), name)).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| faults::harm_nodes(&nodes, chance(0), until));
        scope.spawn(|| faults::harm_stores(&nodes, &mut places, chance(1), until));
        for worker in &mut workers {
            scope.spawn(move || worker.run(until));
        }
    });
    faults::wait_for_recovery(&nodes);
    workers.iter().for_each(Worker::look_once_more);

    let history = nodes.history.events();
    let tally = Tally::of(&history);
    println!("{kind:?}, seed {}: {tally}", plan.seed);
    let violations = checker::check(&history, &RULES);
    for violation in violations.iter().take(5) {
        eprintln!("{violation}");
    }
    let kinds: Vec<_> = violations.iter().map(|violation| violation.wrong).collect();
    assert!(violations.is_empty(), "{kind:?}, seed {}: {kinds:?}\n{}", plan.seed, nodes.last_words());
    tally.is_a_run();
}
