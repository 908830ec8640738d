//! Uses of sessions, told to the store off the path of the request.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::store::{Sessions, Touch};

/// How many uses may wait. More are dropped: the same session's next use comes an interval later.
pub const DEFAULT_QUEUE: usize = 8_192;

/// Where uses are handed in.
#[derive(Clone)]
pub struct Touches(mpsc::Sender<Touch>);

impl Touches {
    /// A queue, and the work of emptying it into `sessions`: a future to be spawned, which ends when the last sender is gone.
    pub fn new(sessions: Arc<dyn Sessions>, queue: usize) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (sender, mut receiver) = mpsc::channel(queue);
        let work = async move {
            while let Some(touch) = receiver.recv().await {
                // One that fails is no loss: the store only believes the session to be a little older than it is.
                if let Err(error) = sessions.touch(&touch).await {
                    tracing::debug!(session = %touch.session, %error, "a use was not noted");
                }
            }
        };
        (Self(sender), work)
    }

    pub(super) fn send(&self, touch: Touch) {
        if self.0.try_send(touch).is_err() {
            tracing::trace!("too many uses at once; one was not noted");
        }
    }
}
