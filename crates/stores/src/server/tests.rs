//! A store's server is not trusted (CR-07): whatever it says, we neither panic nor hang, nor take the memory that it asks for.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

use super::Options;
use crate::address::{Place, SessionsUrl, StoreUrl};

/// What no opening may take: memory that a server has merely named.
const MOST_MEMORY: u64 = 128 * 1024 * 1024;

/// What is said to whoever connects: to PostgreSQL's first message, at once for MySQL, to the first command for Redis.
fn answers(scheme: &str) -> Vec<Vec<u8>> {
    let mut answers: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        vec![0; 64 * 1024],
        vec![0xff; 64 * 1024],
        (0..64 * 1024_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect(),
    ];
    match scheme {
        "postgres" => {
            for kind in b"RETZSKNDCvpt" {
                for length in [0_u32, 3, 4, 5, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
                    answers.push([&[*kind][..], &length.to_be_bytes(), &[0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff]].concat());
                }
            }
            // A login that is accepted, and then rows of four gigabytes.
            let accepted = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";
            answers.push([&accepted[..], b"T\xff\xff\xff\xff\xff\xff"].concat());
            answers.push([&accepted[..], b"1\0\0\0\x04T\0\0\0\x06\xff\xffD\0\0\0\x0a\0\x01\x7f\xff\xff\xff"].concat());
        }
        "mysql" => {
            for header in [[0, 0, 0, 0], [0xff, 0xff, 0xff, 0], [1, 0, 0, 0], [0xff, 0xff, 0xff, 0xff]] {
                for rest in [
                    &b"\x0a5.5\0"[..],
                    b"\x0a",
                    b"\xff\x10\x04",
                    b"\x0a8.0\0\x01\0\0\0abcdefgh\0\xff\xff\xff\xff\xff\xff\xff",
                ] {
                    answers.push([&header[..], rest].concat());
                }
            }
        }
        _ => {
            for text in [
                "$2147483647\r\n",
                "$9223372036854775807\r\n",
                "*1000000000\r\n",
                "*9223372036854775807\r\n",
                "*-5\r\n",
            ] {
                answers.push(text.into());
            }
            for text in [
                "%1000000000\r\n",
                "~1000000000\r\n",
                ">1000000000\r\n",
                "=2147483647\r\n",
                "(1\r\n",
                ",nan\r\n",
                "$-2\r\n",
            ] {
                answers.push(text.into());
            }
            answers.push("*1\r\n".repeat(100_000).into_bytes());
            answers.push(["(", &"9".repeat(100_000), "\r\n"].concat().into_bytes());
        }
    }
    answers
}

/// What this process holds in memory (proc(5), `statm`).
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// A server that says this to everybody, whatever they ask, and waits for more.
async fn liar(speaks_first: bool, answer: Vec<u8>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                if speaks_first && stream.write_all(&answer).await.is_err() {
                    return;
                }
                while matches!(stream.read(&mut asked).await, Ok(1..)) && stream.write_all(&answer).await.is_ok() {}
            });
        }
    });
    address
}

async fn survives(scheme: &str) {
    let options = Options { connections: 2, timeout: Duration::from_millis(300), ..Options::default() };
    let before = resident();
    for answer in answers(scheme) {
        let told = String::from_utf8_lossy(&answer[..answer.len().min(24)]).into_owned();
        let address = liar(scheme == "mysql", answer).await;
        let folder = tempfile::tempdir().unwrap();
        let file = StoreUrl::Sqlite(folder.path().join("store.db"));
        let place = match scheme {
            "redis" => {
                Place { store: file, sessions: Some(format!("redis://:p@{address}").parse::<SessionsUrl>().unwrap()) }
            }
            _ => Place::of(format!("{scheme}://u:p@{address}/d").parse::<StoreUrl>().unwrap()),
        };
        let begun = Instant::now();
        let opened = timeout(Duration::from_secs(60), crate::open(&place, &options)).await;
        let opened = opened.unwrap_or_else(|_| panic!("{scheme} hangs after {told:?}: {:?}", begun.elapsed()));
        assert!(opened.is_err(), "{scheme} believes {told:?}");
        let grown = resident().saturating_sub(before);
        assert!(grown < MOST_MEMORY, "{scheme} took {grown} bytes after {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cr_07_whatever_calls_itself_postgresql_is_not_believed() {
    survives("postgres").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cr_07_whatever_calls_itself_mysql_is_not_believed() {
    survives("mysql").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cr_07_whatever_calls_itself_redis_is_not_believed() {
    survives("redis").await;
}
