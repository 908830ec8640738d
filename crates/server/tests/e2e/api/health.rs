//! `GET /healthz` and `GET /readyz`

use crate::support::patience::found;
use crate::support::{Answer, Request, Server, Shared};

static SHARED: Shared = Shared::new();

/// The answer of a server that is well. A store that a busy machine holds up for a second is said to be down.
#[track_caller]
fn well(server: &Server, request: &Request) -> Answer {
    found(|| Some(server.send(request)).filter(|answer| answer.status == 200)).unwrap()
}

#[test]
fn a_server_that_runs_is_alive_and_ready() {
    let server = SHARED.server();
    for path in ["/healthz", "/readyz"] {
        well(&server, &Request::get(path));
        well(&server, &Request::get(path).in_browser());
    }
}

#[test]
fn neither_says_more_than_it_must() {
    let server = SHARED.server();
    for path in ["/healthz", "/readyz"] {
        let answer = well(&server, &Request::get(path));
        let text = answer.text();
        assert!(!text.contains("counterfoil.db") && !text.contains(env!("CARGO_PKG_VERSION")), "wb_07: {answer}");
        assert!(answer.header("server").is_none_or(|server| !server.contains('/')), "wb_07: {answer}");
    }
}
