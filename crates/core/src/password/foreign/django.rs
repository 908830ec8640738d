//! Django's hashes: a name without a dollar sign before it, and then the fields of that algorithm.

use super::argon2::Argon2Hash;
use super::bcrypt::Bcrypt;
use super::pbkdf2::{Pbkdf2, Prf};
use super::scrypt::{Costs, Scrypt};
use super::spelling::{self, PADDED};
use super::{Foreign, HashError};

pub(super) fn read(text: &str) -> Result<Foreign<'_>, HashError> {
    let (name, rest) = text.split_once('$').ok_or(HashError::UnknownFormat)?;
    match name {
        "pbkdf2_sha256" => pbkdf2(Prf::Sha256, rest).map(Foreign::Pbkdf2),
        "pbkdf2_sha1" => pbkdf2(Prf::Sha1, rest).map(Foreign::Pbkdf2),
        "argon2" => Argon2Hash::read(text.strip_prefix("argon2").unwrap_or(text)).map(Foreign::Argon2),
        "bcrypt" => Bcrypt::plain(rest).map(Foreign::Bcrypt),
        "bcrypt_sha256" => Bcrypt::django_sha256(rest).map(Foreign::Bcrypt),
        "scrypt" => scrypt(rest).map(Foreign::Scrypt),
        _ => Err(HashError::UnknownFormat),
    }
}

/// `iterations$salt$tag`; the salt is used as it is written.
fn pbkdf2(prf: Prf, rest: &str) -> Result<Pbkdf2, HashError> {
    let [iterations, salt, tag] = spelling::fields(rest)?;
    Pbkdf2::new(prf, spelling::number(iterations)?, salt.into(), spelling::tag(&PADDED, tag)?)
}

/// `N$salt$r$p$tag`; the salt is used as it is written.
fn scrypt(rest: &str) -> Result<Scrypt, HashError> {
    let [n, salt, r, p, tag] = spelling::fields(rest)?;
    let n = spelling::number(n)?;
    if !n.is_power_of_two() {
        return Err(HashError::Malformed);
    }
    let costs = Costs::new(n.ilog2(), spelling::number(r)?, spelling::number(p)?)?;
    Ok(Scrypt::new(costs, salt.into(), spelling::tag(&PADDED, tag)?))
}
