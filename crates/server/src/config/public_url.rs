//! How the outside world reaches the server.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU16;

use http::Uri;
use toml::Value as Toml;

use super::value::Setting;

/// A scheme, a host and perhaps a port: an origin (RFC 6454 §6.2), without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    host: String,
    https: bool,
}

impl PublicUrl {
    /// Reads `https://host`, `http://host:port` and the like. One slash may follow; a path, a query or a user may not.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let path = text.get(scheme.len() + "://".len() + authority.as_str().len()..)?;
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => None,
            port => Some(port.strip_prefix(':')?.parse::<NonZeroU16>().ok()?.get()),
        };
        let origin_alone = matches!(path, "" | "/") && !authority.host().is_empty();
        origin_alone.then(|| Self::new(scheme == "https", authority.host(), port))
    }

    /// In the one spelling that browsers use: lower case, and no port where it is the scheme's own (RFC 6454 §6.2).
    fn new(https: bool, host: &str, port: Option<u16>) -> Self {
        let (scheme, usual) = if https { ("https", 443) } else { ("http", 80) };
        let host = host.to_ascii_lowercase();
        let port = port.filter(|port| *port != usual).map(|port| format!(":{port}")).unwrap_or_default();
        Self { text: format!("{scheme}://{host}{port}"), host, https }
    }

    /// What a browser on this machine can use for a server that listens there, over HTTPS or not.
    pub fn of(listen: SocketAddr, https: bool) -> Self {
        let host = match listen {
            SocketAddr::V4(address) if !address.ip().is_unspecified() => address.ip().to_string(),
            SocketAddr::V6(address) if !address.ip().is_unspecified() => format!("[{}]", address.ip()),
            _ => "localhost".to_owned(),
        };
        Self::new(https, &host, Some(listen.port()))
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host alone, in lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether browsers come over HTTPS, so that cookies can be `Secure`.
    pub const fn is_https(&self) -> bool {
        self.https
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Setting for PublicUrl {
    fn expected() -> String {
        "an origin such as \"https://auth.example.com\", without a path".to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        Self::parse(value.as_str()?)
    }

    /// `None` for the one of a server on port 0: it cannot be said before a port has been found.
    fn to_toml(&self) -> Option<Toml> {
        Self::parse(&self.text).map(|_| Toml::String(self.text.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_an_origin_and_nothing_more() {
        for (text, read) in [
            ("https://Auth.Example.com", "https://auth.example.com"),
            ("https://auth.example.com/", "https://auth.example.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://example.com:80", "http://example.com"),
            ("https://example.com:443/", "https://example.com"),
            ("https://example.com:80", "https://example.com:80"),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().as_str(), read);
        }
        for text in [
            "",
            "auth.example.com",
            "https://",
            "ftp://example.com",
            "https://a:b@example.com",
            "https://example.com/x",
            "https://example.com//",
            "https://example.com?x",
            "https://example.com#x",
            "https://example.com:0",
            "https://example.com:99999",
            "https://example.com:",
            "https://exa mple.com",
            "//example.com",
        ] {
            assert_eq!(PublicUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_unspecified_address_is_reached_as_localhost() {
        for (listen, url) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("[::1]:80", "http://[::1]"),
            ("0.0.0.0:8080", "http://localhost:8080"),
            ("[::]:8080", "http://localhost:8080"),
        ] {
            let url_of = PublicUrl::of(listen.parse().unwrap(), false);
            assert_eq!(url_of.as_str(), url);
            assert_eq!(PublicUrl::parse(url), Some(url_of));
        }
        assert_eq!(PublicUrl::of("0.0.0.0:443".parse().unwrap(), true).as_str(), "https://localhost");
    }
}
