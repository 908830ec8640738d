//! The pool: its bounds, its order, and what a caller who leaves makes of it.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::{EntropyError, SystemEntropy};

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

fn pool_of(workers: usize, queue_per_worker: usize) -> Pool {
    let settings = PoolSettings {
        workers: NonZeroUsize::new(workers).unwrap(),
        queue_per_worker,
        params: Params::quick(),
        retry_after: Duration::from_secs(3),
    };
    Pool::new(&settings, Arc::new(SystemEntropy::default())).unwrap()
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Occupies a worker until the sender is dropped; returns once the worker has begun.
async fn occupy(pool: &Arc<Pool>) -> Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (begin, begun) = oneshot::channel();
    let pool = Arc::clone(pool);
    tokio::spawn(async move {
        let wait = move |_: &mut Memory| {
            begin.send(()).unwrap();
            let _ = released.recv();
        };
        pool.run(wait).await.unwrap();
    });
    begun.await.unwrap();
    release
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_logins_each_get_their_own_answer() {
    let pool = Arc::new(pool_of(2, 64));
    let hash = pool.hash(password("right")).await.unwrap();
    let logins: Vec<_> = (0..100)
        .map(|number| {
            let (pool, hash) = (Arc::clone(&pool), hash.clone());
            let text = if number % 3 == 0 { "right" } else { "wrong" };
            tokio::spawn(async move { pool.verify(Some(hash), password(text)).await.unwrap().matches })
        })
        .collect();
    for (number, login) in logins.into_iter().enumerate() {
        assert_eq!(login.await.unwrap(), number % 3 == 0, "login {number}");
    }
}

#[tokio::test]
async fn a_full_queue_answers_busy_at_once() {
    let pool = Arc::new(pool_of(1, 2));
    let release = occupy(&pool).await;
    let mut first = pin!(pool.verify(None, password("a")));
    let mut second = pin!(pool.hash(password("b")));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());

    let Poll::Ready(Err(PoolError::Busy { retry_after })) = poll(pin!(pool.verify(None, password("c")))) else {
        panic!("a third was let in")
    };
    assert_eq!(retry_after, Duration::from_secs(3));

    drop(release);
    assert!(!first.await.unwrap().matches);
    second.await.unwrap();
    assert!(!pool.verify(None, password("c")).await.unwrap().matches, "there is room again");
}

