//! A clock that never steps and never stands still.
//!
//! A lease is measured by it. Others wait for no longer than the lease, by clocks of their own; so it has to run out while this
//! machine sleeps. `std::time::Instant` counts on only while it is awake (on Linux, `CLOCK_MONOTONIC`).

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

#[cfg(target_os = "linux")]
const CLOCK: ClockId = ClockId::Boottime;
/// Apple's counts the sleep too; of the others it is the best that there is.
#[cfg(not(target_os = "linux"))]
const CLOCK: ClockId = ClockId::Monotonic;

/// The time since an arbitrary moment.
pub(super) fn elapsed() -> Duration {
    // It is negative nowhere.
    clock_gettime(CLOCK).try_into().unwrap_or_default()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::process::Command;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    /// What it prints is read by the test below, which runs it in a world of its own.
    #[test]
    fn it_goes_on() {
        let before = elapsed();
        println!("elapsed: {}", before.as_secs());
        assert!(elapsed() >= before);
    }

    /// A machine that has slept for a day cannot be had here, but a namespace in which that clock alone shows it.
    #[test]
    fn it_counts_the_time_for_which_the_machine_slept() {
        let within = ["--map-root-user", "--time", "--boottime", &DAY.as_secs().to_string(), "--fork"];
        if !Command::new("unshare").args(within).arg("true").status().is_ok_and(|status| status.success()) {
            println!("this machine allows no namespaces");
            return;
        }
        let before = elapsed();
        let this = std::env::current_exe().unwrap();
        let tests = ["--exact", "clock::steady::tests::it_goes_on", "--nocapture"];
        let output = Command::new("unshare").args(within).arg(this).args(tests).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let said = text.lines().find_map(|line| line.split_once("elapsed: "));
        let said = Duration::from_secs(said.unwrap_or_else(|| panic!("{output:?}")).1.trim().parse().unwrap());
        assert!(said + Duration::from_secs(1) >= before + DAY, "{said:?} there, {before:?} here before");
    }
}
