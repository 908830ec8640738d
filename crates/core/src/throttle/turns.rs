//! One guess after another: the queues in front of the accounts, in this process.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, Semaphore, SemaphorePermit};

use crate::password::PoolError;
use crate::store::BudgetId;

/// How many queues there are. Accounts share them by chance, as nobody can foretell whose name leads where.
const LINES: usize = 512;

/// What to tell those who find no place.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The queues. They make guesses cheap to refuse: the one that is refused was not hashed. What makes them count is the store.
pub(super) struct Turns(Box<[Line]>);

struct Line {
    places: Semaphore,
    turn: Mutex<()>,
}

/// The right to try a password of an account, until it is dropped.
pub(super) struct Turn<'l> {
    /// Whether somebody else had theirs before, since it was asked for.
    pub(super) has_waited: bool,
    _guard: MutexGuard<'l, ()>,
    _place: SemaphorePermit<'l>,
}

impl Turns {
    /// Queues in each of which so many may be, the one who has the turn included.
    pub(super) fn new(places: usize) -> Self {
        let places = places.clamp(1, Semaphore::MAX_PERMITS);
        Self((0..LINES).map(|_| Line { places: Semaphore::new(places), turn: Mutex::new(()) }).collect())
    }

    /// Waits for one's turn, first come, first served. Too many who wait are an error.
    pub(super) async fn take(&self, budget: BudgetId) -> Result<Turn<'_>, PoolError> {
        let busy = || PoolError::Busy { retry_after: RETRY_AFTER };
        let [first, second, ..] = budget.as_bytes();
        let number = usize::from(u16::from_be_bytes([*first, *second])) % LINES;
        let line = self.0.get(number).ok_or_else(busy)?;
        let place = line.places.try_acquire().map_err(|_| busy())?;
        // Whoever waits is handed the lock, so this gets ahead of nobody.
        let at_once = line.turn.try_lock().ok();
        let has_waited = at_once.is_none();
        let guard = match at_once {
            Some(guard) => guard,
            None => line.turn.lock().await,
        };
        Ok(Turn { has_waited, _guard: guard, _place: place })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn is_ready<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn of_one_account_one_has_its_turn_and_so_many_may_wait() {
        let (turns, budget) = (Turns::new(4), BudgetId::from_bytes([1; 32]));
        let first = is_ready(pin!(turns.take(budget))).unwrap().ok().unwrap();
        assert!(!first.has_waited);
        let mut waiting: Vec<_> = (1..4).map(|_| Box::pin(turns.take(budget))).collect();
        assert!(waiting.iter_mut().all(|waiting| is_ready(waiting.as_mut()).is_none()));
        assert!(matches!(is_ready(pin!(turns.take(budget))), Some(Err(PoolError::Busy { .. }))));
        assert!(is_ready(pin!(turns.take(BudgetId::from_bytes([2; 32])))).is_some(), "others have theirs");
        drop(first);
        assert!(is_ready(waiting[0].as_mut()).unwrap().unwrap().has_waited);
        assert!(is_ready(waiting[1].as_mut()).is_some(), "the first has gone again");
    }
}
