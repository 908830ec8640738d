//! What it is that answers where another kind of server was expected.
//!
//! Drivers wait in vain for a greeting, or stumble over one that they cannot read, and then say that nobody answers.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Fault;
use crate::address::Host;

/// For how long a stranger is listened to.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is asked of it. Redis answers the first, and what speaks HTTP says that it is a bad request. MySQL greets unasked.
const PING: &[u8] = b"PING\r\n\r\n";
/// What PostgreSQL answers by one letter: a request for TLS (PostgreSQL: Message Formats, `SSLRequest`).
const SSL_REQUEST: &[u8] = &[0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F];

/// A protocol that can be told by how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Postgres,
    MySql,
    Redis,
    Http,
}

impl Protocol {
    /// What fault this is, where `self` was expected and the driver found that one: a more precise one, if something else is
    /// there.
    pub(crate) async fn or_stranger(self, fault: Fault, host: &Host) -> Fault {
        let is_vague = matches!(fault, Fault::Unreachable | Fault::Silent(_) | Fault::NoTls(_) | Fault::Other);
        if !is_vague {
            return fault;
        }
        match spoken_at(host).await {
            Some(other) if other != self => Fault::Unfit(format!(
                "it does not speak {}'s protocol but {}: correct the host and port in the address",
                self.as_str(),
                other.as_str()
            )),
            _ => fault,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MySQL",
            Self::Redis => "Redis",
            Self::Http => "HTTP",
        }
    }
}

/// What is spoken there, if it is one that is known here.
async fn spoken_at(host: &Host) -> Option<Protocol> {
    match first_of(host, PING).await.as_deref() {
        Some([b'+' | b'-', ..]) => return Some(Protocol::Redis),
        Some(b"HTTP/") => return Some(Protocol::Http),
        // After a packet's length and number, the version of the protocol or an error.
        Some([_, _, 0, 0, 10 | 0xFF]) => return Some(Protocol::MySql),
        _ => {}
    }
    match first_of(host, SSL_REQUEST).await.as_deref() {
        Some(b"S" | b"N") => Some(Protocol::Postgres),
        _ => None,
    }
}

/// Up to five bytes that are answered.
async fn first_of(host: &Host, question: &[u8]) -> Option<Vec<u8>> {
    let mut answer = Vec::new();
    let asked = async {
        let mut stream = TcpStream::connect((host.name.as_str(), host.port)).await?;
        stream.write_all(question).await?;
        stream.take(5).read_to_end(&mut answer).await
    };
    // What has come by then counts.
    let _late_or_broken = timeout(PATIENCE, asked).await;
    (!answer.is_empty()).then_some(answer)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use xtask::services::fresh;

    use super::*;
    use crate::{Options, Place, open};

    /// The port of an address.
    fn port_of(url: &str) -> u16 {
        url.parse::<crate::StoreUrl>().map_or_else(
            |_| {
                let (crate::SessionsUrl::Redis(url) | crate::SessionsUrl::RedisCluster(url)) = url.parse().unwrap();
                url.host().port
            },
            |url| match url {
                crate::StoreUrl::Postgres(url) | crate::StoreUrl::MySql(url) => url.host().port,
                _ => panic!("no server"),
            },
        )
    }

    async fn web_server() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 8];
                let _ = stream.read_exact(&mut request).await;
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").await;
            }
        });
        port
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_of_another_kind_is_told() {
        let (postgres, mariadb, redis) =
            (fresh::postgres().unwrap(), fresh::mariadb().unwrap(), fresh::redis().unwrap());
        let ports = [
            ("PostgreSQL", port_of(&postgres.url())),
            ("MySQL", port_of(&mariadb.url())),
            ("Redis", port_of(&redis.url())),
            ("HTTP", web_server().await),
        ];
        let options = Options { timeout: Duration::from_secs(1), ..Options::default() };
        for (there, port) in ports {
            for (expected, address) in [
                ("PostgreSQL", format!("postgres://u:p@127.0.0.1:{port}/d")),
                ("PostgreSQL", format!("postgres://u:p@127.0.0.1:{port}/d?sslmode=verify-full")),
                ("MySQL", format!("mysql://u:p@127.0.0.1:{port}/d")),
            ] {
                if expected == there {
                    continue;
                }
                let Err(error) = open(&Place::of(address.parse().unwrap()), &options).await else {
                    panic!("{address} was opened")
                };
                let said = error.to_string();
                let words = format!("it does not speak {expected}'s protocol");
                assert!(said.contains(&words), "{there} as {address}: {said}");
                assert!(said.ends_with("correct the host and port in the address"), "{said}");
            }
            if there != "Redis" {
                let place = Place {
                    sessions: Some(format!("redis://:p@127.0.0.1:{port}").parse().unwrap()),
                    ..Place::of(crate::StoreUrl::Memory)
                };
                let Err(error) = open(&place, &options).await else { panic!("{there} is not Redis") };
                let said = error.to_string();
                assert!(said.contains("it does not answer like Redis: name another port"), "{there}: {said}");
            }
        }
    }
}
