//! What a link to a page says in its query.

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;

use super::account::prefilled;

/// The members of a query. One that no page knows, such as a tracker's, is nobody's business.
pub(super) struct Link(Vec<(String, String)>);

/// No password is taken from an address: histories, logs and proxies keep it. A form that went there is to be noticed.
const NEVER: [&str; 3] = ["password", "current_password", "new_password"];

impl Link {
    fn of(query: &str) -> Option<Self> {
        let members: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let secret = |name: &str| NEVER.iter().any(|never| name.eq_ignore_ascii_case(never));
        (!members.iter().any(|(name, _)| secret(name))).then_some(Self(members))
    }

    /// The only member of that name. Of two, none counts: somebody on the way may have looked at the other one.
    pub(super) fn sole(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(other, _)| other == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }
}

impl<S: Sync> FromRequestParts<S> for Link {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        Self::of(parts.uri.query().unwrap_or_default()).ok_or_else(prefilled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_counts_when_it_is_there_once() {
        let link = Link::of("return_to=%2Fa&utm_source=x&client=web&client=api&return_to").unwrap();
        assert_eq!((link.sole("return_to"), link.sole("client"), link.sole("notice")), (None, None, None));
        assert_eq!(link.sole("utm_source"), Some("x"));
        assert_eq!(Link::of("return_to=%2Fa%3Fb").unwrap().sole("return_to"), Some("/a?b"));
        assert_eq!(Link::of("").unwrap().sole("return_to"), None);
    }

    #[test]
    fn lg_08_a_password_is_never_in_an_address() {
        for query in ["password=x", "a=b&password", "Password=x", "current_password=", "new_pass%77ord=x"] {
            assert!(Link::of(query).is_none(), "{query}");
        }
        assert!(Link::of("passwords=1&word=password").is_some());
    }
}
