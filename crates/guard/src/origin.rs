//! Whether a request comes from a page of this site.

use std::sync::Arc;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method, Uri};

/// What counts as a page of this site.
#[derive(Debug, Clone)]
pub enum Origins {
    /// This origin alone: scheme, host and port, such as `https://login.example.com`.
    Public(Arc<str>),
    /// Whatever host the request was sent to, over plain HTTP: for a server on a loopback address that has no other name.
    Host,
}

impl Origins {
    /// Whether a request that rides on a cookie may do what it asks for. One that changes nothing always may.
    pub fn admit(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
        method.is_safe() || self.proven(uri, headers) == Some(true)
    }

    /// Whether the request says that it comes from here. `None`: it says nothing, as a program's would.
    ///
    /// What the browser says of itself decides (Fetch Metadata), and an older one's `Origin` (RFC 6454 §7.2).
    pub fn proven(&self, uri: &Uri, headers: &HeaderMap) -> Option<bool> {
        if headers.contains_key("sec-fetch-site") {
            let mut values = headers.get_all("sec-fetch-site").iter();
            return Some(values.all(|value| value == "same-origin"));
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = origins.next()?;
        Some(origins.next().is_none() && origin.to_str().is_ok_and(|origin| self.is_own(origin, uri, headers)))
    }

    fn is_own(&self, origin: &str, uri: &Uri, headers: &HeaderMap) -> bool {
        match self {
            Self::Public(public) => origin == &**public,
            Self::Host => {
                // HTTP/2 has the host in the request target (RFC 9113 §8.3.1).
                let host = headers.get(HOST).and_then(|host| host.to_str().ok());
                let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
                host.is_some_and(|host| origin.strip_prefix("http://") == Some(host))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(origins: &Origins, method: &Method, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        origins.admit(method, &Uri::from_static("/logout"), &headers)
    }

    #[test]
    fn wb_03_a_change_must_come_from_here() {
        let public = Origins::Public("https://a.example".into());
        let post = |headers: &[(&'static str, &'static str)]| admits(&public, &Method::POST, headers);
        assert!(post(&[("sec-fetch-site", "same-origin")]));
        assert!(post(&[("origin", "https://a.example")]));
        assert!(!post(&[]), "a cookie without either is refused");
        for site in ["same-site", "cross-site", "none", "", "Same-Origin"] {
            let headers = [("sec-fetch-site", site), ("origin", "https://a.example")];
            assert!(!post(&headers), "{site}: what the browser says of itself decides");
        }
        assert!(!post(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]));
        for method in [Method::GET, Method::HEAD] {
            assert!(admits(&public, &method, &[]), "{method}");
        }
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(!admits(&public, &method, &[]), "{method}");
        }
    }

    #[test]
    fn wb_02_an_origin_is_compared_whole() {
        let public = Origins::Public("https://a.example".into());
        for origin in [
            "null",
            "http://a.example",
            "https://a.example:8443",
            "https://a.example.evil.example",
            "https://evil-a.example",
            "https://A.example",
            "https://a.example/",
            "https://user@a.example",
            "a.example",
            "",
        ] {
            assert!(!admits(&public, &Method::POST, &[("origin", origin)]), "{origin}");
        }
        assert!(!admits(
            &public,
            &Method::POST,
            &[("origin", "https://a.example"), ("origin", "https://evil.example")]
        ));
    }

    #[test]
    fn a_server_without_a_name_takes_its_host_for_it() {
        let post = |headers: &[(&'static str, &'static str)]| admits(&Origins::Host, &Method::POST, headers);
        assert!(post(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")]));
        assert!(!post(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:9090")]));
        assert!(!post(&[("host", "127.0.0.1:8080"), ("origin", "https://127.0.0.1:8080")]));
        assert!(!post(&[("origin", "http://127.0.0.1:8080")]));
    }
}
