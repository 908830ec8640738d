//! Passwords, and how often one may be tried.

use super::{Rule, SECOND};
use crate::doctor::Level;

/// Sixteen times what a hash costs by default, in KiB passed over.
const DEAR: u64 = 16 * 2 * 19_456;

pub(super) const RULES: &[Rule] = &[
    Rule {
        key: "passwords.min_length",
        level: Level::Warning,
        weak: |settings| settings.passwords.min_length < 15,
        why: "a password that is the only factor needs 15 characters (NIST SP 800-63B-4 §3.1.1.2)",
        change: "min_length = 15",
    },
    Rule {
        key: "passwords.queue",
        level: Level::Hint,
        weak: |settings| settings.passwords.queue > 1024,
        why: "logins wait that long for their turn when there are too many, instead of being told to come again",
        change: "queue = 64",
    },
    Rule {
        key: "passwords.parallelism",
        level: Level::Hint,
        weak: |settings| settings.passwords.parallelism > 4,
        why: "the lanes are computed one after another here, and side by side by whoever has stolen the hashes",
        change: "parallelism = 1",
    },
    Rule {
        key: "passwords.memory_kib",
        level: Level::Hint,
        weak: |settings| {
            let passwords = &settings.passwords;
            u64::from(passwords.memory_kib) * u64::from(passwords.iterations) > DEAR
        },
        why: "each login costs as much as sixteen by default: a few people who guess keep all others waiting",
        change: "memory_kib = 19456, and iterations = 2",
    },
    Rule {
        key: "throttle.address_failures",
        level: Level::Warning,
        weak: |settings| settings.throttle.address_failures == 0,
        why: "one address may try one password on any number of accounts",
        change: "address_failures = 300",
    },
    Rule {
        key: "throttle.address_registrations",
        level: Level::Warning,
        weak: |settings| settings.registration.open && settings.throttle.address_registrations == 0,
        why: "anybody may register, and one address any number of accounts",
        change: "address_registrations = 300",
    },
    Rule {
        key: "throttle.address_failures",
        level: Level::Warning,
        weak: |settings| settings.throttle.address_failures > 3_000,
        why: "so many passwords may be tried from one address before it has to wait",
        change: "address_failures = 300",
    },
    Rule {
        key: "throttle.address_registrations",
        level: Level::Warning,
        weak: |settings| settings.registration.open && settings.throttle.address_registrations > 3_000,
        why: "so many accounts may be made from one address before it has to wait",
        change: "address_registrations = 300",
    },
    Rule {
        key: "throttle.address_window",
        level: Level::Warning,
        weak: |settings| {
            let throttle = &settings.throttle;
            let counts = throttle.address_failures > 0 || throttle.address_registrations > 0;
            counts && throttle.address_window < SECOND * 10 * 60
        },
        why: "what an address has used up comes back that soon: it may go on guessing after a short break",
        change: "address_window = \"1h\"",
    },
    Rule {
        key: "throttle.lock_after",
        level: Level::Warning,
        weak: |settings| settings.throttle.lock_after < 10,
        why: "whoever knows a name can lock its owner's password by so few guesses, until the operator sets another",
        change: "lock_after = 100",
    },
    Rule {
        key: "throttle.longest_delay",
        level: Level::Hint,
        weak: |settings| settings.throttle.longest_delay > SECOND * 6 * 3_600,
        why: "whoever knows a name can make its owner wait for so long",
        change: "longest_delay = \"1h\"",
    },
    Rule {
        key: "throttle.free_failures",
        level: Level::Warning,
        weak: |settings| settings.throttle.free_failures > 20,
        why: "so many passwords of an account can be tried without any delay",
        change: "free_failures = 10",
    },
    Rule {
        key: "throttle.longest_delay",
        level: Level::Warning,
        weak: |settings| settings.throttle.longest_delay < SECOND * 60,
        why: "guessing goes on at that pace until the account is locked, and then its owner is out too",
        change: "longest_delay = \"1h\"",
    },
];
