//! `[server]`: where it listens, over what, and what it takes.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use toml::Value as Toml;

use super::public_url::PublicUrl;
use super::reader::Section;
use super::schema;
use super::value::{Choice, Setting};
use crate::http::address::{BadNetwork, Network};

/// Where the server listens, how browsers reach it, and how much it takes from them.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Server {
    /// The address and port to listen on. Port 0 takes any free one.
    #[schemars(schema_with = "schema::of::<SocketAddr>")]
    pub listen: SocketAddr,
    /// How browsers and apps reach the server: scheme, host and port. Over `https` every cookie is `Secure`.
    /// Not said, it follows from `listen` and `tls`.
    #[schemars(schema_with = "schema::of::<PublicUrl>")]
    pub public_url: PublicUrl,
    /// The file with the certificate and those between it and its authority, in PEM. Read again when it changes.
    #[schemars(schema_with = "schema::of::<Option<PathBuf>>")]
    pub tls_certificate: Option<PathBuf>,
    /// The file with the certificate's private key, in PEM. Read again when it changes.
    #[schemars(schema_with = "schema::of::<Option<PathBuf>>")]
    pub tls_key: Option<PathBuf>,
    /// Whether the server itself speaks HTTPS: with those `files`, or for development with a `self-signed` certificate that it
    /// makes. Not said, it does when there are files. `off` is for a loopback address, or behind `trusted_proxies`.
    #[schemars(schema_with = "schema::of::<Tls>")]
    pub tls: Tls,
    /// The addresses and networks of proxies in front, which are believed when they say in `X-Forwarded-For` whom they speak
    /// for. Everybody else has the address that the connection comes from.
    #[schemars(schema_with = "schema::of::<BTreeSet<Network>>")]
    pub trusted_proxies: BTreeSet<Network>,
    /// The most connections at a time; further ones are answered 503 at once. 0 takes as many as the process may have files
    /// open, less 256.
    #[schemars(range(max = 1_000_000))]
    pub max_connections: u32,
    /// The most of them from one address, or from one IPv6 network of 64 bits; `trusted_proxies` have no such limit. 0 takes a
    /// sixteenth of `max_connections`, and at least 64.
    #[schemars(range(max = 1_000_000))]
    pub max_connections_per_address: u32,
    /// The largest body of a request, in bytes.
    #[schemars(range(min = 1024, max = 16_777_216))]
    pub body_limit: u32,
    /// How long a client may take for the TLS handshake, for a request's headers, and between two pieces of a body.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub header_timeout: Duration,
    /// How long a client may take to send a whole body, and to take any more of an answer.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub body_timeout: Duration,
    /// How long a connection may stay open between two requests.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub idle_timeout: Duration,
    /// How long requests in flight may go on after SIGTERM.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub shutdown_grace: Duration,
}

/// Who speaks TLS, and with what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Not the server.
    #[default]
    Off,
    /// The server, with a certificate from files.
    Files,
    /// The server, with a certificate that it makes at its start and that no browser trusts.
    SelfSigned,
}

impl Choice for Tls {
    const WORDS: &'static [&'static str] = &["off", "files", "self-signed"];
}

impl Default for Server {
    fn default() -> Self {
        let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
        Self {
            listen,
            public_url: PublicUrl::of(listen, false),
            tls_certificate: None,
            tls_key: None,
            tls: Tls::Off,
            trusted_proxies: BTreeSet::new(),
            max_connections: 0,
            max_connections_per_address: 0,
            body_limit: 64 * 1024,
            header_timeout: seconds(10),
            body_timeout: seconds(30),
            idle_timeout: seconds(60),
            shutdown_grace: seconds(10),
        }
    }
}

impl Server {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let listen = at.value("listen", default.listen);
        let tls_certificate = at.value("tls_certificate", default.tls_certificate);
        let tls_key = at.value("tls_key", default.tls_key);
        let has_files = tls_certificate.is_some() || tls_key.is_some();
        let tls = at.value("tls", if has_files { Tls::Files } else { Tls::Off });
        let server = Self {
            listen,
            public_url: at.value("public_url", PublicUrl::of(listen, tls != Tls::Off)),
            tls_certificate,
            tls_key,
            tls,
            trusted_proxies: at.value("trusted_proxies", default.trusted_proxies),
            max_connections: at.within("max_connections", default.max_connections, 0..=MOST),
            max_connections_per_address: at.within(
                "max_connections_per_address",
                default.max_connections_per_address,
                0..=MOST,
            ),
            body_limit: at.within("body_limit", default.body_limit, 1024..=16 * 1024 * 1024),
            header_timeout: at.within("header_timeout", default.header_timeout, seconds(1)..=seconds(300)),
            body_timeout: at.within("body_timeout", default.body_timeout, seconds(1)..=seconds(3600)),
            idle_timeout: at.within("idle_timeout", default.idle_timeout, seconds(1)..=seconds(3600)),
            shutdown_grace: at.within("shutdown_grace", default.shutdown_grace, seconds(0)..=seconds(3600)),
        };
        server.check_tls(at);
        server.check_reach(at);
        server
    }

    /// Whether the server itself speaks HTTPS.
    pub fn speaks_tls(&self) -> bool {
        self.tls != Tls::Off
    }

    fn check_tls(&self, at: &mut Section<'_, '_>) {
        let files = [("tls_certificate", &self.tls_certificate), ("tls_key", &self.tls_key)];
        for (key, file) in files {
            match (self.tls, file) {
                (Tls::Files, None) => at.refuse(key, "must name a file in PEM, as `tls` is \"files\""),
                (Tls::Off | Tls::SelfSigned, Some(_)) => at.warn(key, "is not read, as `tls` is not \"files\""),
                _ => {}
            }
        }
        if self.speaks_tls() && !self.public_url.is_https() {
            at.refuse("public_url", "must begin with https://, as the server speaks HTTPS itself");
        }
    }

    /// Passwords do not cross a network in clear (ASVS 5 §12.2.1).
    fn check_reach(&self, at: &mut Section<'_, '_>) {
        let beyond = !self.listen.ip().to_canonical().is_loopback();
        if beyond && !self.speaks_tls() && self.trusted_proxies.is_empty() {
            at.refuse(
                "listen",
                "beyond this machine, plain HTTP would show every password on the way: name `tls_certificate` and `tls_key`; or, \
                 behind a proxy that speaks HTTPS, its address in `trusted_proxies`; or listen on 127.0.0.1",
            );
        } else if beyond && !at.is_said("public_url") {
            at.warn(
                "public_url",
                "is not said, and the server listens beyond this machine: say how browsers reach it, as its tokens name it and its \
                 cookies depend on it",
            );
        }
        if !beyond && !self.speaks_tls() && self.public_url.is_https() && self.trusted_proxies.is_empty() {
            at.warn(
                "trusted_proxies",
                "is not said, and a proxy seems to stand in front, as `public_url` is https: all visitors have its address until \
                 it is named here",
            );
        }
    }
}

/// More connections than any machine keeps.
const MOST: u32 = 1_000_000;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

impl Setting for Network {
    fn expected() -> String {
        BadNetwork.to_string()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::String(self.to_string()))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string" })
    }
}
