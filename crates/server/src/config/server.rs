//! `[server]`: where it listens and what it takes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use schemars::JsonSchema;

use super::public_url::PublicUrl;
use super::reader::Section;
use super::schema;

/// Where the server listens, how browsers reach it, and how much it takes from them.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Server {
    /// The address and port to listen on. Port 0 takes any free one.
    #[schemars(schema_with = "schema::of::<SocketAddr>")]
    pub listen: SocketAddr,
    /// How browsers and apps reach the server: scheme, host and port. Over `https` every cookie is `Secure`.
    /// Not said, it follows from `listen`.
    #[schemars(schema_with = "schema::of::<PublicUrl>")]
    pub public_url: PublicUrl,
    /// The largest body of a request, in bytes.
    #[schemars(range(min = 1024, max = 16_777_216))]
    pub body_limit: u32,
    /// How long a client may take to send a request's headers.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub header_timeout: Duration,
    /// How long requests in flight may go on after SIGTERM.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub shutdown_grace: Duration,
}

impl Default for Server {
    fn default() -> Self {
        let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
        Self {
            listen,
            public_url: PublicUrl::of(listen),
            body_limit: 64 * 1024,
            header_timeout: Duration::from_secs(10),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

impl Server {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let listen = at.value("listen", default.listen);
        if !listen.ip().is_loopback() && !at.is_said("public_url") {
            at.warn(
                "public_url",
                "is not said, and the server listens beyond this machine: without an https address its cookies are not \
                 `Secure`, and any host name that a browser sends counts as its own",
            );
        }
        Self {
            listen,
            public_url: at.value("public_url", PublicUrl::of(listen)),
            body_limit: at.within("body_limit", default.body_limit, 1024..=16 * 1024 * 1024),
            header_timeout: at.within("header_timeout", default.header_timeout, seconds(1)..=seconds(300)),
            shutdown_grace: at.within("shutdown_grace", default.shutdown_grace, seconds(0)..=seconds(3600)),
        }
    }
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
