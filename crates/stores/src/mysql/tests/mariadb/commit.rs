//! A commit whose answer never comes: neither done nor refused, and never done twice.

use std::net::SocketAddr;

use counterfoil_core::revocation::Position;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A way to the server that hangs up as soon as it has passed on the first packet that holds `last`.
async fn cut_after(server: SocketAddr, last: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut armed = true;
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = TcpStream::connect(server).await.unwrap();
            let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
            loop {
                tokio::select! {
                    Ok(length) = client.read(&mut asked) => {
                        server.write_all(&asked[..length]).await.unwrap();
                        if armed && asked[..length].windows(last.len()).any(|bytes| bytes == last) {
                            armed = false;
                            // The server does what it was asked before it sees that nobody listens.
                            let _length = server.read(&mut answered).await.unwrap();
                            break;
                        }
                        if length == 0 { break }
                    }
                    Ok(length) = server.read(&mut answered) => {
                        if length == 0 || client.write_all(&answered[..length]).await.is_err() { break }
                    }
                    else => break,
                }
            }
        }
    });
    address
}

/// A store with one connection through a way that is cut at `last`.
async fn fragile(database: &Database, last: &'static [u8]) -> Stores {
    let (login, place) = database.url().rsplit_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let (server, name) = place.split_once('/').unwrap();
    let way = cut_after(server.parse().unwrap(), last).await;
    let options = Options { connections: 1, ..Options::patient() };
    MySqlStore::open(&address(&format!("{login}@{way}/{name}")), &options).await.unwrap().stores()
}

#[tokio::test]
async fn a_commit_without_an_answer_is_neither_done_nor_refused() {
    let (stores, database) = store().await;
    let fragile = fragile(&database, b"\x03commit").await;
    assert!(is_unavailable(&fragile.revocations.append(&entry()).await));
    assert_eq!(stores.revocations.head().await.unwrap(), Position(1), "it was done, once");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(fragile.revocations.append(&entry()).await.unwrap(), Position(2), "the next one is on a new connection");
}

#[tokio::test]
async fn what_was_lost_before_the_commit_is_done_on_another_connection_once() {
    for last in [
        &b"\x03start transaction"[..],
        b"update log_head set position = position + 1",
        b"expires_at) select position, ?",
    ] {
        let (stores, database) = store().await;
        let fragile = fragile(&database, last).await;
        assert_eq!(fragile.revocations.append(&entry()).await.unwrap(), Position(1));
        assert_eq!(stores.revocations.head().await.unwrap(), Position(1));
    }
}
