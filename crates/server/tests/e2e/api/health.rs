//! `GET /healthz` and `GET /readyz`

use crate::support::{Request, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn a_server_that_runs_is_alive_and_ready() {
    let server = SHARED.server();
    for path in ["/healthz", "/readyz"] {
        server.send(&Request::get(path)).expect(200);
        server.send(&Request::get(path).in_browser()).expect(200);
    }
}

#[test]
fn neither_says_more_than_it_must() {
    let server = SHARED.server();
    for path in ["/healthz", "/readyz"] {
        let answer = server.send(&Request::get(path)).expect(200);
        let text = answer.text();
        assert!(!text.contains("counterfoil.db") && !text.contains(env!("CARGO_PKG_VERSION")), "wb_07: {answer}");
        assert!(answer.header("server").is_none_or(|server| !server.contains('/')), "wb_07: {answer}");
    }
}
