//! Several nodes that write one audit log, each as far from the store as it is: nobody keeps the others out.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::audit::{Caller, ChainKey, Ends, Entry, Event, Link, Scribe, Seal};
use counterfoil_core::store::{Audit, AuditFilter, AuditRow, StoreError};
use counterfoil_core::{Clock, FloorClock, Timestamp};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::super::MemoryStore;

/// How long a commit takes, while which others wait that would change the same row.
const COMMIT: Duration = Duration::from_millis(3);
/// For how long nodes write.
const WHILE: Duration = Duration::from_secs(20);

/// The clock of the runtime, which goes on when everybody waits.
struct Runtime(Instant);

impl Clock for Runtime {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_900_000_000_000).after(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(60) + self.0.elapsed()
    }

    fn pause(&self, length: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(sleep(length))
    }
}

/// A store that is some way off.
#[derive(Clone)]
struct Distant {
    store: MemoryStore,
    row: Arc<Mutex<()>>,
    way: Duration,
}

impl Distant {
    async fn asked<T>(&self, asked: impl Future<Output = T>) -> T {
        sleep(self.way).await;
        let answer = asked.await;
        sleep(self.way).await;
        answer
    }
}

#[async_trait]
impl Audit for Distant {
    async fn ends(&self) -> Result<Ends, StoreError> {
        self.asked(self.store.ends()).await
    }

    async fn append(&self, after: &Link, rows: &[AuditRow], head: &Seal) -> Result<bool, StoreError> {
        let committed = async {
            let _row = self.row.lock().await;
            if self.store.ends().await?.head.link != *after {
                return Ok(false);
            }
            sleep(COMMIT).await;
            self.store.append(after, rows, head).await
        };
        self.asked(committed).await
    }

    async fn after(&self, number: u64, limit: usize, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        self.asked(self.store.after(number, limit, filter)).await
    }

    async fn latest(&self, limit: usize, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        self.asked(self.store.latest(limit, filter)).await
    }

    async fn links(&self, number: u64, limit: usize) -> Result<Vec<Link>, StoreError> {
        self.asked(self.store.links(number, limit)).await
    }

    async fn mend(&self, row: &AuditRow, from: Option<&Ends>, ends: &Ends) -> Result<bool, StoreError> {
        self.asked(self.store.mend(row, from, ends)).await
    }

    async fn purge(&self, from: &Link, anchor: &Seal) -> Result<bool, StoreError> {
        self.asked(self.store.purge(from, anchor)).await
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.asked(Audit::count(&self.store)).await
    }

    async fn import(&self, ends: &Ends, rows: &[AuditRow]) -> Result<(), StoreError> {
        self.asked(Audit::import(&self.store, ends, rows)).await
    }

    async fn clear(&self) -> Result<(), StoreError> {
        self.asked(self.store.clear()).await
    }
}

/// What became of a node's records.
#[derive(Debug)]
struct Came {
    written: usize,
    longest: Duration,
}

/// A node with so many callers, each of which writes one record after the other.
async fn busy(store: Distant, callers: usize) -> Came {
    let clock = Arc::new(FloorClock::new(Arc::new(Runtime(Instant::now()))));
    let scribe = Scribe::new(Arc::new(store), ChainKey::new(&[7; 32]), clock);
    let begun = Instant::now();
    let caller = async || {
        let mut came = Came { written: 0, longest: Duration::ZERO };
        while begun.elapsed() < WHILE {
            let asked = Instant::now();
            scribe.record(&Caller::default(), [Entry::new(Event::UserCreated)]).await.unwrap();
            came.written += 1;
            came.longest = came.longest.max(asked.elapsed());
        }
        came
    };
    let all = futures_util::future::join_all((0..callers).map(|_| caller())).await;
    Came {
        written: all.iter().map(|came| came.written).sum(),
        longest: all.iter().map(|came| came.longest).max().unwrap_or_default(),
    }
}

/// Nodes that are so many milliseconds away, and have so many callers.
async fn nodes(away: &[(u64, usize)]) -> Vec<Came> {
    let (store, row) = (MemoryStore::new(), Arc::default());
    let node = |&(millis, callers)| {
        let store = Distant { store: store.clone(), row: Arc::clone(&row), way: Duration::from_millis(millis) };
        busy(store, callers)
    };
    let came = futures_util::future::join_all(away.iter().map(node)).await;
    eprintln!("{came:?}");
    came
}

#[tokio::test(start_paused = true)]
async fn a_node_that_writes_all_the_time_leaves_room_for_one_far_away() {
    let came = nodes(&[(0, 50), (4, 1)]).await;
    assert!(came[1].written > 100 && came[1].longest < Duration::from_secs(1), "{came:?}");
    assert!(came[0].longest < Duration::from_secs(1), "{came:?}");
    assert!(came[0].written > 20_000, "and loses little by it: {came:?}");
}

#[tokio::test(start_paused = true)]
async fn of_many_nodes_that_write_all_the_time_each_comes_in() {
    let came = nodes(&[(0, 20), (0, 20), (1, 20), (1, 20), (2, 20), (3, 20)]).await;
    for node in &came {
        assert!(node.written > 1000 && node.longest < Duration::from_secs(5), "{came:?}");
    }
}
