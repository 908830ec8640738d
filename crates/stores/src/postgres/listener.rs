//! A connection that is woken when somebody has appended to the log.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::store::StoreError;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::connect::Connector;
use crate::Changes;

/// What a transaction that appends sends to the others when it is committed. It carries nothing: the log is read in any case.
pub(super) const WAKE: &str = "notify counterfoil";
/// What a connection says that is to be woken by it.
pub(super) const LISTEN: &str = "listen counterfoil";

/// How long the first pause before another attempt to connect is; each is twice as long as the one before it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How long a pause is at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Is woken by the others' appends. While its connection is lost, whoever waits is left to ask at intervals.
pub struct Listener {
    connector: Connector,
    woken: Arc<Notify>,
    /// There once somebody has waited: a command that never does needs no connection.
    task: Option<JoinHandle<()>>,
}

impl Listener {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, woken: Arc::default(), task: None }
    }
}

#[async_trait]
impl Changes for Listener {
    async fn wait(&mut self, at_most: Duration) {
        if self.task.is_none() {
            self.task = Some(tokio::spawn(listen(self.connector.clone(), Arc::clone(&self.woken))));
        }
        // Either way the log is looked at.
        drop(tokio::time::timeout(at_most, self.woken.notified()).await);
    }

    /// Always: nothing tells cheaply that nothing was written.
    fn changed(&mut self) -> Result<bool, StoreError> {
        Ok(true)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Listens, and connects again whenever the connection has ended.
async fn listen(connector: Connector, woken: Arc<Notify>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let mut has_listened = false;
        let heard = || {
            has_listened = true;
            woken.notify_one();
        };
        if let Err(error) = connector.listen(LISTEN, heard).await {
            tracing::debug!(%error, "the connection that listens to PostgreSQL has ended");
        }
        pause = if has_listened { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        tokio::time::sleep(pause).await;
    }
}
