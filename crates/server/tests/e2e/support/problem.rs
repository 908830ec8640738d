//! Refusals, and what every one of them must be like (RFC 9457, RFC 6750 §3).

use serde_json::Value;

use super::Answer;

impl Answer {
    /// The problem document, if this is a refusal with that status.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self}");
        let document = self.json();
        for member in ["type", "title", "detail"] {
            assert!(document[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {self}");
        }
        assert_eq!(document["status"], status, "{self}");
        document
    }

    /// The same, of one kind of problem: the last part of its type.
    #[track_caller]
    pub(crate) fn refusal(&self, status: u16, slug: &str) -> Value {
        let document = self.problem(status);
        let kind = document["type"].as_str().and_then(|kind| kind.rsplit('/').next());
        assert_eq!(kind, Some(slug), "{self}");
        document
    }

    /// A refusal that says in its detail what it is about.
    #[track_caller]
    pub(crate) fn refusal_naming(&self, status: u16, name: &str) {
        let document = self.problem(status);
        assert!(document["detail"].as_str().is_some_and(|detail| detail.contains(name)), "{name} is not named: {self}");
    }

    /// 401 to a request without any credential.
    #[track_caller]
    pub(crate) fn is_anonymous(&self) {
        self.problem(401);
        assert_eq!(self.header("www-authenticate"), Some("Bearer"), "{self}");
    }

    /// 401 to a request whose credential does not count.
    #[track_caller]
    pub(crate) fn is_refused(&self) {
        self.problem(401);
        let challenge = self.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Bearer ") && challenge.contains(r#"error="invalid_token""#), "{self}");
    }
}
