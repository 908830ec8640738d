//! A wall clock that is wrong, for tests of what a step of it does to a node. The machine's own is not theirs to set, and what
//! replaces it from outside (a preloaded library) would be unsafe code. Builds for release do not have this.

use std::ffi::OsStr;
use std::sync::Once;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::{sleep, spawn};
use std::time::Duration;

/// Names a file that says by how many milliseconds the clock is ahead, at any moment anew.
const VARIABLE: &str = "TEST_CLOCK_ERROR_FILE";
/// How often the file is read.
const INTERVAL: Duration = Duration::from_millis(10);

static MILLIS: AtomicI64 = AtomicI64::new(0);
static WATCHED: Once = Once::new();

/// By how much the clock is ahead.
pub(super) fn millis() -> i64 {
    WATCHED.call_once(|| {
        if let Some(file) = std::env::var_os(VARIABLE) {
            read(&file);
            spawn(move || {
                loop {
                    sleep(INTERVAL);
                    read(&file);
                }
            });
        }
    });
    MILLIS.load(Ordering::Relaxed)
}

/// A file that is not there, or is just being written, changes nothing.
fn read(file: &OsStr) {
    if let Some(millis) = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()) {
        MILLIS.store(millis, Ordering::Relaxed);
    }
}
