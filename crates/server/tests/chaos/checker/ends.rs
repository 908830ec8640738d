//! When a login has ended, and since when it may have.

use crate::history::{Act, End, Event, Login, Moment, Said, Whose};
use crate::papers::Paper;

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
    pub(super) fn of<'a>(login: Login, birth: &Event, asked: impl Iterator<Item = &'a Event>) -> Self {
        let mut ends = Self::default();
        let Act::LogIn { client, password, .. } = &birth.act else { return ends };
        let born = (birth.begin, birth.end);
        for event in asked {
            let Act::End(End { whose, .. }) = &event.act else { continue };
            let (possible, certain) = match whose {
                Whose::One(one) => (*one == login, *one == login),
                Whose::All { spared, .. } if *spared == Some(login) => (false, false),
                // Whoever had the older password had it checked before the change: in flight or not, it is dead.
                Whose::All { password: Some(later), .. } if password < later => (true, true),
                Whose::All { .. } | Whose::Everybody => of_all(event, born),
                Whose::Client(of) if of == client => of_all(event, born),
                Whose::Client(_) | Whose::Key(_) => (false, false),
            };
            ends.take_in(event, possible, certain, birth.end);
        }
        ends
    }

    /// What commands make of one credential of a login, whatever becomes of the others.
    pub(super) fn of_paper(paper: &Paper, commands: &[&Event]) -> Self {
        let mut ends = Self::default();
        for event in commands {
            let Act::End(End { whose, .. }) = &event.act else { continue };
            let (possible, certain) = match whose {
                Whose::Client(client) if paper.client == *client => of_all(event, paper.born),
                // Once that is done, nobody signs with it any more.
                Whose::Key(key) if paper.key.as_ref() == Some(key) => (of_all(event, paper.born).0, true),
                _ => (false, false),
            };
            ends.take_in(event, possible, certain, paper.born.1);
        }
        ends
    }

    fn take_in(&mut self, event: &Event, possible: bool, certain: bool, born: Moment) {
        if possible && event.said.may_be_done() {
            earliest(&mut self.possible, event.begin);
        }
        if certain && event.said == Said::Yes {
            earliest(&mut self.sure, event.end.max(born));
        }
    }
}

/// Whether what was born then may have ended, and has, by an end of all that there was. Of what was in flight nobody knows.
fn of_all(event: &Event, (begin, end): (Moment, Moment)) -> (bool, bool) {
    let before = event.said == Said::Yes && event.end <= begin;
    (!before, end <= event.begin)
}

pub(super) fn earliest(moment: &mut Option<Moment>, other: Moment) {
    *moment = Some(moment.map_or(other, |moment| moment.min(other)));
}
