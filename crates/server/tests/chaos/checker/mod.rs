//! Whether a history is one that a user may see. It looks at nothing but the history.
//!
//! A request takes effect at some moment between its begin and its end. One that was not answered, or by "later", may take
//! effect at any moment from its begin on, or never. So an end is *sure* once it has been answered with success, and
//! *possible* from its begin on. Accepted after a sure end, and refused before any possible one, are violations.

mod ends;
mod refresh;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::history::{Act, End, Event, Login, Moment, Part, Said, User, Whose};
use crate::nodes::Nodes;
use crate::plan::Plan;
use crate::tally::Tally;
use ends::Ends;

/// What the nodes are configured to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// For how long a refresh token may be presented again.
    pub(crate) window: Duration,
    /// The least time for which any credential counts.
    pub(crate) lifetime: Duration,
    /// By how much the clocks of two nodes may be apart.
    pub(crate) skew: Duration,
}

/// What `nodes::CONFIG` says, and the shortest life of a credential (`spa`).
pub(crate) const RULES: Rules =
    Rules { window: Duration::from_secs(5), lifetime: Duration::from_secs(600), skew: Duration::ZERO };

/// What must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// Accepted, by a request that began after the end had been answered.
    AcceptedAfterEnd,
    /// A second successor of one refresh token.
    TwoLeaves,
    /// An older token, or one after its window, that still gets a successor.
    OldTokenAccepted,
    /// Accepted although an older token was seen, and refused, before.
    OutlivesTheft,
    /// Refused though nothing has ended it.
    FalseLogout,
    /// The same while a store did not answer.
    RefusedInOutage,
    /// The same after a store was killed that had acknowledged the login.
    Lost,
    /// A password that holds was refused.
    PasswordRefused,
    /// A cookie was taken away though nothing has ended the login.
    CookieCleared,
    /// An answer that no contract knows.
    Odd,
}

/// What must not be, with its proof.
pub(crate) struct Violation {
    pub(crate) wrong: Wrong,
    pub(crate) event: Event,
    /// All about the login or the user, and the faults meanwhile.
    story: Vec<Event>,
}

/// A login with all that concerns it.
struct Life<'a> {
    login: Login,
    user: User,
    birth: &'a Event,
    /// What its credentials asked for, and who asked for its end by its name.
    own: Vec<&'a Event>,
    ends: Ends,
    /// Commands that end more than one user's.
    commands: Rc<[&'a Event]>,
}

/// Fails unless the history of these nodes is as it should be.
#[track_caller]
pub(crate) fn holds(nodes: &Nodes, plan: &Plan) -> Tally {
    let history = nodes.history.events();
    let tally = Tally::of(&history);
    println!("seed {}: {tally}", plan.seed);
    let violations = check(&history, &Rules { skew: plan.skew(), ..RULES });
    let mut kinds: BTreeMap<Wrong, usize> = BTreeMap::new();
    for violation in &violations {
        let count = kinds.entry(violation.wrong).or_default();
        *count += 1;
        // The first of each kind tell it all.
        if *count <= 3 {
            eprintln!("{violation}");
        }
    }
    assert!(violations.is_empty(), "seed {}: {kinds:?}\n{}", plan.seed, nodes.last_words());
    tally
}

/// All that is wrong with a history, the first of each sort for each login.
pub(crate) fn check(history: &[Event], rules: &Rules) -> Vec<Violation> {
    let mut found = Vec::new();
    for life in lives(history, rules) {
        let mut wrongs: Vec<(Wrong, &Event)> =
            life.own.iter().filter_map(|event| life.judge(event, history, rules)).collect();
        wrongs.extend(refresh::judge(&life.own, rules));
        wrongs.sort_by_key(|(wrong, event)| (*wrong, event.begin));
        wrongs.dedup_by_key(|(wrong, _)| *wrong);
        let story = |until| life.story(history, until);
        found.extend(wrongs.into_iter().map(|(wrong, event)| Violation {
            wrong,
            event: event.clone(),
            story: story(event.end),
        }));
    }
    found.extend(logging_in(history));
    found
}

fn lives<'a>(history: &'a [Event], rules: &Rules) -> Vec<Life<'a>> {
    let mut own: BTreeMap<Login, Vec<&Event>> = BTreeMap::new();
    let mut of_user: BTreeMap<User, Vec<&Event>> = BTreeMap::new();
    let mut commands = Vec::new();
    for event in history {
        match &event.act {
            Act::Check { login } | Act::Refresh { login, .. } | Act::Exchange { login } => {
                own.entry(*login).or_default().push(event);
            }
            Act::End(End { by, whose, .. }) => {
                let one = if let Whose::One(login) = whose { Some(*login) } else { None };
                for login in by.iter().copied().chain(one.filter(|one| *by != Some(*one))) {
                    own.entry(login).or_default().push(event);
                }
                match whose {
                    Whose::One(_) => {}
                    Whose::All { user, .. } => of_user.entry(*user).or_default().push(event),
                    Whose::Client(_) | Whose::Key(_) | Whose::Everybody => commands.push(event),
                }
            }
            Act::LogIn { .. } | Act::Fault(_) => {}
        }
    }
    let commands: Rc<[_]> = commands.into();
    let life = |birth: &'a Event| {
        let Act::LogIn { user, login: Some(login), .. } = birth.act else { return None };
        let own = own.remove(&login).unwrap_or_default();
        let of_user = of_user.get(&user).map_or(&[][..], Vec::as_slice);
        let mut ends = Ends::of(login, birth, own.iter().chain(of_user).chain(&*commands).copied());
        refresh::thefts(&own, rules, &mut ends);
        Some(Life { login, user, birth, own, ends, commands: Rc::clone(&commands) })
    };
    history.iter().filter_map(life).collect()
}

