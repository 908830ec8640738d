//! What a browser is shown in place of a problem+json.

use askama::Template;

/// A refusal or a failure.
#[derive(Debug, Clone, Template)]
#[template(path = "error.html")]
pub struct ErrorPage<'a> {
    /// The HTTP status.
    pub status: u16,
    /// What happened, in a few words; the problem's `title`.
    pub title: &'a str,
    /// What happened this time; the problem's `detail`.
    pub detail: &'a str,
    /// The `X-Request-Id` of the answer.
    pub request_id: &'a str,
    /// Where to go from here: a path on this server.
    pub back_href: &'a str,
    /// What that place is called.
    pub back_text: &'a str,
    /// The username, when somebody is logged in.
    pub holder: Option<&'a str>,
}
