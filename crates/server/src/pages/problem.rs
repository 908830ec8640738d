//! The page at `/problems/{slug}`, to which the `type` of a problem+json leads (RFC 9457 §3.1.1).

use askama::Template;

/// What one type of problem means.
#[derive(Debug, Clone, Copy, Template)]
#[template(path = "problem.html")]
pub struct ProblemPage<'a> {
    /// The last part of the type's address.
    pub slug: &'a str,
    /// The HTTP status that it comes with.
    pub status: u16,
    /// The problem's `title`.
    pub title: &'a str,
    /// What it means.
    pub meaning: &'a str,
    /// What the caller can do about it.
    pub remedy: &'a str,
}
