//! What the shape of one of Counterfoil's own random credentials tells. Its secret is never shown.

use counterfoil_core::credential::{Malformed, Presented, refresh::RefreshToken};
use serde::Serialize;

/// A random credential, told apart by its prefix.
#[derive(Serialize)]
pub(super) struct Shape {
    pub(super) kind: &'static str,
    pub(super) checksum_ok: bool,
    verified: bool,
    meaning: &'static str,
    /// The family that a refresh token says it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) family: Option<String>,
}

/// What `text` is, if it begins like one of them.
pub(super) fn shape(text: &str) -> Option<Shape> {
    let (kind, meaning) = match text.get(..5)? {
        "cf_s_" => ("session", "a session id, which a browser sends in a cookie; the server looks up whose it is"),
        "cf_t_" => ("token", "an opaque bearer token; the server looks up whose it is"),
        "cf_r_" => ("refresh", "a refresh token: it renews a login once, at /refresh, and lets nobody in itself"),
        _ => return None,
    };
    let refresh = (kind == "refresh").then(|| RefreshToken::parse(text));
    let parsed = match &refresh {
        Some(Ok(_)) => Ok(()),
        Some(Err(malformed)) => Err(*malformed),
        None => Presented::parse(text).map(drop),
    };
    Some(Shape {
        kind,
        checksum_ok: !matches!(parsed, Err(Malformed::Checksum | Malformed::Form)),
        verified: false,
        meaning,
        family: refresh.and_then(Result::ok).map(|token| token.family.to_string()),
    })
}

impl Shape {
    /// In words.
    pub(super) fn text(&self) -> String {
        let checksum = if self.checksum_ok {
            "Its checksum is right: it is not mistyped. Whether it counts, only the server knows."
        } else {
            "Its checksum is wrong: a character is wrong, missing or too many."
        };
        let family = self.family.as_ref().map(|family| format!("\nIts family is {family}.")).unwrap_or_default();
        format!("NOT VERIFIED: this is {}.\n{checksum}{family}", self.meaning)
    }
}
