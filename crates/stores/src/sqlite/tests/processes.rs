//! Other processes: one that is killed while it writes, and one that writes to the same file.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::revocation::{Position, Target};
use counterfoil_core::store::Announcement;

use super::super::{SqliteOptions, SqliteStore};
use super::{fresh, place};
use crate::Changes as _;

/// Names the file to a child process.
const FILE: &str = "COUNTERFOIL_TEST_FILE";
/// How many entries a child appends before it ends by itself.
const COUNT: &str = "COUNTERFOIL_TEST_COUNT";
/// What stands before a position in a child's output, among what the test harness prints.
const ACKNOWLEDGED: &str = "acknowledged ";

fn announcement() -> Announcement {
    Announcement { target: Target::Ring, expires_at: Timestamp::from_millis(1) }
}

/// Starts [`child`] in a process of its own.
fn start(path: &Path, count: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sqlite::tests::processes::child", "--nocapture", "--test-threads=1"])
        .env(FILE, path)
        .env(COUNT, count.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a child process does. It is a test only because the tests' own program is the one that they can start.
#[tokio::test]
async fn child() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let count: u64 = std::env::var(COUNT).unwrap().parse().unwrap();
    let options = SqliteOptions { busy_timeout: Duration::from_secs(60), ..SqliteOptions::default() };
    let stores = SqliteStore::open(Path::new(&path), &options).unwrap().stores();
    for _ in 0..count {
        let position = stores.revocations.append(&[announcement()]).await.unwrap();
        let mut output = std::io::stdout().lock();
        writeln!(output, "{ACKNOWLEDGED}{}", position.0).unwrap();
        output.flush().unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let (path, _folder) = place();
    let mut last = 0;
    for round in 0..4 {
        let mut child = start(&path, u64::MAX);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let position = |line: String| line.split_once(ACKNOWLEDGED).and_then(|(_, number)| number.parse::<u64>().ok());
        for position in lines.by_ref().filter_map(position).take(20 + round * 7) {
            last = position;
        }
        // SIGKILL: nothing of the process runs any more.
        child.kill().unwrap();
        last = lines.filter_map(position).last().unwrap_or(last);
        child.wait().unwrap();

        let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
        let log = store.stores().revocations;
        let head = log.head().await.unwrap();
        assert!(head.0 >= last, "{last} was acknowledged and the log ends at {}", head.0);
        let entries = log.after(Position(0), usize::MAX).await.unwrap();
        let positions: Vec<_> = entries.iter().map(|entry| entry.position.0).collect();
        assert_eq!(positions, (1..=head.0).collect::<Vec<_>>());
    }
    assert!(last >= 4 * 20);
}

#[tokio::test]
async fn a_write_of_another_process_is_seen_and_counted() {
    let (stores, (store, _folder)) = fresh();
    let mut changes = store.changes().unwrap();
    assert!(!changes.changed().unwrap());
    stores.revocations.head().await.unwrap();
    assert!(!changes.changed().unwrap(), "reading changes nothing");

    assert!(start(&store.path, 3).wait().unwrap().success());
    assert!(changes.changed().unwrap());
    assert!(!changes.changed().unwrap(), "it is told once");
    assert_eq!(stores.revocations.head().await.unwrap(), Position(3));
    assert_eq!(stores.revocations.append(&[announcement()]).await.unwrap(), Position(4), "and built upon");
    assert!(changes.changed().unwrap(), "this process's writes count too");
}

#[tokio::test]
async fn two_processes_share_one_log_without_a_gap() {
    let (stores, (store, _folder)) = fresh();
    let mut child = start(&store.path, 40);
    for _ in 0..40 {
        stores.revocations.append(&[announcement()]).await.unwrap();
    }
    assert!(child.wait().unwrap().success());
    let entries = stores.revocations.after(Position(0), 100).await.unwrap();
    let positions: Vec<_> = entries.iter().map(|entry| entry.position.0).collect();
    assert_eq!(positions, (1..=80).collect::<Vec<_>>());
}
