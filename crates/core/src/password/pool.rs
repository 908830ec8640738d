//! Where passwords are hashed: a few threads of their own, and a queue that says no in time.
//!
//! Argon2id is made to be slow and to fill memory. On the threads that answer requests it would hold up everybody's
//! checks; in an unbounded queue a storm of logins would outlive the patience of those who sent it.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::{HashError, Memory, Params, Password, PasswordHash, hash, needs_rehash, verify};
use crate::Entropy;

/// How large a [`Pool`] is.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// Threads, each with its own working memory.
    ///
    /// By default one less than the machine has cores, and at least one: all cores busy with logins would leave none for
    /// the checks, and a check is what nearly every request is. Two cores give about 75 logins a second.
    pub workers: NonZeroUsize,
    /// How many jobs may wait for each worker. By default 64: somewhat less than a second's work at default parameters.
    pub queue_per_worker: usize,
    /// What new hashes cost.
    pub params: Params,
    /// What to tell those who are turned away. By default one second, in which a full default queue drains.
    pub retry_after: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            workers: NonZeroUsize::new(cores.saturating_sub(1)).unwrap_or(NonZeroUsize::MIN),
            queue_per_worker: 64,
            params: Params::default(),
            retry_after: Duration::from_secs(1),
        }
    }
}

impl PoolSettings {
    /// How many jobs it takes at once, those that wait included.
    pub fn room(&self) -> usize {
        self.workers.get().saturating_mul(self.queue_per_worker.saturating_add(1))
    }
}

/// The threads that hash and verify passwords.
///
/// Dropping it ends them, each after the job that it is at, and waits for that: milliseconds, or up to four seconds for
/// the costliest hash that was imported.
pub struct Pool {
    queue: Arc<Queue>,
    workers: Vec<JoinHandle<()>>,
    hashing: Arc<Hashing>,
    retry_after: Duration,
}

/// What came of comparing a password.
#[derive(Debug)]
pub struct Outcome {
    /// Whether the password is the right one. Never for an unknown user.
    pub matches: bool,
    /// When it is, and its hash was made with other parameters or by another algorithm: what to store instead.
    pub rehash: Option<PasswordHash>,
}

/// A job was not done.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// Too many are waiting. Nothing was computed.
    #[error("too many logins at once; try again in {} s", retry_after.as_secs())]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The hash could not be computed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The job panicked. Its worker goes on with the next.
    #[error("the computation of a password hash broke off")]
    BrokeOff,
    /// The operating system gave no thread.
    #[error("a password thread could not be started")]
    Thread(#[source] std::io::Error),
}

impl Pool {
    /// Starts the threads, and makes the decoy that unknown users are verified against.
    pub fn new(settings: &PoolSettings, entropy: Arc<dyn Entropy>) -> Result<Self, PoolError> {
        let hashing = Arc::new(Hashing::new(settings.params.clone(), entropy)?);
        let capacity = settings.queue_per_worker.saturating_mul(settings.workers.get());
        let queue = Arc::new(Queue::new(capacity));
        let mut pool = Self { queue, workers: Vec::new(), hashing, retry_after: settings.retry_after };
        for number in 0..settings.workers.get() {
            pool.workers.push(pool.worker(number)?);
        }
        Ok(pool)
    }

    /// Compares `password` with a stored `hash`. `None` stands for a user who does not exist: the answer is no, at the
    /// price of a yes, so that time does not tell who has an account (LG-02). For a disabled user give the hash and
    /// judge afterwards. A hash that came with an import costs what it costs and an Argon2id hash on top, whether the
    /// password is right or wrong, until its first login renews it.
    ///
    /// When the future is dropped before its turn has come, nothing is computed.
    pub async fn verify(&self, hash: Option<PasswordHash>, password: Password) -> Result<Outcome, PoolError> {
        let hashing = Arc::clone(&self.hashing);
        Ok(self.run(move |memory| hashing.compare(hash.as_ref(), &password, memory)).await??)
    }

    /// The hash to store for a new password.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, PoolError> {
        let hashing = Arc::clone(&self.hashing);
        Ok(self.run(move |memory| hashing.make(&password, memory)).await??)
    }

    /// Has a worker do `work`, or says at once that there is no room.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (answer, answered) = oneshot::channel();
        if !self.queue.push(Box::new(Task { work, answer })) {
            return Err(PoolError::Busy { retry_after: self.retry_after });
        }
        // The pool outlives this borrow, so only a panic drops the sender unused.
        answered.await.map_err(|_| PoolError::BrokeOff)
    }

    fn worker(&self, number: usize) -> Result<JoinHandle<()>, PoolError> {
        let queue = Arc::clone(&self.queue);
        let params = self.hashing.params.clone();
        thread::Builder::new()
            .name(format!("password-{number}"))
            .spawn(move || work(&queue, &params))
            .map_err(PoolError::Thread)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
        for worker in self.workers.drain(..) {
            // A worker catches its jobs' panics: there is nothing to learn here.
            let _ = worker.join();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("workers", &self.workers.len())
            .field("params", &self.hashing.params)
            .finish_non_exhaustive()
    }
}

