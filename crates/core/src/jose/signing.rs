//! Keys that sign.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPairComponents, KeySize};
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair,
    RsaPublicKeyComponents,
};
use zeroize::Zeroizing;

use super::algorithm::{Algorithm, Curve, Family};
use super::der;
use super::jwk::{Jwk, KeyType};
use super::key_error::KeyError;
use super::pem;
use super::snippet::Snippet;
use super::verifying::{VerifyingKey, check_rsa_size, hmac_hash, uncompressed, unfit};
use crate::Entropy;

/// A key that signs with one algorithm. Parsed and checked once, at load; its public half is made with it.
pub struct SigningKey {
    material: Material,
    verifying: Arc<VerifyingKey>,
}

enum Material {
    Secret { bytes: Zeroizing<Vec<u8>>, key: Box<hmac::Key> },
    Rsa { pair: RsaKeyPair, encoding: &'static dyn RsaEncoding },
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Why nothing could be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The claims cannot be written as JSON.
    #[error("the claims cannot be written as JSON")]
    Payload(#[source] serde_json::Error),
    /// The claims are not a JSON object (RFC 7519 §7.1).
    #[error("the claims are not a JSON object")]
    NotObject,
    /// The primitives library failed.
    #[error("the cryptographic library could not sign")]
    Library,
}

impl SigningKey {
    /// Makes a new key: RSA of 3072 bits, EC on the algorithm's curve, Ed25519, or a secret as long as the hash.
    ///
    /// `entropy` is drawn on for a secret; key pairs come from the primitives library and its own generator.
    pub fn generate(algorithm: Algorithm, kid: &str, entropy: &dyn Entropy) -> Result<Self, KeyError> {
        let material = match algorithm.family() {
            Family::Hmac(length) => {
                let mut bytes = Zeroizing::new(vec![0; length]);
                entropy.fill(&mut bytes)?;
                return Self::from_bytes(algorithm, kid, &bytes);
            }
            Family::Rsa => {
                let pair = RsaKeyPair::generate(KeySize::Rsa3072).map_err(|_| KeyError::Library)?;
                Material::Rsa { pair, encoding: rsa_encoding(algorithm).ok_or_else(|| unfit(algorithm))? }
            }
            Family::Ec(curve) => Material::Ecdsa(EcdsaKeyPair::generate(ecdsa(curve)).map_err(|_| KeyError::Library)?),
            Family::Ed25519 => Material::Ed25519(Ed25519KeyPair::generate().map_err(|_| KeyError::Library)?),
        };
        Self::of_pair(material, algorithm, kid)
    }

    /// From a private key in PEM: `PRIVATE KEY` (PKCS#8, RFC 5208), `EC PRIVATE KEY` (RFC 5915) or `RSA PRIVATE KEY`
    /// (RFC 8017 §A.1.2), unencrypted.
    pub fn from_pem(text: &str, algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        if algorithm.is_symmetric() {
            return Err(KeyError::SecretIsKey("PEM"));
        }
        let block = pem::sole_block(text)?;
        match (block.label, algorithm.family()) {
            ("PRIVATE KEY", _) => Self::from_bytes(algorithm, kid, &block.der),
            ("RSA PRIVATE KEY", Family::Rsa) => {
                let pair = RsaKeyPair::from_der(whole(&block.der)?).map_err(|_| unfit_rsa(&block.der, algorithm))?;
                let encoding = rsa_encoding(algorithm).ok_or_else(|| unfit(algorithm))?;
                Self::of_pair(Material::Rsa { pair, encoding }, algorithm, kid)
            }
            ("EC PRIVATE KEY", Family::Ec(curve)) => {
                let pair = EcdsaKeyPair::from_private_key_der(ecdsa(curve), whole(&block.der)?)
                    .map_err(|_| unfit(algorithm))?;
                Self::of_pair(Material::Ecdsa(pair), algorithm, kid)
            }
            ("RSA PRIVATE KEY" | "EC PRIVATE KEY", _) => Err(unfit(algorithm)),
            (label, _) => Err(KeyError::PemLabel {
                found: Snippet::of(label),
                wanted: "an unencrypted private key: convert it with `openssl pkcs8 -topk8 -nocrypt`",
            }),
        }
    }

    /// From a private JWK. `algorithm` is for a JWK that does not say its own, and must not contradict one that does;
    /// `kid` replaces the JWK's.
    pub fn from_jwk(jwk: &Jwk, algorithm: Option<Algorithm>, kid: Option<&str>) -> Result<Self, KeyError> {
        jwk.allow("sign")?;
        let kind = jwk.key_type()?;
        let algorithm = jwk.algorithm(algorithm)?;
        let kid = kid.map_or_else(|| jwk.kid(), Ok)?;
        if let KeyType::Secret = kind {
            return Self::from_secret(&jwk.bytes("k")?, algorithm, kid);
        }
        jwk.require_private()?;
        // The public half first: its errors are the precise ones.
        VerifyingKey::from_public_jwk(jwk, &kind, algorithm, kid)?;
        let inconsistent = |_| KeyError::Invalid("a private key that belongs to its public key");
        let material = match kind {
            KeyType::Secret => return Err(unfit(algorithm)),
            KeyType::Rsa => Material::Rsa {
                pair: rsa_pair(jwk)?,
                encoding: rsa_encoding(algorithm).ok_or_else(|| unfit(algorithm))?,
            },
            KeyType::Ec(curve) => Material::Ecdsa(
                EcdsaKeyPair::from_private_key_and_public_key(
                    ecdsa(curve),
                    &jwk.exactly("d", curve.coordinate_len())?,
                    &uncompressed(jwk, curve)?,
                )
                .map_err(inconsistent)?,
            ),
            KeyType::Ed25519 => Material::Ed25519(
                Ed25519KeyPair::from_seed_and_public_key(&jwk.exactly("d", 32)?, &jwk.exactly("x", 32)?)
                    .map_err(inconsistent)?,
            ),
        };
        Self::of_pair(material, algorithm, kid)
    }

    /// From what [`to_bytes`](Self::to_bytes) gave: PKCS#8 in DER, or the bytes of a shared secret.
    pub fn from_bytes(algorithm: Algorithm, kid: &str, bytes: &[u8]) -> Result<Self, KeyError> {
        let material = match algorithm.family() {
            Family::Hmac(_) => return Self::from_secret(bytes, algorithm, kid),
            Family::Rsa => Material::Rsa {
                pair: RsaKeyPair::from_pkcs8(whole(bytes)?).map_err(|_| unfit_rsa(bytes, algorithm))?,
                encoding: rsa_encoding(algorithm).ok_or_else(|| unfit(algorithm))?,
            },
            Family::Ec(curve) => {
                Material::Ecdsa(EcdsaKeyPair::from_pkcs8(ecdsa(curve), whole(bytes)?).map_err(|_| unfit(algorithm))?)
            }
            Family::Ed25519 => {
                Material::Ed25519(Ed25519KeyPair::from_pkcs8(whole(bytes)?).map_err(|_| unfit(algorithm))?)
            }
        };
        Self::of_pair(material, algorithm, kid)
    }

    /// From a shared secret, checked as [`VerifyingKey::from_secret`] does.
    pub fn from_secret(bytes: &[u8], algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        let verifying = Arc::new(VerifyingKey::from_secret(bytes, algorithm, kid)?);
        let key = Box::new(hmac::Key::new(hmac_hash(algorithm).ok_or_else(|| unfit(algorithm))?, bytes));
        Ok(Self { material: Material::Secret { bytes: Zeroizing::new(bytes.to_vec()), key }, verifying })
    }

    fn of_pair(material: Material, algorithm: Algorithm, kid: &str) -> Result<Self, KeyError> {
        let verifying = match (&material, algorithm.family()) {
            (Material::Rsa { pair, .. }, _) => VerifyingKey::from_rsa_der(pair.public_key().as_ref(), algorithm, kid),
            (Material::Ecdsa(pair), Family::Ec(curve)) => {
                VerifyingKey::ec(curve, pair.public_key().as_ref(), algorithm, kid)
            }
            (Material::Ed25519(pair), _) => VerifyingKey::ed25519(pair.public_key().as_ref(), algorithm, kid),
            (Material::Secret { .. } | Material::Ecdsa(_), _) => Err(unfit(algorithm)),
        }?;
        Ok(Self { material, verifying: Arc::new(verifying) })
    }

    /// The private key for storage under a seal: PKCS#8 in DER, or the bytes of a shared secret. Wiped when dropped.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let library = |_| KeyError::Library;
        Ok(Zeroizing::new(match &self.material {
            Material::Secret { bytes, .. } => bytes.to_vec(),
            Material::Rsa { pair, .. } => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(library)?;
                der.as_ref().to_vec()
            }
            Material::Ecdsa(pair) => pair.to_pkcs8v1().map_err(library)?.as_ref().to_vec(),
            Material::Ed25519(pair) => pair.to_pkcs8v1().map_err(library)?.as_ref().to_vec(),
        }))
    }

