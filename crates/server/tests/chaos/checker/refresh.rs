//! What refresh tokens may do: one successor each, once more within the window, and nothing afterwards but ending the family.

use std::collections::BTreeMap;

use super::ends::{Ends, earliest};
use super::{Rules, Wrong};
use crate::history::{Act, Event, Moment, Said, Token};

/// A presentation of a refresh token.
struct Shown<'a> {
    event: &'a Event,
    token: Token,
    next: Option<Token>,
}

fn shown<'a>(own: &[&'a Event]) -> Vec<Shown<'a>> {
    let read = |event: &&'a Event| match event.act {
        Act::Refresh { token, next, .. } => Some(Shown { event, token, next }),
        _ => None,
    };
    own.iter().filter_map(read).collect()
}

/// Each token's successor, as far as it has been seen.
fn successors(shown: &[Shown<'_>]) -> BTreeMap<Token, Token> {
    shown.iter().filter_map(|shown| Some((shown.token, shown.next?))).collect()
}

/// Whether this presentation must count as theft: the token was rotated longer ago than the window, or its successor was
/// rotated in turn, before it began.
fn is_theft(this: &Shown<'_>, all: &[Shown<'_>], next: Option<Token>, rules: &Rules) -> bool {
    all.iter().filter(|other| other.event.said == Said::Yes).any(|other| {
        let late = other.token == this.token && other.event.end + rules.window + rules.skew < this.event.begin;
        let old = Some(other.token) == next && other.event.end < this.event.begin;
        late || old
    })
}

/// From when on this presentation may have counted as theft. It was read at some moment from its begin to its end, or until
/// ever when nobody has heard of an end; the rotations of the others, from their begin on.
fn possible_theft(this: &Shown<'_>, all: &[Shown<'_>], next: Option<Token>, rules: &Rules) -> Option<Moment> {
    let forever = this.event.said.may_be_done() && this.event.said != Said::Yes;
    let others = all.iter().filter(|other| !std::ptr::eq(other.event, this.event) && other.event.said.may_be_done());
    let moments = others.filter_map(|other| {
        let rotated = if other.token == this.token {
            other.event.begin + rules.window.saturating_sub(rules.skew)
        } else if Some(other.token) == next {
            other.event.begin
        } else {
            return None;
        };
        let from = rotated.max(this.event.begin);
        (forever || from < this.event.end).then_some(from)
    });
    moments.min()
}

/// Notes which presentations end the family, or may.
pub(super) fn thefts(own: &[&Event], rules: &Rules, ends: &mut Ends) {
    let all = shown(own);
    let successors = successors(&all);
    for this in &all {
        let next = successors.get(&this.token).copied();
        if let Some(moment) = possible_theft(this, &all, next, rules) {
            earliest(&mut ends.possible, moment);
        }
        if this.event.said == Said::No && is_theft(this, &all, next, rules) {
            earliest(&mut ends.theft, this.event.end);
        }
    }
}

/// What refresh tokens did that they must not.
pub(super) fn judge<'a>(own: &[&'a Event], rules: &Rules) -> Vec<(Wrong, &'a Event)> {
    let all = shown(own);
    let mut first = BTreeMap::new();
    let mut wrongs = Vec::new();
    for this in &all {
        let Some(next) = this.next else { continue };
        let earlier = *first.entry(this.token).or_insert(next);
        if earlier != next {
            wrongs.push((Wrong::TwoLeaves, this.event));
        }
        if is_theft(this, &all, Some(earlier), rules) {
            wrongs.push((Wrong::OldTokenAccepted, this.event));
        }
    }
    wrongs
}
