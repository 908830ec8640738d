//! Keys that verify.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, VerificationAlgorithm};

use super::algorithm::{Algorithm, Curve, Family};
use super::base64url;
use super::der;
use super::header::is_well_formed_kid;
use super::jwk::{Jwk, KeyType, PublicJwk, PublicNumbers, Purpose};
use super::key_error::KeyError;
use super::snippet::Snippet;
use super::{pem, secret};

/// A key that verifies signatures of one algorithm. Parsed and checked once, at load.
pub struct VerifyingKey {
    kid: Box<str>,
    algorithm: Algorithm,
    material: Material,
}

/// A shared secret and a public key are different things: neither can ever serve as the other (RFC 8725 §2.1).
enum Material {
    Secret(Box<hmac::Key>),
    Public(Box<Public>),
}

struct Public {
    key: ParsedPublicKey,
    jwk: PublicJwk,
}

/// The signature is not that of the key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not valid")]
pub struct BadSignature;

impl VerifyingKey {
    /// From a public JWK, or from a shared secret (`kty` "oct").
    ///
    /// `algorithm` is for a JWK that does not say its own; it must not contradict one that does.
    pub fn from_jwk(jwk: &Jwk, algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        jwk.allow("verify")?;
        let kind = jwk.key_type()?;
        let algorithm = jwk.algorithm(algorithm)?;
        if let KeyType::Secret = kind {
            return Self::from_secret(&jwk.bytes("k")?, algorithm, jwk.kid()?);
        }
        jwk.refuse_private()?;
        Self::from_public_jwk(jwk, &kind, algorithm, jwk.kid()?)
    }

    /// From the public members of a JWK, private or not.
    pub(super) fn from_public_jwk(
        jwk: &Jwk,
        kind: &KeyType,
        algorithm: Algorithm,
        kid: &str,
    ) -> Result<Self, KeyError> {
        match kind {
            KeyType::Secret => Err(unfit(algorithm)),
            KeyType::Rsa => Self::rsa(&jwk.integer("n")?, &jwk.integer("e")?, algorithm, kid),
            KeyType::Ed25519 => Self::ed25519(&jwk.exactly("x", 32)?, algorithm, kid),
            KeyType::Ec(curve) => Self::ec(*curve, &uncompressed(jwk, *curve)?, algorithm, kid),
        }
    }

    /// From a public key in PEM: `PUBLIC KEY` (RFC 5280 §4.1) or `RSA PUBLIC KEY` (RFC 8017 §A.1.1).
    pub fn from_pem(text: &str, algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        if algorithm.is_symmetric() {
            return Err(KeyError::SecretIsKey("PEM"));
        }
        let block = pem::sole_block(text)?;
        match block.label {
            "PUBLIC KEY" => Self::from_spki(&block.der, algorithm, kid),
            "RSA PUBLIC KEY" => Self::from_rsa_der(&block.der, algorithm, kid),
            label => Err(KeyError::PemLabel {
                found: Snippet::of(label),
                wanted: "a public key: convert it with `openssl pkey -pubout` or, for a certificate, `openssl x509 -pubkey`",
            }),
        }
    }

    fn from_spki(spki: &[u8], algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        der::spki_bits(spki).ok_or(KeyError::Invalid("a SubjectPublicKeyInfo and nothing after it"))?;
        let primitive = primitive(algorithm).ok_or_else(|| unfit(algorithm))?;
        let key = ParsedPublicKey::new(primitive, spki).map_err(|_| unfit(algorithm))?;
        // The library's own spelling, in which points are as the key had them.
        let spki: PublicKeyX509Der<'_> = key.as_der().map_err(|_| KeyError::Library)?;
        let bits = der::spki_bits(spki.as_ref()).ok_or(KeyError::Library)?;
        match algorithm.family() {
            Family::Rsa => Self::from_rsa_der(bits, algorithm, kid),
            Family::Ec(curve) => Self::ec(curve, bits, algorithm, kid),
            Family::Ed25519 => Self::ed25519(bits, algorithm, kid),
            Family::Hmac(_) => Err(unfit(algorithm)),
        }
    }

    /// From a shared secret, which must be at least as long as the hash and not look guessable (RFC 7518 §3.2).
    pub fn from_secret(bytes: &[u8], algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        let (Family::Hmac(needed), Some(hash)) = (algorithm.family(), hmac_hash(algorithm)) else {
            return Err(unfit(algorithm));
        };
        secret::check_hmac(bytes, algorithm, needed)?;
        Ok(Self {
            kid: checked_kid(kid)?,
            algorithm,
            material: Material::Secret(Box::new(hmac::Key::new(hash, bytes))),
        })
    }

    pub(super) fn from_rsa_der(pkcs1: &[u8], algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        let (modulus, exponent) = der::rsa_public(pkcs1).ok_or(KeyError::Invalid("an RSA public key"))?;
        Self::rsa(modulus, exponent, algorithm, kid)
    }

    fn rsa(modulus: &[u8], exponent: &[u8], algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        let primitive = rsa_primitive(algorithm).ok_or_else(|| unfit(algorithm))?;
        check_rsa(modulus, exponent)?;
        let key = ParsedPublicKey::new(primitive, der::encode_rsa_public(modulus, exponent))
            .map_err(|_| KeyError::Invalid("an RSA public key"))?;
        let numbers = PublicNumbers::Rsa { n: base64url::encode(modulus), e: base64url::encode(exponent) };
        Self::public(key, numbers, algorithm, kid)
    }

