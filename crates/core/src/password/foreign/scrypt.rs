//! scrypt (RFC 7914) as a PHC string, which is passlib's form as well: `$scrypt$ln=…,r=…,p=…$salt$tag`.

use std::fmt;

use scrypt::Params;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::spelling::{self, PHC};
use crate::password::{HashError, Params as Limits};

/// The most work: N·r·p. N = 2¹⁷ with r = 8, which OWASP asks for, is an eighth of it; all of it takes some seconds.
const MAX_WORK: u64 = 1 << 23;
/// The largest block and the most lanes, so that what goes into and comes out of the mixing stays below a mebibyte.
const MAX_FACTOR: u32 = 64;

pub(in crate::password) struct Scrypt {
    costs: Costs,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

/// What is to be spent.
#[derive(Clone, Copy)]
pub(super) struct Costs {
    log_n: u32,
    r: u32,
    p: u32,
}

impl Scrypt {
    /// What follows after `$scrypt$`.
    pub(super) fn read(rest: &str) -> Result<Self, HashError> {
        let [costs, salt, tag] = spelling::fields(rest)?;
        let (salt, tag) = (spelling::salt(&PHC, salt)?, spelling::tag(&PHC, tag)?);
        Ok(Self { costs: Costs::read(costs)?, salt, tag })
    }

    pub(super) fn new(costs: Costs, salt: Vec<u8>, tag: Vec<u8>) -> Self {
        Self { costs, salt, tag }
    }

    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, HashError> {
        let mut computed = Zeroizing::new(vec![0; self.tag.len()]);
        self.costs.derive(password, &self.salt, &mut computed)?;
        Ok(computed.ct_eq(&self.tag).into())
    }
}

impl Costs {
    /// `ln=…,r=…,p=…`
    pub(super) fn read(text: &str) -> Result<Self, HashError> {
        let mut parts = text.split(',');
        let mut next = |name| spelling::named(name, parts.next().unwrap_or_default());
        let costs = (next("ln")?, next("r")?, next("p")?);
        if parts.next().is_some() {
            return Err(HashError::Malformed);
        }
        Self::new(costs.0, costs.1, costs.2)
    }

    /// N = 2^`log_n`, block size, lanes: if they can be afforded.
    pub(super) fn new(log_n: u32, r: u32, p: u32) -> Result<Self, HashError> {
        if log_n == 0 || r == 0 || p == 0 {
            return Err(HashError::Malformed);
        }
        let kib = |log_n| (u64::from(r) << log_n) / 8;
        let is_affordable = log_n <= 30
            && r <= MAX_FACTOR
            && p <= MAX_FACTOR
            && kib(log_n) <= u64::from(Limits::MAX_MEMORY_KIB)
            && (u64::from(r * p) << log_n) <= MAX_WORK;
        if is_affordable { Ok(Self { log_n, r, p }) } else { Err(HashError::TooExpensive) }
    }

    pub(super) fn derive(self, password: &[u8], salt: &[u8], out: &mut [u8]) -> Result<(), HashError> {
        let log_n = u8::try_from(self.log_n).map_err(|_| HashError::Malformed)?;
        let params = Params::new(log_n, self.r, self.p).map_err(|_| HashError::Malformed)?;
        // The crate would abort the process where there is not enough: so it is asked for once before.
        let bytes = 128_usize.saturating_mul(self.r as usize) << self.log_n;
        Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| HashError::OutOfMemory)?;
        scrypt::scrypt(password, salt, &params, out).map_err(|_| HashError::Malformed)
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ln={},r={},p={}", self.log_n, self.r, self.p)
    }
}

impl fmt::Display for Scrypt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scrypt {}", self.costs)
    }
}
