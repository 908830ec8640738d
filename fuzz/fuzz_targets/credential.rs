//! The shape of credentials: what is accepted is spelt in one way, and shows nothing of its secret.
#![no_main]

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::credential::Presented;
use counterfoil_core::credential::refresh::RefreshToken;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match data {
        [0, rest @ ..] => written(rest),
        [1, rest @ ..] => with_checksum(rest),
        rest => {
            if let Ok(text) = std::str::from_utf8(rest) {
                judge(text);
            }
        }
    }
});

/// A credential as it is written is accepted; with one edit it is not.
fn written(data: &[u8]) {
    let mut body = [0; 60];
    let length = data.len().min(60);
    body[..length].copy_from_slice(&data[..length]);
    let [at, letter, ..] = data else { return };
    for (prefix, body) in [("cf_s_", &body[..32]), ("cf_t_", &body[..32]), ("cf_r_", &body[..])] {
        let good = summed(&format!("{prefix}{}", URL_SAFE_NO_PAD.encode(body)));
        assert!(accepted(&good), "{good}");
        judge(&good);
        let mut edited = good.clone().into_bytes();
        let at = usize::from(*at) % edited.len();
        edited[at] = *letter;
        let Ok(edited) = String::from_utf8(edited) else { continue };
        assert_eq!(accepted(&edited), edited == good, "{edited}");
    }
}

/// Any text with the right checksum: what lies behind the checksum is reached.
fn with_checksum(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        judge(&summed(text));
    }
}

fn accepted(text: &str) -> bool {
    matches!(Presented::parse(text), Ok(Presented::Session(_) | Presented::Token(_)))
        || RefreshToken::parse(text).is_ok()
}

fn judge(text: &str) {
    let shown = match Presented::parse(text) {
        Ok(Presented::Session(found)) => {
            assert!(found == text && text.starts_with("cf_s_") && text.len() == 54);
            assert_eq!(spelt_again(text), text);
            "Session(…)"
        }
        Ok(Presented::Token(found)) => {
            assert!(found == text && text.starts_with("cf_t_") && text.len() == 54);
            assert_eq!(spelt_again(text), text);
            "Token(…)"
        }
        Ok(Presented::Jwt(found)) => {
            assert!(found == text && !["cf_s_", "cf_t_", "cf_r_"].iter().any(|prefix| text.starts_with(prefix)));
            "Jwt(…)"
        }
        Err(_) => "",
    };
    if let Ok(presented) = Presented::parse(text) {
        assert_eq!(format!("{presented:?}"), shown);
    }
    if let Ok(token) = RefreshToken::parse(text) {
        let body = URL_SAFE_NO_PAD.decode(&text[5..text.len() - 6]).unwrap();
        assert_eq!(body.len(), 60);
        assert_eq!(token.family.as_bytes(), &body[..16]);
        assert_eq!(spelt_again(text), text);
        assert!(Presented::parse(text).is_err(), "a refresh token is no credential");
        let secret = &text[5 + 27..text.len() - 6];
        assert!(!format!("{token:?}").contains(secret));
    }
}

/// Decoded and written anew, by other code than the crate's.
fn spelt_again(text: &str) -> String {
    let (prefix, body) = text[..text.len() - 6].split_at(5);
    summed(&format!("{prefix}{}", URL_SAFE_NO_PAD.encode(URL_SAFE_NO_PAD.decode(body).unwrap())))
}

fn summed(text: &str) -> String {
    let sum = digest(&SHA256, format!("counterfoil checksum {text}").as_bytes());
    format!("{text}{}", &URL_SAFE_NO_PAD.encode(&sum.as_ref()[..5])[..6])
}