    /// `point` is uncompressed: 4, x, y (SEC 1 §2.3.3). That it lies on the curve is checked here.
    pub(super) fn ec(curve: Curve, point: &[u8], algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        let primitive = primitive(algorithm).ok_or_else(|| unfit(algorithm))?;
        if algorithm.family() != Family::Ec(curve) {
            return Err(unfit(algorithm));
        }
        let (x, y) = match point.split_first() {
            Some((4, xy)) if xy.len() == 2 * curve.coordinate_len() => xy.split_at(curve.coordinate_len()),
            _ => return Err(KeyError::Invalid("an uncompressed point of its curve")),
        };
        let key = ParsedPublicKey::new(primitive, point).map_err(|_| KeyError::Invalid("a point on its curve"))?;
        let numbers = PublicNumbers::Ec { crv: curve.name(), x: base64url::encode(x), y: base64url::encode(y) };
        Self::public(key, numbers, algorithm, kid)
    }

    pub(super) fn ed25519(x: &[u8], algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        if algorithm.family() != Family::Ed25519 {
            return Err(unfit(algorithm));
        }
        if x.len() != signature::ED25519_PUBLIC_KEY_LEN {
            return Err(KeyError::Invalid("32 bytes long"));
        }
        let key = ParsedPublicKey::new(&signature::ED25519, x).map_err(|_| KeyError::Invalid("an Ed25519 key"))?;
        Self::public(key, PublicNumbers::Okp { crv: "Ed25519", x: base64url::encode(x) }, algorithm, kid)
    }

    fn public(key: ParsedPublicKey, numbers: PublicNumbers, algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        let kid = checked_kid(kid)?;
        let jwk = PublicJwk { numbers, kid: kid.clone(), alg: algorithm, purpose: Purpose::Signatures };
        Ok(Self { kid, algorithm, material: Material::Public(Box::new(Public { key, jwk })) })
    }

    /// The key's id; empty when it has none.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The one algorithm that the key is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Verifies a JWS signature over the signing input. ECDSA signatures are the two numbers at full length
    /// (RFC 7518 §3.4), never DER; the salt of RSASSA-PSS is as long as the hash (RFC 7518 §3.5).
    pub fn verify(&self, input: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match &self.material {
            Material::Secret(key) => hmac::verify(key, input, signature),
            Material::Public(public) => public.key.verify_sig(input, signature),
        }
        .map_err(|_| BadSignature)
    }

    /// The key as it is published. `None` for a shared secret, which is never published.
    pub fn to_jwk(&self) -> Option<PublicJwk> {
        match &self.material {
            Material::Secret(_) => None,
            Material::Public(public) => Some(public.jwk.clone()),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

pub(super) fn unfit(algorithm: Algorithm) -> KeyError {
    KeyError::Unfit { algorithm, needs: algorithm.needs() }
}

pub(super) fn checked_kid(kid: &str) -> Result<Box<str>, KeyError> {
    if kid.is_empty() || is_well_formed_kid(kid) { Ok(kid.into()) } else { Err(KeyError::KeyId(Snippet::of(kid))) }
}

/// The uncompressed point of an EC JWK.
pub(super) fn uncompressed(jwk: &Jwk, curve: Curve) -> Result<Vec<u8>, KeyError> {
    let (x, y) = (jwk.exactly("x", curve.coordinate_len())?, jwk.exactly("y", curve.coordinate_len())?);
    Ok([&[4], x.as_slice(), y.as_slice()].concat())
}

/// 2048 to 8192 bits; an odd exponent of 65537 or more. Smaller exponents have a history of broken padding checks
/// (CVE-2006-4339), and no tool has made them by default for decades.
fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), KeyError> {
    check_rsa_size(modulus)?;
    let is_odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    let value = exponent.iter().try_fold(0u64, |value, byte| Some(value.checked_mul(256)? | u64::from(*byte)));
    match value {
        Some(value) if is_odd && value >= 65537 => Ok(()),
        _ => Err(KeyError::RsaExponent),
    }
}

/// 2048 to 8192 bits, without leading zeros.
pub(super) fn check_rsa_size(modulus: &[u8]) -> Result<(), KeyError> {
    let spare = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = modulus.len() * 8 - spare;
    if (2048..=8192).contains(&bits) { Ok(()) } else { Err(KeyError::RsaSize(bits)) }
}

pub(super) fn hmac_hash(algorithm: Algorithm) -> Option<hmac::Algorithm> {
    match algorithm {
        Algorithm::HS256 => Some(hmac::HMAC_SHA256),
        Algorithm::HS384 => Some(hmac::HMAC_SHA384),
        Algorithm::HS512 => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

fn rsa_primitive(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::RS256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

fn primitive(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    match algorithm {
        Algorithm::ES256 => Some(&signature::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Some(&signature::ECDSA_P384_SHA384_FIXED),
        Algorithm::ES512 => Some(&signature::ECDSA_P521_SHA512_FIXED),
        Algorithm::EdDSA => Some(&signature::ED25519),
        rsa => rsa_primitive(rsa).map(|parameters| parameters as &'static dyn VerificationAlgorithm),
    }
}
