//! When a login has ended, and since when it may have.

use crate::history::{Act, End, Event, Login, Moment, Said, Whose};

/// The earliest moments of a login's end.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Ends {
    /// From here on it has ended: an end was answered with success.
    pub(super) sure: Option<Moment>,
    /// From here on an older refresh token has been refused, which ends a family.
    pub(super) theft: Option<Moment>,
    /// From here on it may have ended: an end was asked for.
    pub(super) possible: Option<Moment>,
}

impl Ends {
    /// What requests and commands make of a login. `asked` may hold others than ends.
    pub(super) fn of<'a>(login: Login, password: usize, birth: &Event, asked: impl Iterator<Item = &'a Event>) -> Self {
        let mut ends = Self::default();
        for event in asked {
            let Act::End(End { whose, .. }) = &event.act else { continue };
            let (possible, certain) = match whose {
                Whose::One(one) => (*one == login, *one == login),
                Whose::All { spared, .. } if *spared == Some(login) => (false, false),
                Whose::All { password: later, .. } => {
                    let before = event.said == Said::Yes && event.end <= birth.begin;
                    // Whoever had the older password had it checked before the change: in flight or not, it is dead.
                    let by_older = later.is_some_and(|later| password < later);
                    (!before || by_older, birth.end <= event.begin || by_older)
                }
            };
            if possible && event.said.may_be_done() {
                earliest(&mut ends.possible, event.begin);
            }
            if certain && event.said == Said::Yes {
                earliest(&mut ends.sure, event.end.max(birth.end));
            }
        }
        ends
    }
}

pub(super) fn earliest(moment: &mut Option<Moment>, other: Moment) {
    *moment = Some(moment.map_or(other, |moment| moment.min(other)));
}
