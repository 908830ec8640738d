//! Connections that break in the middle of a transaction: what was sent, and what nobody knows.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use counterfoil_core::store::StoreError;
use tokio::time::Instant;

use super::*;
use crate::sql::{Driver as _, Outcome, Step};

const ADD: &str = "insert into facts (name, content) values (?, ?)";

/// When a line breaks.
#[derive(Clone, Copy)]
enum Break {
    /// With the begin of a transaction in hand, which does not arrive.
    BeforeBegin,
    /// With the commit, which arrives. Its answer does not.
    AfterCommit,
}

/// A line to a server that breaks as often as `left` says.
struct Line {
    port: u16,
    left: Arc<AtomicUsize>,
}

impl Line {
    fn to(port: u16, moment: Break) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Self { port: listener.local_addr().unwrap().port(), left: Arc::new(AtomicUsize::new(0)) };
        let left = Arc::clone(&line.left);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let left = Arc::clone(&left);
                std::thread::spawn(move || carry(client, server, moment, &left));
            }
        });
        line
    }

    async fn open(&self, database: &Database) -> PostgresStore {
        let mut url = url(&database.url());
        url.hosts[0].port = self.port;
        PostgresStore::open(&url, &Options::patient()).await.unwrap()
    }
}

/// Carries what the client says, and in a thread of its own what the server says.
fn carry(mut client: TcpStream, mut server: TcpStream, moment: Break, left: &AtomicUsize) {
    let (mut answers, mut answered) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut answers, &mut answered));
    let word: &[u8] = match moment {
        Break::BeforeBegin => b"begin read write\0",
        Break::AfterCommit => b"commit\0",
    };
    let mut buffer = vec![0; 65_536];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let said = &buffer[..length];
        let breaks = said.windows(word.len()).any(|part| part == word)
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if breaks {
            client.shutdown(Shutdown::Both).unwrap();
        }
        if !breaks || matches!(moment, Break::AfterCommit) {
            server.write_all(said).unwrap();
        }
        if breaks {
            // Its time to do what it was told, before it sees that nobody listens any more.
            std::thread::sleep(Duration::from_millis(200));
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
}

fn transactions() -> [(Vec<Step>, usize); 2] {
    let add = |name: &str| Step::one(ADD, vec![name.into(), "x".into()]);
    [(vec![add("a")], 1), (vec![add("b"), add("c")], 3)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_without_an_answer_is_neither_done_nor_refused() {
    let database = fresh::postgres().unwrap();
    let line = Line::to(url(&database.url()).host().port, Break::AfterCommit);
    let driver = line.open(&database).await.driver;
    for (steps, there) in transactions() {
        line.left.store(1, Ordering::SeqCst);
        let error = driver.write(steps).await.err().unwrap();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        assert_eq!(line.left.load(Ordering::SeqCst), 0, "the line did not break");
        // The server may still be at it.
        let begun = Instant::now();
        while database.query("select count(*) from facts").unwrap().trim() != there.to_string() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it was not done");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        driver.read("select count(*) from facts", Vec::new()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_committed_for_certain_is_tried_again() {
    let database = fresh::postgres().unwrap();
    let line = Line::to(url(&database.url()).host().port, Break::BeforeBegin);
    let driver = line.open(&database).await.driver;
    let [_, (steps, _)] = transactions();
    driver.read("select count(*) from facts", Vec::new()).await.unwrap();
    line.left.store(1, Ordering::SeqCst);
    assert!(matches!(driver.write(steps).await.unwrap(), Outcome::Done(_)));
    assert_eq!(line.left.load(Ordering::SeqCst), 0, "the line did not break");
    assert_eq!(database.query("select count(*) from facts").unwrap().trim(), "2");
    // Where the commit is sent along, nobody can know.
    let [(alone, _), _] = transactions();
    line.left.store(1, Ordering::SeqCst);
    assert!(matches!(driver.write(alone).await, Err(StoreError::Unavailable(_))));
    assert_eq!(database.query("select count(*) from facts").unwrap().trim(), "2");
}
