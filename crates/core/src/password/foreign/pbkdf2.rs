//! PBKDF2 (RFC 8018 §5.2) with HMAC-SHA1, -SHA256 or -SHA512: the PHC string `$pbkdf2-sha256$i=…$salt$tag`, perhaps with
//! `l=` the tag's length, and passlib's `$pbkdf2-sha256$29000$salt$tag`, whose base64 has a dot for the plus sign.

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;

use super::spelling::{self, ADAPTED, PHC};
use crate::password::HashError;

/// The most iterations, those of each block of the output counted: some seconds.
const MAX_ITERATIONS: u64 = 5_000_000;

pub(in crate::password) struct Pbkdf2 {
    prf: Prf,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

/// The HMAC in it.
#[derive(Clone, Copy)]
pub(super) enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

impl Prf {
    /// By the name between the first two dollar signs.
    pub(super) fn named(name: &str) -> Result<Self, HashError> {
        match name {
            "pbkdf2" | "pbkdf2-sha1" => Ok(Self::Sha1),
            "pbkdf2-sha256" => Ok(Self::Sha256),
            "pbkdf2-sha512" => Ok(Self::Sha512),
            _ => Err(HashError::UnknownFormat),
        }
    }

    const fn block_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl Pbkdf2 {
    /// What follows after the name.
    pub(super) fn read(prf: Prf, rest: &str) -> Result<Self, HashError> {
        let [costs, salt, tag] = spelling::fields(rest)?;
        if !costs.starts_with("i=") {
            let (salt, tag) = (spelling::salt(&ADAPTED, salt)?, spelling::tag(&ADAPTED, tag)?);
            return Self::new(prf, spelling::number(costs)?, salt, tag);
        }
        let (salt, tag) = (spelling::salt(&PHC, salt)?, spelling::tag(&PHC, tag)?);
        let (iterations, length) = costs.split_once(',').map_or((costs, None), |(i, l)| (i, Some(l)));
        if let Some(length) = length
            && spelling::named("l", length)? as usize != tag.len()
        {
            return Err(HashError::Malformed);
        }
        Self::new(prf, spelling::named("i", iterations)?, salt, tag)
    }

    /// If it can be afforded.
    pub(super) fn new(prf: Prf, iterations: u32, salt: Vec<u8>, tag: Vec<u8>) -> Result<Self, HashError> {
        let blocks = tag.len().div_ceil(prf.block_bytes()) as u64;
        if u64::from(iterations) * blocks > MAX_ITERATIONS {
            return Err(HashError::TooExpensive);
        }
        let iterations = NonZeroU32::new(iterations).ok_or(HashError::Malformed)?;
        Ok(Self { prf, iterations, salt, tag })
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let algorithm = match self.prf {
            Prf::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Prf::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Prf::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        };
        // Compares in constant time.
        pbkdf2::verify(algorithm, self.iterations, &self.salt, password, &self.tag).is_ok()
    }
}

impl fmt::Display for Pbkdf2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.prf {
            Prf::Sha1 => "sha1",
            Prf::Sha256 => "sha256",
            Prf::Sha512 => "sha512",
        };
        write!(f, "pbkdf2-{name} i={}", self.iterations)
    }
}
