//! What the members of a token mean, in plain words.

/// What a header's member says (RFC 7515 §4.1).
pub(super) fn of_header(name: &str) -> &'static str {
    match name {
        "alg" => "how it says it is signed",
        "typ" => "what kind of token it is",
        "kid" => "which key has signed it",
        "cty" => "what its payload is",
        "crit" => "extensions that a reader must understand",
        "jwk" | "jku" | "x5u" | "x5c" | "x5t" | "x5t#S256" => "a key that it brings along: never to be used",
        "zip" => "that its payload is compressed",
        "b64" => "that its payload is not encoded",
        _ => "",
    }
}

/// What a claim says (RFC 7519 §4.1, RFC 9068 §2.2, and our own).
pub(super) fn of_claim(name: &str) -> &'static str {
    match name {
        "iss" => "who has issued it",
        "sub" => "for whom it speaks",
        "aud" => "for whom it is meant",
        "exp" => "until when it counts",
        "nbf" => "from when it counts",
        "iat" => "when it was issued",
        "jti" => "its own id",
        "client_id" => "the client that it was issued to",
        "auth_time" => "when the password was checked",
        "sid" => "the session that it belongs to",
        "scope" => "what it may be used for",
        "roles" => "what its user may be",
        "gen" => "the generation of its user's logins",
        "pos" => "how much of the revocation log its issuer knew",
        "ver" => "the version of its user's record",
        "login_client" => "the client that was logged in to",
        "preferred_username" => "the username",
        "email" => "the e-mail address",
        "name" => "the name to show",
        "nonce" => "what the login was begun with",
        "azp" => "the client that asked for it",
        "cnf" => "the key that its bearer must have",
        "act" => "who acts for its user",
        _ => "",
    }
}

/// Whether a claim is a point in time.
pub(super) fn is_time(name: &str) -> bool {
    matches!(name, "exp" | "nbf" | "iat" | "auth_time")
}
