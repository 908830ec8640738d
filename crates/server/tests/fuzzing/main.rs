//! The targets of `fuzz/`, without a fuzzer: their kept inputs and edits of them, the same in every run.
//!
//! `FUZZ_ROUNDS=N` makes N edits of each input instead of a few. What is new is found by the fuzzer, which sees where it gets.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::duplicate_mod,
    clippy::option_option,
    clippy::redundant_closure_for_method_calls,
    clippy::unnecessary_wraps,
    reason = "this is a test, of programs each of which stands alone"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the targets import as `libfuzzer_sys`.
extern crate self as libfuzzer_sys;

/// Each target's own file becomes a module, and a test of its name.
macro_rules! targets {
    ($($name:ident: $path:literal),* $(,)?) => {
        $(
            #[path = $path]
            #[expect(unused_attributes, reason = "what a program without `main` says has no meaning in a module")]
            mod $name;
        )*
        const TARGETS: &[&str] = &[$(stringify!($name)),*];

        mod kept_inputs_and_edits_of_them {
            $(#[test] fn $name() { super::drive(stringify!($name), super::$name::run); })*
        }
    };
}

targets! {
    authorization: "../../../../fuzz/fuzz_targets/authorization.rs",
    body: "../../../../fuzz/fuzz_targets/body.rs",
    configuration: "../../../../fuzz/fuzz_targets/configuration.rs",
    cookie: "../../../../fuzz/fuzz_targets/cookie.rs",
    credential: "../../../../fuzz/fuzz_targets/credential.rs",
    identifier: "../../../../fuzz/fuzz_targets/identifier.rs",
    import_line: "../../../../fuzz/fuzz_targets/import_line.rs",
    jwk: "../../../../fuzz/fuzz_targets/jwk.rs",
    jwks: "../../../../fuzz/fuzz_targets/jwks.rs",
    password_hash: "../../../../fuzz/fuzz_targets/password_hash.rs",
    pem: "../../../../fuzz/fuzz_targets/pem.rs",
    store_url: "../../../../fuzz/fuzz_targets/store_url.rs",
    token: "../../../../fuzz/fuzz_targets/token.rs",
}

// After the modules, which import it by its path.
macro_rules! fuzz_target {
    (|$data:ident: &[u8]| $body:expr) => {
        pub(crate) fn run($data: &[u8]) {
            $body
        }
    };
    (|$text:ident: &str| $body:expr) => {
        pub(crate) fn run(data: &[u8]) {
            let Ok($text) = std::str::from_utf8(data) else { return };
            $body
        }
    };
    // As `arbitrary` takes it apart.
    (|$input:ident: (bool, bool, u8, &[u8])| $body:expr) => {
        pub(crate) fn run(data: &[u8]) {
            let [first, second, third, rest @ ..] = data else { return };
            let $input = (first & 1 == 1, second & 1 == 1, *third, rest);
            $body
        }
    };
}
pub(crate) use fuzz_target;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// Files of a folder in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn drive(name: &str, target: fn(&[u8])) {
    let rounds = std::env::var("FUZZ_ROUNDS").map_or(10, |rounds| rounds.parse().unwrap());
    let seeds: Vec<Vec<u8>> =
        files(&folder().join("seeds").join(name)).iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert!(seeds.len() >= 3, "{name} has {} kept inputs", seeds.len());
    target(b"");
    let mut chance = Chance(0x2026_0528);
    for seed in &seeds {
        target(seed);
        for _ in 0..rounds {
            target(&edited(seed, &seeds, &mut chance));
        }
    }
}

/// Numbers that look random (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 1).unwrap() % end.max(1)
    }
}

/// An input with one to four edits: a byte changed, put in or taken out, a stretch doubled or cut, the rest of another input.
fn edited(seed: &[u8], others: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    const LIKELY: &[u8] = b"\0\x01\x7f\x80\xff \"',./:;=@[\\]{}%$&?#-_+09aAzZ\r\n\t";
    let mut bytes = seed.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len() + 1);
        let end = (at + chance.below(16)).min(bytes.len());
        let byte =
            if chance.below(2) == 0 { LIKELY[chance.below(LIKELY.len())] } else { chance.below(256).to_le_bytes()[0] };
        match chance.below(6) {
            0 if at < bytes.len() => bytes[at] = byte,
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let stretch = bytes[at..end].to_vec();
                bytes.splice(at..at, stretch);
            }
            4 => {
                let other = &others[chance.below(others.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[chance.below(other.len() + 1)..]);
            }
            _ => bytes.insert(at, byte),
        }
    }
    bytes
}

#[test]
fn every_target_is_run_here_and_has_kept_inputs_and_a_dictionary() {
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let built = manifest.split("[[bin]]").skip(1).filter_map(|target| target.split('"').nth(1));
    let known: BTreeSet<&str> = TARGETS.iter().copied().collect();
    assert_eq!(built.collect::<BTreeSet<_>>(), known);
    for place in ["seeds", "dictionaries"] {
        let found = files(&folder().join(place));
        let names: BTreeSet<&str> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert_eq!(names, known, "{place}");
    }
}

/// A fuzzer that does not understand its dictionary does not start.
#[test]
fn dictionaries_are_written_as_the_fuzzer_reads_them() {
    for path in files(&folder().join("dictionaries")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let quoted = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let word = quoted.unwrap_or_else(|| panic!("{}: {line}", path.display()));
            // Of escapes there are a backslash, a quotation mark, and a byte in two hexadecimal digits.
            let rest = word.replace("\\\\", "").replace("\\\"", "");
            let mut escapes = rest.split('\\').skip(1);
            let byte = |escape: &str| {
                let digits = escape.strip_prefix('x').and_then(|digits| digits.get(..2));
                digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            };
            assert!(!word.is_empty() && escapes.all(byte) && !rest.contains('"'), "{}: {line}", path.display());
        }
    }
}
