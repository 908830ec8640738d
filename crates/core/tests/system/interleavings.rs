//! One refresh family, and any number of nodes, callers, thieves and ends at once: each step that a store takes is one that others
//! may come before or after. What becomes of each call is held against what may be said of any such course.
//!
//! Calls are polled by hand, one step of one of them at a time, in an order that is drawn. So every order can come up, and one that
//! fails comes up again.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use counterfoil_core::Clock as _;
use counterfoil_core::authority::{Issued, RefreshError};
use counterfoil_core::id::SessionId;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{Control, House, Node, Once, builtin, spied, spied_feed};

const NODES: usize = 3;
const WINDOW: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
enum Step {
    /// A token is shown: so many before the newest.
    Show {
        node: usize,
        age: usize,
    },
    EndLogin {
        node: usize,
    },
    EndAll {
        node: usize,
    },
    /// A call goes on to its next question to a store, or to its end.
    GoOn {
        call: Index,
    },
    Finish {
        call: Index,
    },
    Abandon {
        call: Index,
    },
    Fail {
        node: usize,
        after: bool,
    },
    Restart {
        node: usize,
    },
    Pass {
        seconds: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (node, call) = (0..NODES, any::<Index>);
    let age = prop_oneof![12 => Just(0_usize), 4 => Just(1), 1 => 2..4_usize];
    prop_oneof![
        40 => (node.clone(), age).prop_map(|(node, age)| Step::Show { node, age }),
        180 => call().prop_map(|call| Step::GoOn { call }),
        40 => call().prop_map(|call| Step::Finish { call }),
        12 => prop_oneof![Just(10_u64), Just(31)].prop_map(|seconds| Step::Pass { seconds }),
        4 => (node.clone(), any::<bool>()).prop_map(|(node, after)| Step::Fail { node, after }),
        3 => call().prop_map(|call| Step::Abandon { call }),
        3 => node.clone().prop_map(|node| Step::Restart { node }),
        1 => node.clone().prop_map(|node| Step::EndLogin { node }),
        1 => node.prop_map(|node| Step::EndAll { node }),
    ]
}

/// A step of the course, and what the clock shows.
type Moment = (usize, Duration);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    /// The token of this number, of which there is one chain.
    Show(usize),
    End,
}

#[derive(Debug, Clone, PartialEq)]
enum Said {
    /// It is under way, or was abandoned: it may have been done.
    Nothing,
    Done,
    Refused(&'static str),
    /// It may have been done, or may not.
    Later,
}

type Running = Pin<Box<dyn Future<Output = Result<Option<Issued>, RefreshError>>>>;

struct Call {
    node: usize,
    act: Act,
    begin: Moment,
    end: Moment,
    said: Said,
    running: Option<Running>,
}

struct World {
    house: House,
    nodes: Vec<(Node, Arc<Control>, Arc<Control>)>,
    login: SessionId,
    /// The family's tokens as far as anybody has had them.
    chain: Vec<String>,
    credentials: Vec<String>,
    calls: Vec<Call>,
    steps: usize,
    /// Nodes with a note of an answer that was lost: there a token may be shown for longer.
    have_notes: [bool; NODES],
}

async fn node(house: &House) -> (Node, Arc<Control>, Arc<Control>) {
    let (stores, control) = spied(&house.stores);
    let (stores, log, _) = spied_feed(&stores);
    let node = house.open(stores, builtin(), &house.secret).await.unwrap();
    control.go_in_steps();
    log.go_in_steps();
    (node, control, log)
}

impl World {
    async fn new() -> Self {
        let house = House::in_memory().await;
        let mut nodes = Vec::new();
        for _ in 0..NODES {
            nodes.push(node(&house).await);
        }
        let issued = nodes[0].0.log_in("api").await;
        Self {
            login: issued.session.unwrap(),
            chain: vec![issued.refresh.unwrap().to_string()],
            credentials: vec![issued.secret.to_string()],
            house,
            nodes,
            calls: Vec::new(),
            steps: 0,
            have_notes: [false; NODES],
        }
    }

    fn now(&self) -> Moment {
        (self.steps, self.house.clock.monotonic())
    }

    async fn take(&mut self, step: &Step) {
        self.steps += 1;
        let running: Vec<usize> = (0..self.calls.len()).filter(|at| self.calls[*at].running.is_some()).collect();
        let pick = |call: &Index| (!running.is_empty()).then(|| running[call.index(running.len())]);
        match step {
            Step::Show { node, age } => {
                let at = self.chain.len().saturating_sub(age + 1);
                let (authority, token) = (Arc::clone(&self.nodes[*node].0.authority), self.chain[at].clone());
                self.begin(*node, Act::Show(at), Box::pin(async move { authority.refresh(&token).await.map(Some) }));
            }
            Step::EndLogin { node } => {
                let (authority, login) = (Arc::clone(&self.nodes[*node].0.authority), self.login);
                let end = async move {
                    let ended = authority.end_session(login).await;
                    ended.map(|_| None).map_err(|error| RefreshError::Trouble(error.into()))
                };
                self.begin(*node, Act::End, Box::pin(end));
            }
            Step::EndAll { node } => {
                let authority = Arc::clone(&self.nodes[*node].0.authority);
                let end = async move {
                    let ended = authority.end_logins_of("alice").await;
                    ended
                        .map(|_| None)
                        .map_err(|_| RefreshError::Trouble(counterfoil_core::authority::Trouble::Contended))
                };
                self.begin(*node, Act::End, Box::pin(end));
            }
            Step::GoOn { call } => drop(pick(call).map(|at| self.go_on(at))),
            Step::Finish { call } => {
                if let Some(at) = pick(call) {
                    // It may wait for one that stands still meanwhile.
                    let _ = (0..200).any(|_| self.go_on(at));
                }
            }
            Step::Abandon { call } => drop(pick(call).and_then(|at| self.calls[at].running.take())),
            Step::Fail { node, after } => {
                self.nodes[*node].1.fail_once(if *after { Once::After } else { Once::Before });
                self.have_notes[*node] = true;
            }
            Step::Restart { node: at } => {
                self.calls.iter_mut().filter(|call| call.node == *at).for_each(|call| call.running = None);
                self.nodes[*at] = node(&self.house).await;
                self.have_notes[*at] = false;
            }
            Step::Pass { seconds } => self.house.clock.pass(Duration::from_secs(*seconds)),
        }
    }

