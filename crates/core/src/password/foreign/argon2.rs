//! Argon2 as a PHC string: `$argon2id$v=19$m=…,t=…,p=…$salt$tag` (RFC 9106). Ours are of this form too.

use std::fmt;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Params as Costs, Version};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::password::{HashError, Memory, Params};

/// The shortest tag that is believed: 128 bits, as hard to guess as the salt.
const MIN_TAG_BYTES: usize = 16;

/// A hash of any of the three kinds, and of both versions.
pub(in crate::password) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    /// They hold the tag's length as well.
    pub(in crate::password) params: Costs,
    pub(in crate::password) salt: Salt,
    tag: Output,
}

impl Argon2Hash {
    pub(in crate::password) fn read(text: &str) -> Result<Self, HashError> {
        let phc = Phc::new(text).map_err(|_| HashError::Malformed)?;
        let algorithm = Algorithm::try_from(phc.algorithm.as_str()).map_err(|_| HashError::UnknownFormat)?;
        // Strings from before there was a second version name none.
        let version = phc.version.unwrap_or(Version::V0x10.into());
        let version = Version::try_from(version).map_err(|_| HashError::Malformed)?;
        let params = Costs::try_from(&phc).map_err(|_| HashError::Malformed)?;
        // What was read, written again, must be what was given: no default for a missing cost, no second spelling.
        let spelt = ParamsString::try_from(&params).is_ok_and(|spelling| spelling == phc.params);
        let plain = params.keyid().is_empty() && params.data().is_empty();
        if !spelt || !plain || phc.to_string() != text {
            return Err(HashError::Malformed);
        }
        let (Some(salt), Some(tag)) = (phc.salt, phc.hash) else { return Err(HashError::Malformed) };
        if tag.len() < MIN_TAG_BYTES {
            return Err(HashError::Malformed);
        }
        if !Params::affordable(&params) {
            return Err(HashError::TooExpensive);
        }
        Ok(Self { algorithm, version, params, salt, tag })
    }

    /// Whether it is of the kind that we make.
    pub(in crate::password) fn is_ours(&self) -> bool {
        self.algorithm == Algorithm::Argon2id && self.version == Version::V0x13
    }

    pub(in crate::password) fn verify(&self, password: &[u8], memory: &mut Memory) -> Result<bool, HashError> {
        let mut computed = Zeroizing::new([0; Output::MAX_LENGTH]);
        let computed = computed.get_mut(..self.tag.len()).ok_or(HashError::Malformed)?;
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        compute(&argon2, password, &self.salt, computed, memory)?;
        Ok(computed.ct_eq(self.tag.as_bytes()).into())
    }
}

/// Computes a tag in lent memory.
pub(in crate::password) fn compute(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    tag: &mut [u8],
    memory: &mut Memory,
) -> Result<(), HashError> {
    let blocks = argon2.params().block_count();
    memory.lend(blocks, |blocks| argon2.hash_password_into_with_memory(password, salt, tag, blocks))??;
    Ok(())
}

impl fmt::Display for Argon2Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (memory, passes, lanes) = (self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        write!(f, "{} m={memory},t={passes},p={lanes}", self.algorithm)
    }
}
