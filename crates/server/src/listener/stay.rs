//! What a connection occupies, for as long as anything is done for it.

use std::any::Any;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::STREAMS;

/// A connection's seat, with a place for each of its requests. Work that goes on after the client has hung up keeps a copy: it
/// goes on being counted, and the end of the process waits for it.
#[derive(Clone)]
pub struct Stay {
    places: Arc<Semaphore>,
    _seat: Arc<dyn Any + Send + Sync>,
    _place: Option<Arc<OwnedSemaphorePermit>>,
}

impl Stay {
    /// That of a connection, which holds `seat`.
    pub(super) fn new(seat: impl Any + Send + Sync) -> Self {
        let places = Arc::new(Semaphore::new(usize::try_from(STREAMS).unwrap_or(usize::MAX)));
        Self { places, _seat: Arc::new(seat), _place: None }
    }

    /// That of one more request. `None`: too many are being worked on, though their client may have given them up.
    pub(super) fn of_a_request(&self) -> Option<Self> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Self { _place: Some(Arc::new(place)), ..self.clone() })
    }
}
