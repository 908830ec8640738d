//! The five clients, and what their requests look like.

use clap::ValueEnum;

/// A built-in client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    Web,
    Spa,
    Api,
    Stateless,
    Device,
}

impl Client {
    pub(crate) const ALL: [Self; 5] = [Self::Web, Self::Spa, Self::Api, Self::Stateless, Self::Device];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Spa => "spa",
            Self::Api => "api",
            Self::Stateless => "stateless",
            Self::Device => "device",
        }
    }

    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::Web => "session in a cookie",
            Self::Spa => "jwt in a cookie, refreshed",
            Self::Api => "jwt as bearer, refreshed",
            Self::Stateless => "jwt as bearer, nothing stored",
            Self::Device => "opaque token as bearer",
        }
    }

    /// The header that carries its credential.
    pub(crate) fn header(self, credential: &str) -> String {
        match self {
            Self::Web => format!("cookie: session_id={credential}\r\n"),
            Self::Spa => format!("cookie: token={credential}\r\n"),
            Self::Api | Self::Stateless | Self::Device => format!("authorization: Bearer {credential}\r\n"),
        }
    }
}

/// A request, perhaps with one more header.
pub(crate) fn request(header: Option<&str>) -> Vec<u8> {
    let header = header.unwrap_or_default();
    format!("GET /hello HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: */*\r\nuser-agent: load\r\n{header}\r\n").into_bytes()
}
