//! Files that are searched, and files that are none.

use std::fmt::Write as _;

use tempfile::TempDir;

use super::*;

/// Hashes that are spread evenly, in ascending order, none of them with an odd last byte.
fn hashes(count: u32) -> Vec<Hash> {
    let step = u32::MAX / count;
    let of = |number: u32| {
        let mut hash = Hash::default();
        hash[..4].copy_from_slice(&(number * step).to_be_bytes());
        hash[8..12].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
        hash[19] = 2;
        hash
    };
    (0..count).map(of).collect()
}

fn hex(hash: &Hash) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// Lines with counts of different lengths.
fn lines(hashes: &[Hash], end: &str) -> String {
    // Of up to seventeen digits.
    let counts = (0..20).map(|exponent| 7_u64.pow(exponent)).cycle();
    hashes.iter().zip(counts).fold(String::new(), |mut text, (hash, count)| {
        let _ = write!(text, "{}:{count}{end}", hex(hash));
        text
    })
}

fn written(text: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("breached");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn pw_05_every_line_is_found_and_nothing_between() {
    for (count, end) in [(1, "\n"), (2, "\r\n"), (99, "\r\n"), (500, "\n"), (500, "\r\n")] {
        let hashes = hashes(count);
        let text = lines(&hashes, end);
        // With and without an end of its last line.
        for text in [text.as_str(), text.trim_end()] {
            let (_folder, path) = written(text);
            BreachedFile::open(&path).unwrap();
            let mut lines = Lines::open(&path).unwrap();
            for hash in &hashes {
                assert!(lines.hold(hash).unwrap(), "{} of {count}", hex(hash));
                for last in [1, 3] {
                    let mut other = *hash;
                    other[19] = last;
                    assert!(!lines.hold(&other).unwrap(), "{} of {count}", hex(&other));
                }
            }
            assert!(!lines.hold(&[0xff; 20]).unwrap() && !lines.hold(&[0; 20]).unwrap());
        }
    }
}

#[test]
fn hashes_without_counts_or_in_lower_case_will_do() {
    let hashes = hashes(500);
    let text: String = hashes.iter().map(|hash| hex(hash).to_lowercase() + "\n").collect();
    let (_folder, path) = written(&text);
    BreachedFile::open(&path).unwrap();
    assert!(hashes.iter().all(|hash| Lines::open(&path).unwrap().hold(hash).unwrap()));
}

#[test]
fn what_is_no_such_file_is_refused_in_a_sentence() {
    let sorted = hashes(500);
    let reversed: Vec<_> = sorted.iter().rev().copied().collect();
    let by_count = lines(&reversed, "\r\n");
    let good = lines(&sorted, "\r\n");
    let cases = [
        (String::new(), "byte 0: expected a line of 40 hexadecimal digits"),
        ("password\n123456\n".to_owned(), "byte 0: expected a line of 40 hexadecimal digits"),
        (format!("\u{feff}{good}"), "byte 0: expected a line"),
        (sorted.iter().map(|hash| hex(hash)[..32].to_owned() + ":1\r\n").collect(), "expected a line of 40"),
        (good.replace(':', ";"), "expected a line of 40"),
        (good.replace("\r\n", ""), "expected a line of 40"),
        (format!("{}:1\n{}:2\n", "B".repeat(40), "A".repeat(40)), "the hashes are not in ascending order"),
        (by_count, "the hashes are not in ascending order"),
    ];
    for (text, expected) in cases {
        let (_folder, path) = written(&text);
        let error = BreachedFile::open(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.starts_with("passwords.breached_hashes: "), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let folder = TempDir::new().unwrap();
    for path in [folder.path().join("missing"), folder.path().to_owned()] {
        let error = BreachedFile::open(&path).unwrap_err().to_string();
        assert!(error.contains("cannot be read") && error.contains(&*path.to_string_lossy()), "{error}");
    }
}

#[test]
fn a_file_that_is_damaged_later_says_so_and_never_no() {
    let hashes = hashes(3000);
    let (_folder, path) = written(&lines(&hashes, "\r\n"));
    BreachedFile::open(&path).unwrap();
    let text = std::fs::read(&path).unwrap();
    std::fs::write(&path, vec![b'x'; text.len()]).unwrap();
    assert!(Lines::open(&path).unwrap().hold(&hashes[17]).is_err());
    std::fs::remove_file(&path).unwrap();
    assert!(Lines::open(&path).is_err());
}
