//! Follows the files of a certificate, so that a renewed one counts without a restart.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{Context, SHA256};
use counterfoil_core::Clock;
use rustls::sign::CertifiedKey;

use super::files::{CertificateError, Files, Pair};

/// How often the files are looked at. They are small, and reading them sees what a date of a file does not show.
const EVERY: Duration = Duration::from_secs(1);

/// Puts every new pair in the place of the current one. One that is broken changes nothing, and is warned about when it stays so:
/// whoever renews writes one file after the other.
///
/// `seen` is what they held when the current one was read.
pub(super) async fn follow(files: &Files, seen: Seen, current: &ArcSwap<CertifiedKey>, clock: &dyn Clock) {
    let mut follower = Follower { files, current, last: Ok(seen), said: Ok(seen) };
    loop {
        let files = files.clone();
        // A slow disk is no reason to keep a thread from its requests.
        if let Ok(read) = tokio::task::spawn_blocking(move || files.read()).await {
            follower.look(read, clock);
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// The SHA-256 of both files.
pub(super) type Seen = [u8; 32];
/// What the files held, or why they cannot be read.
type Look = Result<Seen, String>;

struct Follower<'a> {
    files: &'a Files,
    current: &'a ArcSwap<CertifiedKey>,
    /// What was there at the last look.
    last: Look,
    /// What the current certificate is, or has been warned about.
    said: Look,
}

impl Follower<'_> {
    fn look(&mut self, read: Result<Pair, CertificateError>, clock: &dyn Clock) {
        let look = read.as_ref().map(seen).map_err(ToString::to_string);
        let is_same = self.last == look;
        self.last.clone_from(&look);
        if self.said == look {
            return;
        }
        match read.and_then(|pair| self.files.check(&pair, clock.now())) {
            Ok(checked) => {
                let key = self.files.take(checked);
                let is_new = key.cert != self.current.load().cert;
                self.current.store(Arc::new(key));
                self.said = look;
                if is_new {
                    tracing::info!(certificate = %self.files.certificate.display(), "the certificate was read again and counts from now on");
                }
            }
            // It will count in a while, and is looked at again.
            Err(CertificateError::NotYet { .. }) => {}
            Err(error) if is_same => {
                tracing::warn!("the certificate was changed and stays as it was: {error}");
                self.said = look;
            }
            Err(_) => {}
        }
    }
}

/// What a pair is told apart by.
pub(super) fn seen(pair: &Pair) -> Seen {
    let mut context = Context::new(&SHA256);
    for part in [&pair.certificate, &*pair.key] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let digest = context.finish();
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(digest.as_ref()).for_each(|(byte, hashed)| *byte = *hashed);
    bytes
}
