//! `[passwords]`: what a password must be like, and what checking one costs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use schemars::JsonSchema;

use super::reader::Section;
use super::schema;

/// The weakest accepted pairs of memory in KiB and iterations (OWASP Password Storage Cheat Sheet).
const FLOORS: [(u32, u32); 3] = [(47_104, 1), (19_456, 2), (12_288, 3)];

/// What a password must be like, and what hashing it by Argon2id costs.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Passwords {
    /// The fewest characters of a new password (NIST SP 800-63B-4 §3.1.1.2 wants 15).
    #[schemars(range(min = 8, max = 64))]
    pub min_length: u32,
    /// Names that everybody here thinks of first, such as the company's: no new password may be made of them and a little more. The
    /// words of `server.public_url` are among them without being said.
    #[schemars(schema_with = "schema::of::<BTreeSet<String>>")]
    pub names: BTreeSet<String>,
    /// A file of stolen passwords, none of which is accepted as a new one: SHA-1 hashes in the format of Have I Been Pwned, ordered
    /// by hash.
    #[schemars(schema_with = "schema::of::<PathBuf>")]
    pub breached_hashes: Option<PathBuf>,
    /// The memory that one hash takes, in KiB.
    #[schemars(range(min = 12_288, max = 262_144))]
    pub memory_kib: u32,
    /// The passes over that memory.
    #[schemars(range(min = 1, max = 16))]
    pub iterations: u32,
    /// The lanes of that memory. They are computed one after another.
    #[schemars(range(min = 1, max = 16))]
    pub parallelism: u32,
    /// The threads that hash. 0 takes one less than the machine has processors, and at least one.
    #[schemars(range(min = 0, max = 256))]
    pub workers: u32,
    /// The hashes that may wait for each worker. Further logins are answered 503 at once.
    #[schemars(range(min = 1, max = 4096))]
    pub queue: u32,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            min_length: 15,
            names: BTreeSet::new(),
            breached_hashes: None,
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            workers: 0,
            queue: 64,
        }
    }
}

impl Passwords {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let read = Self {
            min_length: at.within("min_length", default.min_length, 8..=64),
            names: at.value("names", default.names),
            breached_hashes: at.value("breached_hashes", default.breached_hashes),
            memory_kib: at.within("memory_kib", default.memory_kib, 12_288..=262_144),
            iterations: at.within("iterations", default.iterations, 1..=16),
            parallelism: at.within("parallelism", default.parallelism, 1..=16),
            workers: at.within("workers", default.workers, 0..=256),
            queue: at.within("queue", default.queue, 1..=4096),
        };
        if !FLOORS.iter().any(|&(memory, passes)| read.memory_kib >= memory && read.iterations >= passes) {
            let key = if at.is_said("memory_kib") { "memory_kib" } else { "iterations" };
            at.refuse(
                key,
                format!(
                    "{} KiB with iterations = {} is too weak; use at least 19456 KiB with 2, 47104 with 1, or 12288 with 3",
                    read.memory_kib, read.iterations
                ),
            );
        }
        read
    }
}
