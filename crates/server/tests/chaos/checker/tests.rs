//! Histories by hand: one that is right, and one for each thing that must not be.

use std::sync::Arc;
use std::time::Duration;

use super::{RULES, Rules, Wrong, check};
use crate::history::{Act, End, Event, Fault, Login, Part, Said, Token, User, Whose};
use crate::papers::Paper;

const L: Login = Login(1);
const OTHER: Login = Login(2);
const U: User = User(1);

/// An event of the node 0 between two moments, in tenths of a second.
fn at(begin: u64, end: u64, act: Act, said: Said) -> Event {
    let moment = |tenths| Duration::from_millis(tenths * 100);
    Event { begin: moment(begin), end: moment(end), node: Some(0), shown: None, act, said, cleared: false }
}

fn login(begin: u64, end: u64, login: Login) -> Event {
    at(begin, end, Act::LogIn { user: U, client: "web", password: 0, login: Some(login) }, Said::Yes)
}

fn checked(begin: u64, end: u64, said: Said) -> Event {
    at(begin, end, Act::Check { login: L }, said)
}

fn logout(begin: u64, end: u64, said: Said) -> Event {
    at(begin, end, Act::End(End { by: Some(L), what: "logout", whose: Whose::One(L) }), said)
}

fn all(begin: u64, end: u64, spared: Option<Login>, password: Option<usize>, said: Said) -> Event {
    at(
        begin,
        end,
        Act::End(End { by: Some(OTHER), what: "all", whose: Whose::All { user: U, spared, password } }),
        said,
    )
}

fn refresh(begin: u64, end: u64, token: usize, next: Option<usize>, said: Said) -> Event {
    at(begin, end, Act::Refresh { login: L, token: Token(token), next: next.map(Token) }, said)
}

fn fault(begin: u64, end: u64, on: Part) -> Event {
    at(begin, end, Act::Fault(Fault { what: "harm".to_owned(), on }), Said::Yes)
}

fn cleared(event: Event) -> Event {
    Event { cleared: true, ..event }
}

#[track_caller]
fn finds(history: &[Event], wrong: &[Wrong]) {
    let mut history = history.to_vec();
    history.sort_by_key(|event| (event.begin, event.end));
    let found = check(&history, &RULES);
    let story: String = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.iter().map(|violation| violation.wrong).collect::<Vec<_>>(), wrong, "{story}");
    assert_eq!(story.matches(">>").count(), wrong.len(), "each story shows the event: {story}");
}

#[test]
fn a_life_as_it_should_be() {
    finds(
        &[
            login(0, 1, L),
            checked(2, 3, Said::Yes),
            fault(3, 6, Part::Store),
            checked(4, 5, Said::Later),
            refresh(7, 9, 1, Some(2), Said::Yes),
            refresh(8, 9, 1, Some(2), Said::Yes),
            logout(20, 25, Said::Yes),
            checked(21, 26, Said::Yes),
            checked(24, 26, Said::No),
            checked(26, 27, Said::No),
            cleared(logout(28, 29, Said::No)),
        ],
        &[],
    );
}

#[test]
fn accepted_after_an_end_of_each_sort() {
    let begun = [login(0, 1, L), login(0, 1, OTHER)];
    let late = checked(11, 12, Said::Yes);
    for end in [
        logout(8, 10, Said::Yes),
        all(8, 10, None, None, Said::Yes),
        all(8, 10, Some(OTHER), None, Said::Yes),
        all(8, 10, Some(OTHER), Some(1), Said::Yes),
    ] {
        finds(&[begun.as_slice(), &[end.clone(), late.clone()]].concat(), &[Wrong::AcceptedAfterEnd]);
        let renewed = refresh(11, 12, 1, Some(2), Said::Yes);
        finds(&[begun.as_slice(), &[end.clone(), renewed]].concat(), &[Wrong::AcceptedAfterEnd]);
        let exchanged = at(11, 12, Act::Exchange { login: L }, Said::Yes);
        finds(&[begun.as_slice(), &[end, exchanged]].concat(), &[Wrong::AcceptedAfterEnd]);
    }
    for harmless in [
        logout(8, 10, Said::Later),
        logout(8, 12, Said::Yes),
        all(8, 10, Some(L), None, Said::Yes),
        all(8, 10, None, None, Said::Nothing),
    ] {
        finds(&[begun.as_slice(), &[harmless, late.clone()]].concat(), &[]);
    }
}

