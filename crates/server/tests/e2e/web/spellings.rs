//! Real tokens in another spelling, and what is too long for any.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::real::{Real, b64};
use crate::support::person::counts;
use crate::support::{MODES, Person, Request, Shared, Ticket};

static SHARED: Shared = Shared::new();

#[test]
fn jw_08_jw_09_another_form_of_it_is_refused() {
    let server = SHARED.server();
    let mut real = Real::new(&server);
    let text = real.ticket.text.clone();
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("{text}") };
    // The last character of 64 bytes holds four bits of nothing.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(&signature[signature.len() - 1..]).unwrap();
    let mut forms: Vec<String> = (1..16)
        .map(|bits| {
            format!(
                "{header}.{payload}.{}{}",
                &signature[..signature.len() - 1],
                &alphabet[(last | bits)..=(last | bits)]
            )
        })
        .collect();
    forms.retain(|form| *form != text);
    forms.extend([
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{text}."),
        format!(".{text}"),
        format!("{text}.{signature}"),
        format!("{header}.{payload}.{signature}.{signature}.{signature}"),
        format!("{header}.{header}.{payload}.{signature}.{signature}"),
        format!("{text}="),
        format!("{text}=="),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}.{}", STANDARD.encode(URL_SAFE_NO_PAD.decode(signature).unwrap())),
        text.replace('-', "+").replace('_', "/") + "=",
        format!("{header}.{payload}.{signature}\u{200b}"),
        format!("{header}\u{ff0e}{payload}\u{ff0e}{signature}"),
        format!("{header}%2e{payload}%2e{signature}"),
        format!("{{\"payload\":\"{payload}\",\"protected\":\"{header}\",\"signature\":\"{signature}\"}}"),
        json!({ "payload": payload, "signatures": [{ "protected": header, "signature": signature }] }).to_string(),
    ]);
    for form in &forms {
        // Bytes beyond ASCII are no credential at all in a header.
        if form.is_ascii() {
            real.refuses(form);
        } else {
            assert_eq!(real.line.send(&Request::get("/profile").bearer(form)).status, 401);
        }
    }
    real.counts_still();
}

#[test]
fn jw_11_what_is_too_long_is_refused_before_it_is_read() {
    let server = SHARED.server();
    let mut real = Real::new(&server);
    for length in [3, 100, 4_000, 8_192, 8_193] {
        let dots = ".".repeat(length);
        real.refuses(&dots);
        let token = format!("eyJ{dots}");
        real.refuses(&token);
    }
    real.counts_still();
    for length in [20_000, 60_000, 500_000, 1 << 20] {
        for text in [".".repeat(length), "a".repeat(length), format!("eyJ{}", "A".repeat(length))] {
            // Where a header of that size is not taken, the server may hang up before all is sent.
            let request = Request::get("/profile").bearer(&text).to_bytes(server.port());
            if let Ok(answer) = crate::support::request::exchange(server.port(), &request) {
                assert!(matches!(answer.status, 400 | 401 | 431), "{length}: {}", answer.status);
            }
            let answer = server.send(&Request::post("/refresh").json(&json!({ "refresh_token": text })));
            assert!(matches!(answer.status, 401 | 413), "{length}: {}", answer.status);
        }
    }
    server.send(&Request::get("/healthz")).expect(200);
}

/// The order of P-256 (FIPS 186-4 §D.1.2.3).
const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The other signature of the same text by the same key: r and n - s.
fn twin(token: &str) -> String {
    let (body, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i32::from(N[at]) - i32::from(bytes[32 + at]) - borrow;
        borrow = i32::from(difference < 0);
        bytes[32 + at] = u8::try_from(difference + 256 * borrow).unwrap();
    }
    format!("{body}.{}", b64(bytes))
}

#[test]
fn jw_20_a_token_that_has_ended_has_ended_in_every_spelling() {
    let server = SHARED.server();
    for mode in [MODES[2], MODES[3]] {
        for remembered in [false, true] {
            let ticket = Person::new(&server).logs_in(&server, &mode);
            let twin = Ticket { text: twin(&ticket.text), ..ticket.clone() };
            assert_ne!(twin.text, ticket.text);
            if remembered {
                assert!(counts(&server, &twin), "its arithmetic is right");
            }
            server.send(&ticket.on(Request::post("/logout"))).expect(204);
            assert!(!counts(&server, &ticket) && !counts(&server, &twin), "{}", mode.client);
        }
    }
}
