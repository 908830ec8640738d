//! Starting and ending while a store is down.

use std::io::Read as _;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use xtask::services::{MariaDb, Postgres, Redis, fresh};

use super::harm::{Harm, Server, Victim};
use super::now;
use crate::support::patience::comes;
use crate::support::request::under_way;
use crate::support::{Answer, Log, PASSWORD, Person, Place, Request, Setup};

#[test]
fn postgres_may_come_up_after_its_nodes() {
    let mut store = Victim::<Postgres>::start();
    let setup = Setup::node(&Place::at(store.url(Harm::Stop), None));
    for harm in [Harm::Stop, Harm::Pause] {
        store.suffer(harm);
        let log = Log::default();
        let server = std::thread::scope(|scope| {
            let starting =
                scope.spawn(|| setup.clone().config("[store]\ntimeout = \"500ms\"").mortal().start_writing(&log));
            assert!(log.will_contain("waiting for the store: PostgreSQL at 127.0.0.1:"), "{log:?}");
            assert!(!starting.is_finished(), "{harm:?}: it waits");
            store.recover(harm);
            starting.join().unwrap()
        });
        // Its store has little time, and has just come.
        let login = Request::post("/login").json(&json!({ "username": "nobody", "password": PASSWORD }));
        server.send(&login).problem(401);
    }
}

#[test]
fn a_server_behind_a_proxy_that_hangs_up_may_come_up_after_its_nodes() {
    fn comes_up<S: Server>(place: impl Fn(String) -> Place, words: &str) {
        let mut store = Victim::<S>::start();
        let setup = Setup::node(&place(store.url(Harm::Cut)));
        store.suffer(Harm::Stop);
        let log = Log::default();
        std::thread::scope(|scope| {
            let starting = scope.spawn(|| setup.start_writing(&log));
            assert!(log.will_contain(words), "{log:?}");
            assert!(!starting.is_finished(), "it waits");
            store.recover(Harm::Stop);
            starting.join().unwrap()
        });
    }
    comes_up::<Postgres>(|url| Place::at(url, None), "waiting for the store: PostgreSQL at");
    comes_up::<MariaDb>(|url| Place::at(url, None), "it closed the connection");
    let database = fresh::postgres().unwrap();
    comes_up::<Redis>(|url| Place::at(database.url(), Some(url)), "it does not answer like Redis");
}

#[test]
fn a_node_that_waits_for_postgres_can_be_ended() {
    let mut store = Victim::<Postgres>::start();
    store.suffer(Harm::Pause);
    let folder = tempfile::tempdir().unwrap();
    let waiting = Setup::node(&Place::at(store.url(Harm::Pause), None)).command(folder.path()).spawn().unwrap();
    assert!(comes(|| hears_sigterm(waiting.id())));
    let asked = now();
    assert!(Command::new("kill").args(["-TERM", &waiting.id().to_string()]).status().unwrap().success());
    let output = waiting.wait_with_output().unwrap();
    // It would wait for half a minute.
    assert!(asked.elapsed() < Duration::from_secs(25), "it took {:?}", asked.elapsed());
    assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b"stopped\n"[..]));
}

/// Whether a process has said what is to be done at that signal (proc(5), `SigCgt`).
fn hears_sigterm(id: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() >> (15 - 1) & 1 == 1
}

#[test]
fn postgres_that_hangs_keeps_no_node_from_ending() {
    let mut store = Victim::<Postgres>::start();
    let place = Place::at(store.url(Harm::Pause), None);
    let config = "[store]\ntimeout = \"5s\"\n[server]\nshutdown_grace = \"5m\"\n";
    let mut server = Setup::node(&place).config(config).start();
    let person = Person::new(&server);
    store.suffer(Harm::Pause);
    let mut login = under_way(&server, &person.login_to("web"));
    server.terminate();
    let mut answer = Vec::new();
    login.read_to_end(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).unwrap().status, 503, "a request in flight is answered");
    let asked = now();
    assert_eq!(server.wait().code(), Some(0));
    // It would stand still for ever.
    assert!(asked.elapsed() < Duration::from_secs(60), "it took {:?}\n{}", asked.elapsed(), server.log());
    store.recover(Harm::Pause);
}
