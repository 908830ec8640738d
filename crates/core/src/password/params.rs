//! What an Argon2id hash costs.

use std::fmt;

/// The cost of an Argon2id hash (RFC 9106 §3.1).
///
/// The default, 19 MiB, two passes and one lane, is the minimum of OWASP's Password Storage Cheat Sheet (PW-07).
#[derive(Clone, PartialEq, Eq)]
pub struct Params(argon2::Params);

/// These parameters are too weak to protect a password, or too expensive to be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// Below every row of [`Params::FLOORS`].
    #[error(
        "Argon2id with {memory_kib} KiB and {passes} passes is too weak: use at least 19456 KiB with 2 passes, \
         47104 KiB with 1, or 12288 KiB with 3"
    )]
    TooWeak {
        /// The memory asked for, in KiB.
        memory_kib: u32,
        /// The passes asked for.
        passes: u32,
    },
    /// Above one of the limits that stored hashes are held to as well.
    #[error(
        "Argon2id may use at most {} KiB, {} passes and {} lanes",
        Params::MAX_MEMORY_KIB,
        Params::MAX_PASSES,
        Params::MAX_LANES
    )]
    TooExpensive,
    /// No lanes, or less than 8 KiB for each (RFC 9106 §3.1).
    #[error("Argon2id needs at least one lane, and 8 KiB of memory for each")]
    Lanes,
}

impl Params {
    /// The most memory, in KiB, that a hash may ask for: 256 MiB.
    pub const MAX_MEMORY_KIB: u32 = 256 * 1024;
    /// The most passes that a hash may ask for.
    pub const MAX_PASSES: u32 = 16;
    /// The most lanes that a hash may ask for.
    pub const MAX_LANES: u32 = 16;

    /// The weakest accepted pairs of memory in KiB and passes. OWASP Password Storage Cheat Sheet and ASVS 5 appendix C
    /// hold them to be equally strong.
    pub const FLOORS: [(u32, u32); 3] = [(47_104, 1), (19_456, 2), (12_288, 3)];

    /// The bytes of a new salt (RFC 9106 §3.1: "16 bytes is RECOMMENDED for password hashing").
    pub(super) const SALT_BYTES: usize = 16;
    /// The bytes of a new tag.
    pub(super) const TAG_BYTES: usize = 32;

    /// Parameters for new hashes: memory in KiB, passes over it, lanes.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, ParamsError> {
        if !Self::FLOORS.iter().any(|&(memory, times)| memory_kib >= memory && passes >= times) {
            return Err(ParamsError::TooWeak { memory_kib, passes });
        }
        Self::bounded(memory_kib, passes, lanes)
    }

    /// Any parameters that cannot hurt the server, however weak.
    fn bounded(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, ParamsError> {
        let params = argon2::Params::new(memory_kib, passes, lanes, Some(Self::TAG_BYTES));
        let params = params.map_err(|_| ParamsError::Lanes)?;
        if Self::affordable(&params) { Ok(Self(params)) } else { Err(ParamsError::TooExpensive) }
    }

    /// Whether a stored hash may be computed at all: a damaged row must not ask for 100 GiB or for a day.
    pub(super) fn affordable(params: &argon2::Params) -> bool {
        params.m_cost() <= Self::MAX_MEMORY_KIB
            && params.t_cost() <= Self::MAX_PASSES
            && params.p_cost() <= Self::MAX_LANES
    }

    /// The same, as the algorithm's crate wants it.
    pub(super) fn argon2(&self) -> &argon2::Params {
        &self.0
    }

    /// Memory, in KiB.
    pub fn memory_kib(&self) -> u32 {
        self.0.m_cost()
    }

    /// Passes over the memory.
    pub fn passes(&self) -> u32 {
        self.0.t_cost()
    }

    /// Lanes. They are computed one after another: a worker is one thread.
    pub fn lanes(&self) -> u32 {
        self.0.p_cost()
    }

    /// Far too weak, and quick: for tests.
    #[cfg(any(test, feature = "conformance"))]
    pub(crate) fn quick() -> Self {
        Self::bounded(64, 1, 1).unwrap_or_default()
    }
}

impl Default for Params {
    fn default() -> Self {
        // The crate's own default has these three figures, but leaves the tag's length open.
        Self::new(19_456, 2, 1).unwrap_or(Self(argon2::Params::DEFAULT))
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={},t={},p={}", self.memory_kib(), self.passes(), self.lanes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pw_07_the_default_is_19_mib_two_passes_one_lane() {
        let params = Params::default();
        assert_eq!(format!("{params:?}"), "m=19456,t=2,p=1");
        assert_eq!(params.argon2().output_len(), Some(32));
    }

    #[test]
    fn pw_07_weaker_parameters_are_refused() {
        for (memory, passes) in [(19_455, 2), (19_456, 1), (47_103, 1), (12_287, 3), (12_287, 16), (8, 1)] {
            assert_eq!(
                Params::new(memory, passes, 1),
                Err(ParamsError::TooWeak { memory_kib: memory, passes }),
                "m={memory} t={passes}"
            );
        }
        for (memory, passes) in Params::FLOORS {
            assert!(Params::new(memory, passes, 1).is_ok(), "m={memory} t={passes}");
        }
    }

    #[test]
    fn parameters_beyond_reason_are_refused() {
        let too_expensive = Err(ParamsError::TooExpensive);
        assert_eq!(Params::new(Params::MAX_MEMORY_KIB + 1, 2, 1), too_expensive);
        assert_eq!(Params::new(19_456, Params::MAX_PASSES + 1, 1), too_expensive);
        assert_eq!(Params::new(19_456, 2, Params::MAX_LANES + 1), too_expensive);
        assert_eq!(Params::new(19_456, 2, 0), Err(ParamsError::Lanes));
        assert_eq!(Params::new(19_456, 2, 10_000), Err(ParamsError::Lanes));
    }
}
