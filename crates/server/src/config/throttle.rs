//! `[throttle]`: how often a wrong password may be tried.

use std::time::Duration;

use counterfoil_core::throttle::Limits;
use schemars::JsonSchema;

use super::reader::Section;
use super::schema;

/// How often a wrong password may be tried, of an account and from an address.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Throttle {
    /// So many wrong passwords of an account in a row may follow each other at once. After the last of them, and each further one, the
    /// account waits: a second, two, four and so on.
    #[schemars(range(min = 1, max = 100))]
    pub free_failures: u32,
    /// The longest wait.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub longest_delay: Duration,
    /// So many wrong passwords in a row lock the password until the operator sets another (NIST SP 800-63B-4 §3.2.2: at most
    /// 100).
    #[schemars(range(min = 1, max = 100))]
    pub lock_after: u32,
    /// So many failed logins may come from one address, or one network of 2⁶⁴ addresses of IPv6, within `address_window`,
    /// whatever the accounts. 0: any number.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub address_failures: u32,
    /// So many registrations may be tried from one address within `address_window`. 0: any number.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub address_registrations: u32,
    /// In which what an address has used up comes back, evenly.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub address_window: Duration,
}

impl Default for Throttle {
    fn default() -> Self {
        let Limits {
            free_failures,
            longest_delay,
            lock_after,
            address_failures,
            address_registrations,
            address_window,
        } = Limits::DEFAULT;
        Self { free_failures, longest_delay, lock_after, address_failures, address_registrations, address_window }
    }
}

impl Throttle {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            free_failures: at.within("free_failures", default.free_failures, 1..=100),
            longest_delay: at.within("longest_delay", default.longest_delay, minutes(0)..=minutes(24 * 60)),
            lock_after: at.within("lock_after", default.lock_after, 1..=100),
            address_failures: at.within("address_failures", default.address_failures, 0..=1_000_000),
            address_registrations: at.within("address_registrations", default.address_registrations, 0..=1_000_000),
            address_window: at.within("address_window", default.address_window, minutes(1)..=minutes(24 * 60)),
        }
    }

    /// As the domain knows it.
    pub fn limits(&self) -> Limits {
        let Self { free_failures, longest_delay, lock_after, address_failures, address_registrations, address_window } =
            *self;
        Limits { free_failures, longest_delay, lock_after, address_failures, address_registrations, address_window }
    }
}