#[test]
fn a_login_in_flight_by_the_older_password_does_not_count() {
    let in_flight = login(5, 15, L);
    let late = checked(16, 17, Said::Yes);
    finds(&[in_flight.clone(), all(8, 10, None, Some(1), Said::Yes), late.clone()], &[Wrong::AcceptedAfterEnd]);
    finds(&[in_flight.clone(), all(8, 10, None, Some(1), Said::Yes), checked(16, 17, Said::No)], &[]);
    // Without another password nobody knows which came first.
    finds(&[in_flight, all(8, 10, None, None, Said::Yes), late], &[]);
}

#[test]
fn refused_though_nothing_has_ended_it() {
    finds(&[login(0, 1, L), checked(2, 3, Said::No)], &[Wrong::FalseLogout]);
    finds(&[login(0, 1, L), refresh(2, 3, 1, None, Said::No)], &[Wrong::FalseLogout]);
    finds(&[login(0, 1, L), checked(2, 3, Said::No), logout(4, 5, Said::Yes)], &[Wrong::FalseLogout]);
    finds(&[login(0, 1, L), logout(2, 3, Said::No)], &[Wrong::FalseLogout]);
    let ended_before = all(0, 1, None, None, Said::Yes);
    finds(&[ended_before, login(2, 3, L), checked(4, 5, Said::No)], &[Wrong::FalseLogout]);
    let spared = all(2, 3, Some(L), None, Said::Yes);
    finds(&[login(0, 1, L), spared, checked(4, 5, Said::No)], &[Wrong::FalseLogout]);
    let named = at(2, 3, Act::End(End { by: Some(OTHER), what: "end", whose: Whose::One(L) }), Said::Unknown);
    finds(&[login(0, 1, L), login(0, 1, OTHER), named], &[Wrong::FalseLogout]);
    for explained in [logout(2, 3, Said::Nothing), logout(2, 3, Said::Later), all(2, 3, None, None, Said::Nothing)] {
        finds(&[login(0, 1, L), login(0, 1, OTHER), explained, checked(9, 10, Said::No)], &[]);
    }
    finds(&[login(0, 1, L), checked(6001, 6002, Said::No)], &[]);
}

#[test]
fn what_a_store_has_to_do_with_a_refusal() {
    let begun = login(0, 1, L);
    finds(&[begun.clone(), fault(2, 5, Part::Store), checked(3, 4, Said::No)], &[Wrong::RefusedInOutage]);
    finds(&[begun.clone(), fault(2, 5, Part::StoreKilled), checked(8, 9, Said::No)], &[Wrong::Lost]);
    finds(&[begun.clone(), fault(2, 5, Part::Node), checked(3, 4, Said::No)], &[Wrong::FalseLogout]);
    finds(&[begun, fault(2, 5, Part::Store), cleared(checked(3, 4, Said::Later))], &[Wrong::CookieCleared]);
}

#[test]
fn a_cookie_is_taken_away_from_somebody_who_is_logged_in() {
    finds(&[login(0, 1, L), cleared(checked(2, 3, Said::Yes))], &[Wrong::CookieCleared]);
    finds(&[login(0, 1, L), cleared(logout(2, 3, Said::Yes))], &[]);
    finds(&[login(0, 1, L), cleared(logout(2, 3, Said::Later))], &[Wrong::CookieCleared]);
}

