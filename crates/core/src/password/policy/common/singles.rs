//! Common passwords that no habit explains: made by machines for thousands of accounts, names of files that came into a list with the
//! passwords, what one person used at many places.
//!
//! Of each only the beginning of a hash is kept: which passwords are common is a fact, and the lists themselves are no part of this. The
//! example `common_passwords` prints the lines for what a list has beyond these.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

/// The first eight bytes of SHA-256 of the password in lower case, in hexadecimal; one to a line, in order.
const SINGLES: &str = include_str!("singles.txt");
const DIGITS: usize = 16;

/// Whether it is one of them, in whatever case.
pub(super) fn is_single(password: &str) -> bool {
    let lower = Zeroizing::new(password.to_lowercase());
    let mut wanted = Zeroizing::new(String::with_capacity(DIGITS));
    for byte in digest(&SHA256, lower.as_bytes()).as_ref().iter().take(DIGITS / 2) {
        // To write to a text does not fail.
        let _ = write!(*wanted, "{byte:02x}");
    }
    // Every line is as long as any other.
    let line = |index: usize| SINGLES.get(index * (DIGITS + 1)..).and_then(|rest| rest.get(..DIGITS));
    let (mut from, mut to) = (0, SINGLES.len() / (DIGITS + 1));
    while from < to {
        let middle = usize::midpoint(from, to);
        match line(middle).map(|line| line.cmp(wanted.as_str())) {
            Some(std::cmp::Ordering::Equal) => return true,
            Some(std::cmp::Ordering::Less) => from = middle + 1,
            _ => to = middle,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_hashes_in_order_and_each_is_there_once() {
        let lines: Vec<&str> = SINGLES.lines().collect();
        assert_eq!(SINGLES.len(), lines.len() * (DIGITS + 1), "each ends with a newline");
        assert!(lines.is_sorted_by(|one, next| one < next));
        for line in lines {
            assert!(line.len() == DIGITS && line.bytes().all(|byte| b"0123456789abcdef".contains(&byte)), "{line}");
        }
    }

    #[test]
    fn pw_05_what_machines_made_for_thousands_is_found_in_any_case() {
        for single in SINGLES_IN_WORDS {
            assert!(is_single(single) && is_single(&single.to_uppercase()), "{single}");
            assert!(!is_single(&format!("{single}x")), "{single}");
        }
        assert!(!is_single("") && !is_single("fjord lantern quibble"));
    }

    /// Some of them, as everybody who works with such lists knows them.
    const SINGLES_IN_WORDS: [&str; 4] = ["1v7upjw3nt", "ig4abox4", "qti7zxh18u", "n8zgt5p0shw="];
}
