//! When the process is asked to end.

/// Ends on SIGTERM or Ctrl-C. It listens from now on, so that neither is missed before it is awaited.
pub fn asked_to_end() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let [interrupted, terminated] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        async move {
            tokio::select! {
                () = received(interrupted) => {}
                () = received(terminated) => {}
            }
        }
    }
    #[cfg(not(unix))]
    async {
        drop(tokio::signal::ctrl_c().await);
    }
}

/// Waits for a signal. One that cannot be listened for ends the process by itself.
#[cfg(unix)]
async fn received(signal: std::io::Result<tokio::signal::unix::Signal>) {
    match signal {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}