#[test]
fn a_password_that_holds_is_refused() {
    let refused = at(5, 6, Act::LogIn { user: U, client: "web", password: 0, login: None }, Said::No);
    finds(std::slice::from_ref(&refused), &[Wrong::PasswordRefused]);
    finds(&[all(2, 3, None, Some(1), Said::Nothing), refused.clone()], &[]);
    finds(&[all(2, 3, None, None, Said::Yes), refused], &[Wrong::PasswordRefused]);
}

#[test]
fn two_leaves() {
    let begun = login(0, 1, L);
    let once = refresh(2, 3, 1, Some(2), Said::Yes);
    finds(&[begun.clone(), once.clone(), refresh(4, 5, 1, Some(3), Said::Yes)], &[Wrong::TwoLeaves]);
    finds(&[begun, once, refresh(4, 5, 1, Some(2), Said::Yes)], &[]);
}

#[test]
fn an_older_token_gets_a_successor() {
    let begun = [login(0, 1, L), refresh(2, 3, 1, Some(2), Said::Yes)];
    let after_the_window = refresh(54, 55, 1, Some(2), Said::Yes);
    finds(&[begun.as_slice(), &[after_the_window]].concat(), &[Wrong::OldTokenAccepted]);
    let used = refresh(4, 5, 2, Some(3), Said::Yes);
    let grandparent = refresh(6, 7, 1, Some(2), Said::Yes);
    finds(&[begun.as_slice(), &[used.clone(), grandparent]].concat(), &[Wrong::OldTokenAccepted]);
    // Beside each other, nobody knows which came first.
    finds(&[begun.as_slice(), &[used, refresh(4, 7, 1, Some(2), Said::Yes)]].concat(), &[]);
}

#[test]
fn a_family_outlives_a_theft() {
    let begun = [login(0, 1, L), refresh(2, 3, 1, Some(2), Said::Yes), refresh(4, 5, 2, Some(3), Said::Yes)];
    let theft = refresh(6, 7, 1, None, Said::No);
    finds(&[begun.as_slice(), &[theft.clone(), checked(8, 9, Said::Yes)]].concat(), &[Wrong::OutlivesTheft]);
    finds(&[begun.as_slice(), &[theft, checked(8, 9, Said::No)]].concat(), &[]);
}

#[test]
fn a_lost_answer_logs_nobody_out_within_the_window() {
    let begun = [login(0, 1, L), refresh(2, 3, 1, None, Said::Nothing)];
    let again = |begin: u64, said: Said| refresh(begin, begin + 1, 1, (said == Said::Yes).then_some(2), said);
    finds(&[begun.as_slice(), &[again(10, Said::No)]].concat(), &[Wrong::FalseLogout]);
    finds(&[begun.as_slice(), &[again(54, Said::No)]].concat(), &[]);
    // Once its successor is shown as well, the lost one may still be read, as an older one.
    let late = [again(10, Said::Yes), refresh(12, 13, 2, Some(3), Said::Yes), checked(14, 15, Said::No)];
    finds(&[begun.as_slice(), &late].concat(), &[]);
}

fn command(begin: u64, end: u64, whose: Whose, said: Said) -> Event {
    Event { node: None, ..at(begin, end, Act::End(End { by: None, what: "revoke", whose }), said) }
}

/// A check by a credential to a client that came at a moment.
fn shown(begin: u64, client: &str, key: &str, born: u64, said: Said) -> Event {
    let moment = |tenths| Duration::from_millis(tenths * 100);
    let paper = Paper { client: client.to_owned(), key: Some(key.to_owned()), born: (moment(born), moment(born + 1)) };
    Event { shown: Some(Arc::new(paper)), ..checked(begin, begin + 1, said) }
}