    /// Signs the signing input. ECDSA signatures are the two numbers at full length (RFC 7518 §3.4).
    pub fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignError> {
        let library = |_| SignError::Library;
        match &self.material {
            Material::Secret { key, .. } => Ok(hmac::sign(key, input).as_ref().to_vec()),
            Material::Rsa { pair, encoding } => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), input, &mut signature).map_err(library)?;
                Ok(signature)
            }
            Material::Ecdsa(pair) => Ok(pair.sign(&SystemRandom::new(), input).map_err(library)?.as_ref().to_vec()),
            Material::Ed25519(pair) => Ok(pair.try_sign(input).map_err(library)?.as_ref().to_vec()),
        }
    }

    /// The half that verifies.
    pub fn verifying_key(&self) -> &Arc<VerifyingKey> {
        &self.verifying
    }

    /// The key's id; empty when it has none.
    pub fn kid(&self) -> &str {
        self.verifying.kid()
    }

    /// The one algorithm that the key is for.
    pub fn algorithm(&self) -> Algorithm {
        self.verifying.algorithm()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid())
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

/// `der`, when it is one value with nothing after it.
fn whole(der: &[u8]) -> Result<&[u8], KeyError> {
    der::sole_sequence(der).map(|_| der).ok_or(KeyError::Invalid("a private key and nothing after it"))
}

