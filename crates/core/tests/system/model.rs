//! Any interleaving of logins and ends: nothing is believed after its end, and nothing refused before.

use counterfoil_core::authority::PasswordChange;
use counterfoil_core::session::Origin;
use proptest::prelude::*;

use crate::support::{BUILTIN, House, Node, PASSWORD, password};

const USERS: [&str; 2] = ["alice", "bob"];

#[derive(Debug, Clone)]
enum Step {
    LogIn { user: usize, client: usize },
    Refresh { login: prop::sample::Index },
    Replay { login: prop::sample::Index },
    Exchange { login: prop::sample::Index, client: usize },
    LogOut { login: prop::sample::Index },
    EndAll { user: usize },
    EndOthers { login: prop::sample::Index },
    ChangePassword { login: prop::sample::Index },
    Disable { user: usize },
    Enable { user: usize },
    Rotate,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let (user, client, login) = (0..USERS.len(), 0..BUILTIN.len(), any::<prop::sample::Index>);
    prop_oneof![
        8 => (user.clone(), client.clone()).prop_map(|(user, client)| Step::LogIn { user, client }),
        4 => login().prop_map(|login| Step::Refresh { login }),
        1 => login().prop_map(|login| Step::Replay { login }),
        4 => (login(), client).prop_map(|(login, client)| Step::Exchange { login, client }),
        3 => login().prop_map(|login| Step::LogOut { login }),
        1 => user.clone().prop_map(|user| Step::EndAll { user }),
        2 => login().prop_map(|login| Step::EndOthers { login }),
        1 => login().prop_map(|login| Step::ChangePassword { login }),
        1 => user.clone().prop_map(|user| Step::Disable { user }),
        2 => user.prop_map(|user| Step::Enable { user }),
        1 => Just(Step::Rotate),
        1 => Just(Step::Restart),
    ]
}

/// What is expected of one login.
struct Login {
    user: usize,
    alive: bool,
    stored: bool,
    credentials: Vec<String>,
    /// One family's tokens, oldest first.
    refresh: Vec<String>,
}

struct World {
    house: House,
    here: Node,
    there: Node,
    logins: Vec<Login>,
    disabled: [bool; 2],
}

impl World {
    async fn new(house: House) -> Self {
        let (here, there) = (house.node().await, house.node().await);
        here.add("bob", None, &[]).await;
        Self { house, here, there, logins: Vec::new(), disabled: [false; 2] }
    }

    async fn take(&mut self, step: &Step) {
        let pick = |login: &prop::sample::Index| (!self.logins.is_empty()).then(|| login.index(self.logins.len()));
        match step {
            Step::LogIn { user, client } => self.log_in(*user, BUILTIN[*client]).await,
            Step::Refresh { login } => self.refresh(pick(login)).await,
            Step::Replay { login } => self.replay(pick(login)).await,
            Step::Exchange { login, client } => self.exchange(pick(login), BUILTIN[*client]).await,
            Step::LogOut { login } => self.log_out(pick(login)).await,
            Step::EndAll { user } => {
                let own = self.logins.iter().find(|login| login.user == *user && login.alive);
                if let Some(own) = own {
                    let identity = self.here.believed(&own.credentials[0]).await;
                    assert!(self.here.authority.end_all(&identity, false).await.unwrap());
                    self.end(*user, None);
                }
            }
            Step::EndOthers { login } => self.end_others(pick(login), false).await,
            Step::ChangePassword { login } => self.end_others(pick(login), true).await,
            Step::Disable { user } => {
                self.here.authority.disable(USERS[*user]).await.unwrap();
                self.disabled[*user] = true;
                self.end(*user, None);
            }
            Step::Enable { user } => {
                self.here.authority.enable(USERS[*user]).await.unwrap();
                self.disabled[*user] = false;
            }
            Step::Rotate => {
                drop(self.here.authority.rotate_keys(counterfoil_core::jose::Algorithm::ES256).await.unwrap());
            }
            Step::Restart => {
                self.house.restart();
                self.here = self.house.node().await;
                self.there = self.house.node().await;
            }
        }
    }

