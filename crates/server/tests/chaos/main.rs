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
mod control;
mod durability;
mod faults;
mod history;
mod load;
mod nodes;
mod operators;
mod papers;
mod place;
mod plan;
#[expect(dead_code, unused_imports, reason = "the tests of each route use more of it")]
#[path = "../e2e/support/mod.rs"]
mod support;
mod tally;

use chance::Chance;
use load::Worker;
use nodes::Nodes;
use place::{Kind, Places};
use plan::Plan;

macro_rules! set_ups {
    ($($name:ident $kind:ident $clocks:ident)*) => { $(
        #[test]
        fn $name() {
            run(Kind::$kind, &Plan::read(plan::$clocks));
        }
    )* };
}
set_ups!(
    sqlite Sqlite STEPS
    postgres Postgres RIGHT
    mariadb MariaDb STEPS
    postgres_redis PostgresRedis STEPS
    mariadb_redis_cluster MariaDbRedisCluster RIGHT
    far_off_clocks Postgres FAR_OFF
);

fn run(kind: Kind, plan: &Plan) {
    let mut places = Places::start(kind, plan.nodes);
    let nodes = Nodes::start(&places);
    let until = nodes.history.now() + plan.length;
    let chance = |course: usize| Chance::new(plan.seed, u64::try_from(course).unwrap());
    let mut workers: Vec<_> = (0..plan.workers).map(|name| Worker::new(&nodes, chance(name + 3), name)).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| faults::harm_nodes(&nodes, plan, chance(0), until));
        scope.spawn(|| faults::harm_stores(&nodes, &mut places, chance(1), until));
        scope.spawn(|| operators::operate(&nodes, chance(2), until));
        for worker in &mut workers {
            scope.spawn(move || worker.run(until));
        }
    });
    faults::wait_for_recovery(&nodes);
    workers.iter().for_each(Worker::look_once_more);

    let tally = checker::holds(&nodes, plan);
    tally.is_a_run();
}