/// What every job needs.
struct Hashing {
    params: Params,
    entropy: Arc<dyn Entropy>,
    decoy: PasswordHash,
}

impl Hashing {
    fn new(params: Params, entropy: Arc<dyn Entropy>) -> Result<Self, HashError> {
        let mut random = Zeroizing::new([0; 16]);
        entropy.fill(&mut *random).map_err(HashError::Entropy)?;
        let nobodys = Password(Zeroizing::new(format!("{:032x}", u128::from_ne_bytes(*random))));
        let decoy = hash(&nobodys, &params, &*entropy, &mut Memory::new(&params))?;
        Ok(Self { params, entropy, decoy })
    }

    fn compare(
        &self,
        stored: Option<&PasswordHash>,
        password: &Password,
        memory: &mut Memory,
    ) -> Result<Outcome, HashError> {
        let verified = verify(stored.unwrap_or(&self.decoy), password, memory);
        // A damaged hash costs what any other does. So does one that is not ours: a right password is hashed anew on top, and
        // what bcrypt was not even asked about is to cost what it costs for everybody else (PW-09).
        if !matches!(verified, Ok(true)) && stored.is_some_and(|stored| verified.is_err() || !stored.is_ours()) {
            drop(verify(&self.decoy, password, memory));
        }
        let matches = verified? & stored.is_some();
        let stale = stored.filter(|stored| matches && needs_rehash(stored, &self.params));
        let rehash = stale.and_then(|_| {
            // The login is good whether or not its hash can be renewed today.
            self.make(password, memory).inspect_err(|error| tracing::warn!(%error, "password not rehashed")).ok()
        });
        Ok(Outcome { matches, rehash })
    }

    fn make(&self, password: &Password, memory: &mut Memory) -> Result<PasswordHash, HashError> {
        hash(password, &self.params, &*self.entropy, memory)
    }
}

/// The life of a worker.
fn work(queue: &Queue, params: &Params) {
    let mut memory = Memory::new(params);
    while let Some(job) = queue.next() {
        // Unwind safe: after a panic the memory, all that outlives a job, is thrown away.
        if catch_unwind(AssertUnwindSafe(|| job.run(&mut memory))).is_err() {
            memory = Memory::new(params);
            tracing::error!("the computation of a password hash panicked");
        }
    }
}

/// Something for a worker to do.
trait Job: Send {
    /// Whether nobody waits for it any more.
    fn abandoned(&self) -> bool;

    /// Does it and answers.
    fn run(self: Box<Self>, memory: &mut Memory);
}

struct Task<W, T> {
    work: W,
    answer: oneshot::Sender<T>,
}

impl<T: Send, W: FnOnce(&mut Memory) -> T + Send> Job for Task<W, T> {
    fn abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(self: Box<Self>, memory: &mut Memory) {
        // Whoever asked may have gone in the meantime.
        let _ = self.answer.send((self.work)(memory));
    }
}

/// The jobs that wait, first come, first served.
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Box<dyn Job>>,
    closed: bool,
}

impl Queue {
    fn new(capacity: usize) -> Self {
        Self { waiting: Mutex::default(), changed: Condvar::new(), capacity }
    }

    /// Adds a job, or says that there is no room. An abandoned job takes none.
    fn push(&self, job: Box<dyn Job>) -> bool {
        let mut waiting = self.lock();
        if waiting.jobs.len() >= self.capacity {
            waiting.jobs.retain(|job| !job.abandoned());
        }
        if waiting.jobs.len() >= self.capacity {
            return false;
        }
        waiting.jobs.push_back(job);
        self.changed.notify_one();
        true
    }

    /// The next job that somebody waits for; waits for one to come. `None` once the queue is closed.
    fn next(&self) -> Option<Box<dyn Job>> {
        let mut waiting = self.lock();
        while !waiting.closed {
            match waiting.jobs.pop_front() {
                Some(job) if job.abandoned() => {}
                Some(job) => return Some(job),
                None => waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            }
        }
        None
    }

    fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.jobs.clear();
        self.changed.notify_all();
    }

    /// No job runs under this lock, so that a panic cannot leave it half-changed.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
