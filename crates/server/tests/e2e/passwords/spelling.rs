//! Unicode: a password is its bytes. It is not normalised anywhere, so that what was typed once must be typed again (PW-10).

use serde_json::json;

use super::{login, login_by_form, register};
use crate::support::command::counterfoil;
use crate::support::{MODES, Request, Setup};

/// Composed, decomposed, and with a ligature and full-width letters: the same to every normalisation, by NFC, NFD and NFKC.
const COMPOSED: &str = "caf\u{e9} \u{212b}ngstr\u{f6}m fish";
const DECOMPOSED: &str = "cafe\u{301} A\u{30a}ngstro\u{308}m fish";
const COMPATIBLE: &str = "caf\u{e9} \u{c5}ngstr\u{f6}m \u{fb01}sh";

#[test]
fn pw_10_spellings_of_one_text_are_different_passwords_everywhere() {
    let server = Setup::default().start();
    let only = |name: &str, right: &str| {
        for password in [COMPOSED, DECOMPOSED, COMPATIBLE] {
            let expected = if password == right { 200 } else { 401 };
            assert_eq!(login(&server, name, password), expected, "{name}: {password:?}");
            assert_eq!(login_by_form(&server, name, password), expected, "{name}: {password:?}");
        }
    };
    register(&server, "composed", COMPOSED).expect(201);
    only("composed", COMPOSED);
    let form = [("username", "decomposed"), ("password", DECOMPOSED)];
    server.send(&Request::post("/register").form(&form)).expect(201);
    only("decomposed", DECOMPOSED);

    let body = json!({ "username": "composed", "password": COMPOSED, "client": "device" });
    let ticket = MODES[4].ticket(&server.send(&Request::post("/login").json(&body)).expect(200));
    let change = |current: &str, new: &str| {
        let body = json!({ "current_password": current, "new_password": new });
        server.send(&ticket.on(Request::post("/password").json(&body))).status
    };
    assert_eq!(change(DECOMPOSED, COMPATIBLE), 401);
    assert_eq!(change(COMPOSED, COMPATIBLE), 204);
    only("composed", COMPATIBLE);

    let typed = |arguments: &[&str], password: &str| {
        let done = counterfoil(server.folder(), arguments, &format!("{password}\n"));
        assert_eq!(done.code, Some(0), "{done:?}");
    };
    typed(&["user", "add", "typed", "--password-stdin"], DECOMPOSED);
    only("typed", DECOMPOSED);
    typed(&["user", "password", "typed", "--password-stdin"], COMPOSED);
    only("typed", COMPOSED);
}
