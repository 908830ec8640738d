//! `/problems/{slug}`: what the `type` of a problem document means.

use askama::Template as _;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use counterfoil_guard::Problem;
use http::StatusCode;

use super::account::html;
use crate::pages::ProblemPage;

/// Slug, status, title, meaning, what to do.
const PROBLEMS: &[(&str, u16, &str, &str, &str)] = &[
    (
        "unauthorized",
        401,
        "Not logged in",
        "The request brings no credential, or one that does not count, or no longer.",
        "Log in again and send the new credential.",
    ),
    (
        "invalid-credentials",
        401,
        "Wrong name or password",
        "The name is unknown, the password is wrong, or the account is disabled. Which of them is not said.",
        "Check both and try again.",
    ),
    (
        "invalid-grant",
        401,
        "Not renewed",
        "There is no refresh token, or it is unknown, used up, expired or its login has ended.",
        "Log in again.",
    ),
    (
        "ambiguous-credentials",
        400,
        "More than one credential",
        "The request brings two credentials, and which one counts would be a guess.",
        "Send one: either the Authorization header or one cookie.",
    ),
    (
        "malformed",
        400,
        "Malformed",
        "The body or the address cannot be read.",
        "Check the form of the request; the detail says where it breaks.",
    ),
    (
        "invalid-request",
        422,
        "Not as expected",
        "A field is unknown, missing or of another type than expected.",
        "The detail and `errors` name the field and what was expected.",
    ),
    (
        "policy",
        422,
        "Not accepted",
        "A name or a password is not one that this server accepts.",
        "The detail says why.",
    ),
    (
        "taken",
        409,
        "Taken",
        "Somebody else has the username or the e-mail address.",
        "Choose another one, or log in if the account is yours.",
    ),
    (
        "registration-closed",
        403,
        "Registration is closed",
        "This server makes no accounts for visitors.",
        "Ask its operator for an account.",
    ),
    (
        "setup-link",
        403,
        "Set-up link does not count",
        "The link was used, is older than an hour, or there are users already.",
        "Restart the server of an empty store for a new link.",
    ),
    (
        "forbidden",
        403,
        "Not allowed",
        "The user lacks a role, the credential lacks a scope, or the client does not allow it.",
        "Ask for what the detail names.",
    ),
    (
        "cross-site",
        403,
        "Not from this site",
        "A request that rides on a cookie would change something and does not come from a page of this site.",
        "Browsers send Sec-Fetch-Site or Origin by themselves; programs should use a bearer token.",
    ),
    (
        "not-found",
        404,
        "Not found",
        "There is nothing at this address, or nothing that you may see.",
        "Check the address.",
    ),
    (
        "no-session",
        404,
        "No stored session",
        "Nothing is stored about this login: its token says everything itself.",
        "Use a client that stores sessions.",
    ),
    (
        "method-not-allowed",
        405,
        "Wrong method",
        "The address is right and the method is not.",
        "Use one that the Allow header names.",
    ),
    (
        "too-slow",
        408,
        "Too slow",
        "The request has not arrived in the time that it may take.",
        "Send it again, all at once.",
    ),
    (
        "too-large",
        413,
        "Too large",
        "The body holds more than is taken here.",
        "Send less; the detail says how much is taken.",
    ),
    (
        "address-too-long",
        414,
        "Address too long",
        "The address of the request is longer than is taken here.",
        "Use an address that the server has made, or a shorter one.",
    ),
    (
        "headers-too-large",
        431,
        "Headers too large",
        "The request has more headers, or longer ones, than are taken here.",
        "Send fewer; a browser may have to forget its cookies for this site.",
    ),
    (
        "unsupported-media-type",
        415,
        "Another media type is needed",
        "The body is of a media type that is not read here, or it is encoded.",
        "Say one of the media types that the detail names in Content-Type, and send the body as it is.",
    ),
    (
        "too-many-attempts",
        429,
        "Too many attempts",
        "Too many wrong passwords were tried for this name, whether or not somebody has it, or from this address. Until the wait is \
         over even the right password is not looked at. Logins that exist go on.",
        "Wait for the seconds that Retry-After names. If a password stays refused, ask the operator for another one.",
    ),
    (
        "internal",
        500,
        "Internal error",
        "Something is wrong with the server, and it cannot say what to whoever asks.",
        "Tell its operator the id of the request, which is in the server's log.",
    ),
    (
        "not-implemented",
        501,
        "Not implemented",
        "The method asks for something that this server never does, at whatever address.",
        "Use another one.",
    ),
    (
        "unavailable",
        503,
        "Try again",
        "The server cannot find out at the moment whether it may do that, or was not told whether it was done.",
        "Try again after the seconds that Retry-After names, and keep your credential.",
    ),
];

/// Explains a type of problem.
pub(super) async fn explain(Path(slug): Path<String>) -> Response {
    match PROBLEMS.iter().find(|problem| problem.0 == slug) {
        Some((slug, status, title, meaning, remedy)) => page(slug, *status, title, meaning, remedy),
        None => {
            Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", "There is no such problem.").into_response()
        }
    }
}

fn page(slug: &str, status: u16, title: &str, meaning: &str, remedy: &str) -> Response {
    html(StatusCode::OK, ProblemPage { slug, status, title, meaning, remedy }.render())
}