    async fn log_in(&mut self, user: usize, client: &str) {
        let issued = self.here.try_log_in(USERS[user], PASSWORD, Some(client), None).await;
        assert_eq!(issued.is_ok(), !self.disabled[user]);
        let Ok(issued) = issued else { return };
        self.logins.push(Login {
            user,
            alive: true,
            stored: issued.session.is_some(),
            credentials: vec![issued.secret.to_string()],
            refresh: issued.refresh.iter().map(|token| token.to_string()).collect(),
        });
    }

    async fn refresh(&mut self, login: Option<usize>) {
        let Some(login) = login.map(|at| &mut self.logins[at]) else { return };
        let Some(token) = login.refresh.last() else { return };
        let renewed = self.here.authority.refresh(token).await;
        assert_eq!(renewed.is_ok(), login.alive);
        let Ok(renewed) = renewed else { return };
        login.refresh.push(renewed.refresh.unwrap().to_string());
        login.credentials.push(renewed.secret.to_string());
    }

    /// An old token comes back: the last but one is a repetition, anything older theft.
    async fn replay(&mut self, login: Option<usize>) {
        let Some(login) = login.map(|at| &mut self.logins[at]) else { return };
        let Some(at) = login.refresh.len().checked_sub(3) else { return };
        assert_eq!(self.here.authority.refresh(&login.refresh[at + 1]).await.is_ok(), login.alive);
        assert!(self.here.authority.refresh(&login.refresh[at]).await.is_err());
        login.alive = false;
    }

    async fn exchange(&mut self, login: Option<usize>, client: &str) {
        let Some(login) = login.filter(|at| self.logins[*at].alive).map(|at| &mut self.logins[at]) else { return };
        let identity = self.here.believed(login.credentials.last().unwrap()).await;
        let issued = self.here.authority.exchange(&identity, client, Origin::default()).await.unwrap();
        assert_eq!(issued.session, Some(identity.login), "the same login behind it");
        login.credentials.push(issued.secret.to_string());
        login.stored |= client != "stateless";
    }

    async fn log_out(&mut self, login: Option<usize>) {
        let Some(login) = login.filter(|at| self.logins[*at].alive).map(|at| &mut self.logins[at]) else { return };
        let identity = self.here.believed(&login.credentials[0]).await;
        self.here.authority.logout(&identity).await.unwrap();
        login.alive = false;
    }

    async fn end_others(&mut self, login: Option<usize>, by_password: bool) {
        let Some(at) = login.filter(|at| self.logins[*at].alive) else { return };
        let identity = self.here.believed(&self.logins[at].credentials[0]).await;
        if by_password {
            let change = PasswordChange { current: password(PASSWORD), new: password(PASSWORD) };
            self.here.authority.change_password(&identity, change).await.unwrap();
        } else {
            assert!(self.here.authority.end_all(&identity, true).await.unwrap());
        }
        self.end(self.logins[at].user, Some(at));
    }

    fn end(&mut self, user: usize, spared: Option<usize>) {
        for (at, login) in self.logins.iter_mut().enumerate() {
            login.alive &= login.user != user || spared == Some(at);
        }
    }

    /// Both nodes believe what the model says, and nothing else.
    async fn check(&self, step: &Step) {
        self.there.catch_up().await;
        for node in [&self.here, &self.there] {
            for login in &self.logins {
                for credential in &login.credentials {
                    let verdict = node.verifier.verify(credential).await;
                    assert_eq!(verdict.is_ok(), login.alive, "after {step:?}: {verdict:?}");
                    assert_eq!(node.verifier.recall(credential).is_some(), login.alive, "after {step:?}");
                }
            }
        }
        for (user, name) in USERS.into_iter().enumerate() {
            let id = self.here.authority.user(name).await.unwrap().id;
            let alive = self.logins.iter().filter(|login| login.user == user && login.alive && login.stored).count();
            assert_eq!(self.here.authority.sessions(id).await.unwrap().len(), alive, "listed after {step:?}");
        }
    }
}

fn holds(steps: &[Step], house: impl Future<Output = House>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(house.await).await;
        for step in steps {
            world.take(step).await;
            world.check(step).await;
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn in_memory_nothing_is_believed_after_its_end_nor_refused_before(steps in prop::collection::vec(step(), 1..40)) {
        holds(&steps, House::in_memory());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 30, ..ProptestConfig::default() })]

    #[test]
    fn in_sqlite_nothing_is_believed_after_its_end_nor_refused_before(steps in prop::collection::vec(step(), 1..40)) {
        holds(&steps, House::in_sqlite());
    }
}