#[test]
fn everything_is_revoked() {
    for whose in [Whose::Everybody, Whose::Client("web")] {
        let revoked = |said| command(8, 10, whose.clone(), said);
        finds(&[login(0, 1, L), revoked(Said::Yes), checked(11, 12, Said::Yes)], &[Wrong::AcceptedAfterEnd]);
        finds(&[login(0, 1, L), revoked(Said::Nothing), checked(11, 12, Said::Yes)], &[]);
        finds(&[login(0, 1, L), revoked(Said::Nothing), checked(11, 12, Said::No)], &[]);
        finds(&[login(5, 9, L), revoked(Said::Yes), checked(11, 12, Said::Yes)], &[]);
        finds(&[login(5, 9, L), revoked(Said::Yes), checked(11, 12, Said::No)], &[]);
        finds(&[revoked(Said::Yes), login(11, 12, L), checked(13, 14, Said::No)], &[Wrong::FalseLogout]);
    }
    let another = command(8, 10, Whose::Client("api"), Said::Yes);
    finds(&[login(0, 1, L), another.clone(), checked(11, 12, Said::Yes)], &[]);
    finds(&[login(0, 1, L), another, checked(11, 12, Said::No)], &[Wrong::FalseLogout]);
}

#[test]
fn one_credential_of_a_login_is_revoked_and_the_others_count_on() {
    let begun = [login(0, 1, L), command(8, 10, Whose::Client("api"), Said::Yes)];
    let with = |event: Event| [begun.as_slice(), &[event]].concat();
    finds(&with(shown(11, "api", "k", 3, Said::Yes)), &[Wrong::AcceptedAfterEnd]);
    finds(&with(shown(11, "api", "k", 3, Said::No)), &[]);
    finds(&with(shown(11, "web", "k", 3, Said::No)), &[Wrong::FalseLogout]);
    finds(&with(shown(15, "api", "k", 12, Said::No)), &[Wrong::FalseLogout]);
    finds(&with(shown(15, "api", "k", 9, Said::Yes)), &[]);
}

#[test]
fn a_key_is_revoked_with_all_that_it_signs() {
    let begun = [login(0, 1, L), command(8, 10, Whose::Key("k".to_owned()), Said::Yes)];
    let with = |event: Event| [begun.as_slice(), &[event]].concat();
    finds(&with(shown(11, "api", "k", 3, Said::Yes)), &[Wrong::AcceptedAfterEnd]);
    finds(&with(shown(15, "api", "k", 9, Said::Yes)), &[Wrong::AcceptedAfterEnd]);
    finds(&with(shown(15, "api", "k", 9, Said::No)), &[]);
    finds(&with(shown(11, "api", "another", 3, Said::No)), &[Wrong::FalseLogout]);
    // Whoever signs with it afterwards hands out what nobody believes.
    finds(&with(shown(15, "api", "k", 12, Said::No)), &[Wrong::FalseLogout]);
}

#[test]
fn clocks_that_are_apart_make_windows_longer_and_shorter() {
    let rules = Rules { skew: Duration::from_secs(4), ..RULES };
    let found = |history: &[Event]| check(history, &rules).iter().map(|violation| violation.wrong).collect::<Vec<_>>();
    let begun = [login(0, 1, L), refresh(2, 3, 1, Some(2), Said::Yes)];
    let again = |begin, next, said| [begun.as_slice(), &[refresh(begin, begin + 1, 1, next, said)]].concat();
    assert_eq!(found(&again(54, Some(2), Said::Yes)), []);
    assert_eq!(found(&again(94, Some(2), Said::Yes)), [Wrong::OldTokenAccepted]);
    assert_eq!(found(&again(13, None, Said::No)), []);
    assert_eq!(found(&again(5, None, Said::No)), [Wrong::FalseLogout]);
    assert_eq!(found(&[login(0, 1, L), checked(5965, 5970, Said::No)]), []);
}

#[test]
fn an_answer_that_no_contract_knows() {
    finds(&[login(0, 1, L), checked(2, 3, Said::Odd(500))], &[Wrong::Odd]);
    finds(&[at(0, 1, Act::LogIn { user: U, client: "web", password: 0, login: None }, Said::Odd(500))], &[Wrong::Odd]);
}