impl Life<'_> {
    fn judge<'e>(&self, event: &'e Event, history: &[Event], rules: &Rules) -> Option<(Wrong, &'e Event)> {
        let lets_in = event.said == Said::Yes && !matches!(event.act, Act::End(_));
        let after = |end: Option<Moment>| end.is_some_and(|end| end < event.begin);
        let paper = event.shown.as_ref().map(|paper| Ends::of_paper(paper, &self.commands)).unwrap_or_default();
        let possible = [self.ends.possible, paper.possible];
        let explained = possible.into_iter().flatten().any(|moment| moment < event.end);
        // A clock that is ahead by that much makes everything older.
        let age = event.end.saturating_sub(self.birth.begin) + rules.skew;
        let wrong = if lets_in && (after(self.ends.sure) || after(paper.sure)) {
            Wrong::AcceptedAfterEnd
        } else if lets_in && after(self.ends.theft) {
            Wrong::OutlivesTheft
        } else if event.cleared && (lets_in || event.said == Said::Later) {
            Wrong::CookieCleared
        } else if matches!(event.said, Said::Odd(_)) || event.said == Said::Unknown && !matches!(event.act, Act::End(_))
        {
            Wrong::Odd
        } else if self.is_refused_by(event) && !explained && age < rules.lifetime {
            self.refusal(event, history)
        } else {
            return None;
        };
        Some((wrong, event))
    }

    /// Whether the answer says that this very login does not count.
    fn is_refused_by(&self, event: &Event) -> bool {
        match (event.said, &event.act) {
            (Said::No, Act::End(End { by, .. })) => *by == Some(self.login),
            (Said::Unknown, Act::End(End { whose, .. })) => *whose == Whose::One(self.login),
            (said, _) => said == Said::No,
        }
    }

    /// What sort of false refusal it is.
    fn refusal(&self, event: &Event, history: &[Event]) -> Wrong {
        let fault = |part: Part, from: Moment| {
            history.iter().any(|fault| {
                matches!(&fault.act, Act::Fault(fault) if fault.on == part)
                    && fault.begin < event.end
                    && fault.end > from
            })
        };
        if fault(Part::StoreKilled, self.birth.end) {
            Wrong::Lost
        } else if fault(Part::Store, event.begin) {
            Wrong::RefusedInOutage
        } else {
            Wrong::FalseLogout
        }
    }

    fn story(&self, history: &[Event], until: Moment) -> Vec<Event> {
        let concerns = |event: &Event| match &event.act {
            Act::LogIn { login, .. } => *login == Some(self.login),
            Act::Check { login } | Act::Refresh { login, .. } | Act::Exchange { login } => *login == self.login,
            Act::End(End { by, whose, .. }) => {
                *by == Some(self.login)
                    || match whose {
                        Whose::One(login) => *login == self.login,
                        Whose::All { user, .. } => *user == self.user,
                        Whose::Client(_) | Whose::Key(_) | Whose::Everybody => event.end > self.birth.begin,
                    }
            }
            Act::Fault(fault) => event.end > self.birth.begin || fault.on == Part::Clock,
        };
        history.iter().filter(|event| event.begin <= until && concerns(event)).cloned().collect()
    }
}

/// Logins that were refused though their password holds: nobody has begun to change it, or to disable the account.
fn logging_in(history: &[Event]) -> impl Iterator<Item = Violation> {
    history.iter().filter_map(|event| {
        let Act::LogIn { user, password, .. } = event.act else { return None };
        let changes = |event: &Event| match &event.act {
            Act::End(End { whose: Whose::All { user: of, password: Some(later), .. }, .. }) => {
                *of == user && *later > password && event.said.may_be_done()
            }
            _ => false,
        };
        let wrong = match event.said {
            Said::No if history.iter().any(|other| other.begin < event.end && changes(other)) => return None,
            Said::No => Wrong::PasswordRefused,
            Said::Later if event.cleared => Wrong::CookieCleared,
            Said::Unknown | Said::Odd(_) => Wrong::Odd,
            Said::Yes | Said::Later | Said::Nothing => return None,
        };
        let about = |event: &&Event| match &event.act {
            Act::LogIn { user: of, .. } | Act::End(End { whose: Whose::All { user: of, .. }, .. }) => *of == user,
            _ => false,
        };
        Some(Violation { wrong, event: event.clone(), story: history.iter().filter(about).cloned().collect() })
    })
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}:", self.wrong)?;
        for event in &self.story {
            let mark = if *event == self.event { ">>" } else { "  " };
            writeln!(f, "{mark} {event}")?;
        }
        Ok(())
    }
}
