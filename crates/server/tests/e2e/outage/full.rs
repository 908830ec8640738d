//! A disk without room: an end that cannot be written is not said to be done, and all goes on when there is room again.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use super::is_put_off;
use crate::support::patience::comes;
use crate::support::person::counts;
use crate::support::{MODES, Person, Request, Server, Setup, Ticket};

/// A file system of its own in the server's folder, which goes with the process that alone sees it.
const SMALL_DISK: &str = "mkdir disk && mount -t tmpfs -o size=3m none disk && exec \"$@\"";
/// A file that grows too long fails like one on a full disk, if the signal is not heeded.
const NO_SIGNAL: &str = "mkdir disk && trap '' XFSZ && exec \"$@\"";

#[test]
fn a_full_disk_ends_nothing_and_is_recovered_from() {
    let namespace = ["unshare", "--mount", "--map-root-user"];
    let permitted =
        Command::new("unshare").args(&namespace[1..]).args(["sh", "-c", "mount -t tmpfs none /mnt"]).output();
    // A machine that lets nobody mount has the other test, which sees the same from another side.
    if !permitted.is_ok_and(|done| done.status.success()) {
        return a_file_that_may_not_grow_ends_nothing_and_is_recovered_from();
    }
    let server = on_the_disk(&[&namespace[..], &["sh", "-c", SMALL_DISK, "sh"]].concat());
    let ballast = PathBuf::from(format!("/proc/{}/root{}/disk/ballast", server.id(), server.folder().display()));
    let fill = || {
        let mut file = File::create(&ballast).unwrap();
        // To the last byte.
        for piece in [64 * 1024, 512, 1] {
            while file.write_all(&vec![0; piece]).is_ok() {}
        }
    };
    suffers(&server, fill, || std::fs::remove_file(&ballast).unwrap());
}

#[test]
fn a_file_that_may_not_grow_ends_nothing_and_is_recovered_from() {
    let server = on_the_disk(&["sh", "-c", NO_SIGNAL, "sh"]);
    let limit = |bytes: &str| {
        let arguments = [format!("--pid={}", server.id()), format!("--fsize={bytes}:")];
        assert!(Command::new("prlimit").args(arguments).status().unwrap().success());
    };
    suffers(&server, || limit("4096"), || limit("unlimited"));
}

fn on_the_disk(wrapper: &[&str]) -> Server {
    Setup::default().within(wrapper).argument("--store").argument("sqlite:disk/counterfoil.db").start()
}

fn suffers(server: &Server, fill: impl Fn(), make_room: impl Fn()) {
    let person = Person::new(server);
    let tickets = MODES.map(|mode| person.logs_in(server, &mode));
    let mut dead: Vec<Ticket> = Vec::new();
    for _ in 0..2 {
        fill();
        dead.extend(until_nothing_is_written(server, &person));
        for ticket in &tickets {
            is_put_off(&server.send(&ticket.on(Request::post("/logout"))));
            is_put_off(&server.send(&ticket.on(Request::delete("/sessions"))));
        }
        assert!(tickets.iter().all(|ticket| counts(server, ticket)), "what has not ended counts");
        assert!(!dead.iter().any(|ticket| counts(server, ticket)), "what has ended does not");
        make_room();
        let writes = || server.send(&person.login_to("web")).status == 200;
        assert!(comes(writes), "it does not write again\n{}", server.log());
    }
    for (mode, ticket) in MODES.iter().zip(&tickets) {
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
        assert!(!counts(server, ticket), "{}", mode.client);
    }
    assert!(!dead.iter().any(|ticket| counts(server, ticket)));
}

/// Logs in and out until it is put off: there may be room in files that are there already. What was answered is done.
fn until_nothing_is_written(server: &Server, person: &Person) -> Vec<Ticket> {
    let mut dead = Vec::new();
    for mode in MODES.iter().cycle().filter(|mode| mode.stored).take(2000) {
        let answer = server.send(&person.login_to(mode.client));
        if answer.status != 200 {
            is_put_off(&answer);
            return dead;
        }
        let ticket = mode.ticket(&answer);
        let answer = server.send(&ticket.on(Request::post("/logout")));
        if answer.status == 204 { dead.push(ticket) } else { is_put_off(&answer) }
    }
    panic!("there is still room");
}