#[tokio::test]
async fn a_dropped_login_frees_its_place_and_is_not_computed() {
    let pool = Arc::new(pool_of(1, 1));
    let release = occupy(&pool).await;
    let ran = Arc::new(AtomicBool::new(false));
    {
        let ran = Arc::clone(&ran);
        let mut dropped = Box::pin(pool.run(move |_| ran.store(true, Ordering::SeqCst)));
        assert!(poll(dropped.as_mut()).is_pending());
        assert!(matches!(poll(pin!(pool.run(|_| ()))), Poll::Ready(Err(PoolError::Busy { .. }))));
    }
    let mut last = pin!(pool.run(|_| 7));
    assert!(poll(last.as_mut()).is_pending(), "the place of the dropped one is free");
    drop(release);
    assert_eq!(last.await.unwrap(), 7);
    assert!(!ran.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_login_dropped_in_the_queue_is_passed_over() {
    let pool = Arc::new(pool_of(1, 8));
    let release = occupy(&pool).await;
    let ran = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ran);
    let mut dropped = Box::pin(pool.run(move |_| flag.store(true, Ordering::SeqCst)));
    assert!(poll(dropped.as_mut()).is_pending());
    drop(dropped);
    let mut last = pin!(pool.run(|_| ()));
    assert!(poll(last.as_mut()).is_pending());
    drop(release);
    last.await.unwrap();
    assert!(!ran.load(Ordering::SeqCst), "first come, first served: it would have run by now");
}

#[tokio::test]
async fn a_worker_keeps_its_memory_and_erases_it() {
    let pool = pool_of(1, 8);
    let blocks = async || {
        let look = |memory: &mut Memory| {
            memory.lend(64, |blocks| {
                let erased = blocks.iter().all(|block| block.as_ref().iter().all(|&word| word == 0));
                (blocks.as_ptr().addr(), erased)
            })
        };
        pool.run(look).await.unwrap().unwrap()
    };
    let (before, _) = blocks().await;
    for _ in 0..3 {
        pool.hash(password("x")).await.unwrap();
        assert_eq!(blocks().await, (before, true));
    }
}

#[tokio::test]
async fn a_panic_ends_its_job_and_nothing_else() {
    let pool = pool_of(1, 8);
    let hash = pool.hash(password("right")).await.unwrap();
    for _ in 0..3 {
        assert!(matches!(pool.run(|_| panic!("on purpose")).await, Err::<(), _>(PoolError::BrokeOff)));
        assert!(pool.verify(Some(hash.clone()), password("right")).await.unwrap().matches);
    }
}

#[tokio::test]
async fn dropping_the_pool_ends_its_threads() {
    let pool = pool_of(3, 8);
    pool.hash(password("x")).await.unwrap();
    let queue = Arc::downgrade(&pool.queue);
    drop(pool);
    assert!(queue.upgrade().is_none(), "a thread still holds the queue");
}

#[tokio::test]
async fn pw_08_a_login_that_matches_renews_an_old_hash() {
    let pool = pool_of(1, 8);
    let bcrypt = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let other_cost = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    for (old, right) in [(bcrypt, "U*U"), (other_cost, "password")] {
        let old = PasswordHash::parse(old).unwrap();
        let wrong = pool.verify(Some(old.clone()), password("wrong")).await.unwrap();
        assert!(!wrong.matches && wrong.rehash.is_none());

        let outcome = pool.verify(Some(old), password(right)).await.unwrap();
        assert!(outcome.matches);
        let new = outcome.rehash.unwrap();
        assert!(new.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        let again = pool.verify(Some(new), password(right)).await.unwrap();
        assert!(again.matches && again.rehash.is_none(), "once is enough");
    }
}

#[tokio::test]
async fn pw_09_a_long_password_is_simply_wrong_whoever_the_user_is() {
    let pool = pool_of(1, 8);
    let text = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let bcrypt = PasswordHash::parse("$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui").unwrap();
    let argon2 = pool.hash(password(text)).await.unwrap();
    for hash in [Some(bcrypt), Some(argon2), None] {
        let outcome = pool.verify(hash, password(&format!("{text}x"))).await.unwrap();
        assert!(!outcome.matches && outcome.rehash.is_none());
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured is real time")]
/// The longest median time in which the pool says no to `password`, over the shortest, of these hashes asked by turns.
async fn spread(pool: &Pool, hashes: &[Option<PasswordHash>], text: &str) -> f64 {
    let mut times = vec![Vec::new(); hashes.len()];
    for _ in 0..7 {
        for (hash, times) in hashes.iter().zip(&mut times) {
            let begin = std::time::Instant::now();
            assert!(!pool.verify(hash.clone(), password(text)).await.unwrap().matches);
            times.push(begin.elapsed().as_secs_f64());
        }
    }
    let medians = times.into_iter().map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    let medians: Vec<f64> = medians.collect();
    medians.iter().fold(0.0, |most: f64, &time| most.max(time))
        / medians.iter().fold(f64::MAX, |least, &time| least.min(time))
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_09_the_73rd_byte_costs_the_same_whoever_the_user_is() {
    let settings = PoolSettings { workers: NonZeroUsize::MIN, ..PoolSettings::default() };
    let pool = Pool::new(&settings, Arc::new(SystemEntropy::default())).unwrap();
    // Some hundred milliseconds, where Argon2id takes some ten.
    let bcrypt = PasswordHash::parse("$2b$11$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG").unwrap();
    let argon2 = pool.hash(password("right")).await.unwrap();
    let hashes = [Some(bcrypt.clone()), Some(argon2), None];
    let asked = [Some(bcrypt), None];
    // The best of some rounds counts, as other tests run beside it.
    let mut seen = Vec::new();
    for _ in 0..5 {
        let apart = spread(&pool, &hashes, &"x".repeat(73)).await;
        let asked = spread(&pool, &asked, &"x".repeat(72)).await;
        if apart < 3.0 && asked > 3.0 {
            return;
        }
        seen.push((apart, asked));
    }
    panic!("one takes so many times as long as another, and where bcrypt is asked: {seen:?}");
}

#[tokio::test]
async fn pw_08_a_foreign_hash_costs_argon2_too_whether_the_password_is_right_or_wrong() {
    let hash = PasswordHash::parse("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").unwrap();
    for (text, matches) in [("U*U", true), ("wrong", false)] {
        let pool = pool_of(1, 8);
        assert_eq!(pool.verify(Some(hash.clone()), password(text)).await.unwrap().matches, matches);
        assert_eq!(pool.run(|memory| format!("{memory:?}")).await.unwrap(), "Memory(64 KiB)");
    }
}

#[tokio::test]
async fn lg_02_every_guess_costs_one_hash_of_ours_whatever_is_stored() {
    let pool = pool_of(1, 8);
    let ours = pool.hash(password("right")).await.unwrap();
    let bcrypt = PasswordHash::parse("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").unwrap();
    let theirs = PasswordHash::parse(
        "$argon2i$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$jA20HEgvtH0QArdB5I4YGuMUIQTyrGd6Q58mu9tZoIc",
    );
    let damaged = PasswordHash::stored("$2b$05$CCCC");
    let long = "x".repeat(73);
    let lent = async || pool.run(|memory| memory.lent).await.unwrap();
    for (stored, text, hashes) in [
        (None, "wrong", 1),
        (Some(&ours), "wrong", 1),
        (Some(&ours), "right", 1),
        (Some(&bcrypt), "wrong", 1),
        (Some(&bcrypt), "U*U", 1),
        (Some(&bcrypt), long.as_str(), 1),
        (Some(&damaged), "wrong", 1),
        // One of them is the one that was asked for.
        (theirs.as_ref().ok(), "wrong", 2),
        (theirs.as_ref().ok(), "correct horse battery staple", 2),
    ] {
        let before = lent().await;
        drop(pool.verify(stored.cloned(), password(text)).await);
        assert_eq!(lent().await - before, hashes, "{stored:?} {text}");
    }
}

/// Gives the same bytes every time, and then no more.
struct Limited(Mutex<usize>);

impl Entropy for Limited {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let mut left = self.0.lock().unwrap();
        *left = left.checked_sub(1).ok_or(EntropyError)?;
        bytes.fill(0x11);
        Ok(())
    }
}

fn pool_with(fills: usize) -> Result<Pool, PoolError> {
    let settings = PoolSettings { params: Params::quick(), ..PoolSettings::default() };
    Pool::new(&settings, Arc::new(Limited(Mutex::new(fills))))
}

#[tokio::test]
async fn lg_02_an_unknown_user_costs_what_a_known_one_does_and_never_matches() {
    let pool = pool_with(2).unwrap();
    assert!(!needs_rehash(&pool.hashing.decoy, &pool.hashing.params), "the decoy has the parameters of a new hash");
    // Even the password that the decoy was made of lets nobody in.
    let decoys = || password(&"11".repeat(16));
    assert!(verify(&pool.hashing.decoy, &decoys(), &mut Memory::new(&Params::quick())).unwrap());
    let outcome = pool.verify(None, decoys()).await.unwrap();
    assert!(!outcome.matches && outcome.rehash.is_none());
}

#[tokio::test]
async fn lg_02_for_an_unknown_user_the_hash_is_computed_all_the_same() {
    let pool = pool_of(1, 8);
    let used = async || pool.run(|memory| format!("{memory:?}")).await.unwrap();
    assert_eq!(used().await, "Memory(0 KiB)");
    pool.verify(None, password("x")).await.unwrap();
    assert_eq!(used().await, "Memory(64 KiB)");
}

#[tokio::test]
async fn without_randomness_logins_go_on_and_new_hashes_fail() {
    assert!(matches!(pool_with(1), Err(PoolError::Hash(HashError::Entropy(_)))));
    let pool = pool_with(2).unwrap();
    let bcrypt = PasswordHash::parse("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").unwrap();
    let outcome = pool.verify(Some(bcrypt), password("U*U")).await.unwrap();
    assert!(outcome.matches && outcome.rehash.is_none());
    assert!(matches!(pool.hash(password("x")).await, Err(PoolError::Hash(HashError::Entropy(_)))));
}

#[test]
fn by_default_one_core_is_left_to_the_checks() {
    let cores = thread::available_parallelism().unwrap().get();
    let settings = PoolSettings::default();
    assert_eq!(settings.workers.get(), if cores > 1 { cores - 1 } else { 1 });
    assert_eq!(settings.queue_per_worker, 64);
    assert_eq!(settings.params, Params::default());
}