/// Why the library does not take an RSA key: its size, which it does not say, or that it is none.
fn unfit_rsa(der: &[u8], algorithm: Algorithm) -> KeyError {
    let size = der::rsa_private_modulus(der).map(check_rsa_size);
    size.and_then(Result::err).unwrap_or_else(|| unfit(algorithm))
}

/// An RSA key pair with all its CRT members, which RFC 7518 §6.3.2 asks producers to include.
fn rsa_pair(jwk: &Jwk) -> Result<RsaKeyPair, KeyError> {
    RsaKeyPair::from_components(&KeyPairComponents {
        public_key: RsaPublicKeyComponents { n: jwk.integer("n")?, e: jwk.integer("e")? },
        d: jwk.integer("d")?,
        p: jwk.integer("p")?,
        q: jwk.integer("q")?,
        dP: jwk.integer("dp")?,
        dQ: jwk.integer("dq")?,
        qInv: jwk.integer("qi")?,
    })
    .map_err(|_| KeyError::Invalid("a private key that belongs to its public key"))
}

fn ecdsa(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        Curve::P521 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

fn rsa_encoding(algorithm: Algorithm) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        Algorithm::RS256 => Some(&signature::RSA_PKCS1_SHA256),
        Algorithm::RS384 => Some(&signature::RSA_PKCS1_SHA384),
        Algorithm::RS512 => Some(&signature::RSA_PKCS1_SHA512),
        Algorithm::PS256 => Some(&signature::RSA_PSS_SHA256),
        Algorithm::PS384 => Some(&signature::RSA_PSS_SHA384),
        Algorithm::PS512 => Some(&signature::RSA_PSS_SHA512),
        _ => None,
    }
}
