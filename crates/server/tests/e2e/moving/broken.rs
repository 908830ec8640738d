//! Copies that break off half way, and go on.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::json;
use xtask::services::Proxy;

use super::logins::Logins;
use super::many::{MANY, fill};
use super::{at, copied, copy, copying};
use crate::support::command::{UNHURRIED, program};
use crate::support::{Place, Server};

/// A server's folder with logins of every kind and many more, and nobody who uses it.
fn left_behind() -> (Server, Logins) {
    let source = source();
    let mut server = at(&source).start();
    let logins = Logins::new(&server, &source);
    server.kill();
    fill(&server.database());
    (server, logins)
}

fn source() -> Place {
    Place::file("counterfoil.db")
}

/// How many sessions a line of progress says are done.
fn sessions_done(line: &str) -> Option<u16> {
    line.strip_prefix("sessions: ")?.split(' ').next()?.parse().ok()
}

fn is_progress(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(_, rest)| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// A copy that is under way.
struct Copying {
    child: Child,
    lines: BufReader<ChildStderr>,
}

impl Copying {
    /// Begins one and lets it come to a part of the sessions. Returns how many they were.
    #[track_caller]
    fn half_way(folder: &Path, to: &Place) -> (Self, u16) {
        let mut command = program(folder);
        command.envs([UNHURRIED]);
        command.args(copying(folder, &source(), to)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut found = lines.by_ref().lines().map_while(Result::ok);
        let done = found.find_map(|line| sessions_done(&line).filter(|done| *done >= MANY / 4));
        let done = done.unwrap_or_else(|| panic!("it never came to the sessions: {:?}", child.wait()));
        assert!(done < MANY / 4 * 3, "it was at {done} already");
        (Self { child, lines }, done)
    }

    /// Its exit code and what else it has said, without the progress.
    fn end(mut self) -> (Option<i32>, Vec<String>) {
        let said = self.lines.lines().map_while(Result::ok).filter(|line| !is_progress(line)).collect();
        (self.child.wait().unwrap().code(), said)
    }
}

/// Goes on with a copy, to the end, and sees that nothing is missing.
#[track_caller]
fn goes_on(server: &mut Server, logins: &Logins, to: &Place, done: u16) {
    let rest = copy(server.folder(), &source(), to, &[]);
    assert_eq!(rest.code, Some(0), "{rest:?}");
    let first = rest.stderr.lines().find_map(sessions_done).unwrap();
    assert!(first >= done, "it began anew, at {first}");
    assert!(rest.stdout.contains("Everything is copied"), "{rest:?}");
    let again = copied(server.folder(), &source(), to);
    assert_eq!((&again["was_complete"], &again["source"]), (&json!(true), &again["target"]));
    assert!(again["target"]["sessions"].as_u64() > Some(MANY.into()), "{again}");
    server.start_again_as(at(to));
    logins.are_as_before(server);
}

/// Breaks off a copy: `attempt` makes one, does so half way, and returns nothing if the copy was over before. A machine that is
/// busy elsewhere lets that happen.
#[track_caller]
fn broken_off<T>(attempt: impl Fn() -> Option<T>) -> T {
    (0..20).find_map(|_| attempt()).unwrap_or_else(|| panic!("each of them was over before it was broken off"))
}

/// A copy from a server's folder to a place, killed when it was so far.
fn killed(place: fn() -> Place) -> Option<(Server, Logins, Place, u16)> {
    let ((server, logins), to) = (left_behind(), place());
    let (mut copy, done) = Copying::half_way(server.folder(), &to);
    copy.child.kill().unwrap();
    copy.end().0.is_none().then_some((server, logins, to, done))
}

fn moved() -> Place {
    Place::file("moved.db")
}

/// Kills a copy half way: no server starts on the half, and the next copy goes on.
#[track_caller]
fn survives_a_kill(place: fn() -> Place) {
    let (mut server, logins, to, done) = broken_off(|| killed(place));
    let start = at(&to).fails_in(server.folder());
    assert!(start.stderr.contains("a copy that is not complete"), "{start:?}");
    goes_on(&mut server, &logins, &to, done);
}

#[test]
fn a_copy_from_sqlite_to_sqlite_that_was_killed_goes_on_and_is_not_served_before() {
    survives_a_kill(moved);
}

#[test]
fn a_copy_from_sqlite_to_postgres_redis_that_was_killed_goes_on_and_is_not_served_before() {
    survives_a_kill(Place::postgres_redis);
}

#[test]
fn no_secret_is_made_for_a_part_of_a_copy() {
    let (server, ..) = broken_off(|| killed(moved));
    let start = crate::support::Setup::default().at(&Place::file("moved.db")).fails_in(server.folder());
    assert!(start.stderr.contains("a copy that is not complete"), "{start:?}");
    assert!(!server.folder().join("moved.secret").exists());
}

#[test]
fn a_copy_that_is_interrupted_says_how_to_go_on() {
    let to = moved();
    let (mut server, logins, said, done) = broken_off(|| {
        let (server, logins) = left_behind();
        let (copy, done) = Copying::half_way(server.folder(), &to);
        let id = copy.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let (code, said) = copy.end();
        assert!(matches!(code, Some(0 | 1)), "{code:?}: {said:?}");
        (code == Some(1)).then_some((server, logins, said, done))
    });
    assert_eq!(said, ["error: interrupted: run the same command again, and it goes on where it was"]);
    goes_on(&mut server, &logins, &to, done);
}

/// The port that a URL ends with, but for a database.
fn port_of(url: &str) -> u16 {
    let (_, rest) = url.rsplit_once(':').unwrap();
    rest.split(|digit: char| !digit.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// Cuts the line to one of the target's servers half way: one sentence, and the same command goes on.
#[track_caller]
fn survives_a_cut_of(part: fn(&Place) -> String) {
    let (mut server, logins, to, line, said, done) = broken_off(|| {
        let (server, logins) = left_behind();
        let direct = Place::postgres_redis();
        let port = port_of(&part(&direct));
        let line = Proxy::to(port).unwrap();
        let to = direct.by_way_of(&[(&format!(":{port}"), &format!(":{}", line.port()))]);
        let (copy, done) = Copying::half_way(server.folder(), &to);
        line.cut();
        let (code, said) = copy.end();
        (code != Some(0)).then_some((server, logins, to, line, (code, said), done))
    });
    let (code, said) = said;
    assert_eq!((code, said.len()), (Some(1), 1), "{said:?}");
    assert!(said[0].starts_with("error: the target cannot be used: "), "{said:?}");
    assert!(said[0].ends_with(": run the same command again, and it goes on where it was"), "{said:?}");
    line.restore().unwrap();
    goes_on(&mut server, &logins, &to, done);
}

#[test]
fn a_copy_from_sqlite_to_postgres_redis_that_loses_postgres_goes_on() {
    survives_a_cut_of(|place| place.urls().0.to_owned());
}

#[test]
fn a_copy_from_sqlite_to_postgres_redis_that_loses_redis_goes_on() {
    survives_a_cut_of(|place| place.urls().1.unwrap().split('?').next().unwrap().to_owned());
}