    fn begin(&mut self, node: usize, act: Act, running: Running) {
        let begin = self.now();
        self.calls.push(Call { node, act, begin, end: begin, said: Said::Nothing, running: Some(running) });
    }

    /// Says whether the call has ended.
    fn go_on(&mut self, at: usize) -> bool {
        let end = self.now();
        let call = &mut self.calls[at];
        let Some(running) = &mut call.running else { return true };
        let Poll::Ready(outcome) = running.as_mut().poll(&mut Context::from_waker(Waker::noop())) else { return false };
        (call.running, call.end) = (None, end);
        call.said = match &outcome {
            Ok(_) => Said::Done,
            Err(RefreshError::InvalidGrant(why)) => Said::Refused(why),
            Err(RefreshError::Trouble(_)) => Said::Later,
        };
        let issued = outcome.ok().flatten();
        self.judge(at, issued);
        true
    }

    fn judge(&mut self, at: usize, issued: Option<Issued>) {
        let call = &self.calls[at];
        let Act::Show(token) = call.act else { return };
        let story = || self.story();
        if call.said == Said::Done {
            assert!(!self.has_ended(call.begin.0), "accepted after an end, {at}:\n{}", story());
            assert!(!self.must_be_theft(call, token), "an older token was accepted, {at}:\n{}", story());
        } else if let Said::Refused(_) = call.said {
            assert!(self.may_have_ended(call.end), "refused, {at}, and nobody has ended it:\n{}", story());
        }
        let Some(issued) = issued else { return };
        let next = issued.refresh.unwrap().to_string();
        match self.chain.get(token + 1) {
            Some(known) => assert_eq!(*known, next, "two successors of one token, {at}:\n{}", story()),
            None => self.chain.push(next),
        }
        self.credentials.push(issued.secret.to_string());
    }

    /// Whether it had ended before that step: an end was done, or theft was seen.
    fn has_ended(&self, before: usize) -> bool {
        self.calls.iter().any(|call| {
            let ends =
                call.act == Act::End && call.said == Said::Done || call.said == Said::Refused("it was used before");
            ends && call.end.0 < before
        })
    }

    /// Whether by then something may have ended it: an end, or a token that may have been an older one when it was read.
    fn may_have_ended(&self, by: Moment) -> bool {
        self.calls.iter().any(|call| {
            let over = if call.running.is_none() && call.said != Said::Nothing { call.end } else { by };
            match call.act {
                Act::End => call.begin.0 < by.0,
                Act::Show(token) => self.calls.iter().any(|other| match other.act {
                    Act::Show(later) if later == token + 1 => other.begin.0 < over.0,
                    Act::Show(same) if same == token => other.begin.1 + WINDOW < over.1,
                    Act::Show(_) | Act::End => false,
                }),
            }
        })
    }

    /// Whether the token was an older one before it was shown.
    fn must_be_theft(&self, call: &Call, token: usize) -> bool {
        self.calls.iter().filter(|other| other.said == Said::Done).any(|other| match other.act {
            Act::Show(later) if later == token + 1 => other.end.0 < call.begin.0,
            Act::Show(same) if same == token => other.end.1 + WINDOW < call.begin.1 && !self.have_notes[call.node],
            Act::Show(_) | Act::End => false,
        })
    }

    /// When all have come to their end: what counts does so on every node, and what does not on none.
    async fn settle(mut self) {
        self.steps += 1;
        while (0..self.calls.len()).fold(false, |waits, at| !self.go_on(at) | waits) {
            // Some may be pausing, and the runtime's clock goes on only while nothing else does.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.steps += 1;
        let (dead, alive) = (self.has_ended(self.steps), !self.may_have_ended(self.now()));
        for (node, _, _) in &self.nodes {
            // The first of them may have been told to fail.
            let _ = node.follower.catch_up().await;
            node.catch_up().await;
            for credential in &self.credentials {
                if dead {
                    node.refused(credential).await;
                } else if alive {
                    node.believed(credential).await;
                }
            }
        }
        let last = self.chain.last().unwrap();
        for (node, _, _) in &self.nodes {
            let renewed = match node.authority.refresh(last).await {
                // It was told to fail.
                Err(RefreshError::Trouble(_)) => node.authority.refresh(last).await,
                renewed => renewed,
            };
            assert!(!(dead && renewed.is_ok() || alive && renewed.is_err()), "at the end:\n{}", self.story());
        }
    }

    fn story(&self) -> String {
        let line = |(at, call): (usize, &Call)| {
            let Call { node, act, begin, end, said, .. } = call;
            format!("{at}: node {node}, {act:?}, {begin:?} – {end:?}: {said:?}\n")
        };
        self.calls.iter().enumerate().map(line).collect()
    }
}

/// `PROPTEST_CASES=2000` makes the long run.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(24);
    ProptestConfig { cases, max_shrink_iters: 150, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn in_any_order_a_family_has_one_leaf_and_ends_when_it_must_and_only_then(
        steps in prop::collection::vec(step(), 1..250),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in &steps {
                world.take(step).await;
            }
            world.settle().await;
        });
    }
}
