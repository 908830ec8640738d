//! How private keys rest: sealed with AES-256-GCM under keys derived from one master secret.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

use crate::jose::{Weakness, secret};
use crate::{Entropy, EntropyError};

/// First byte of everything sealed: AES-256-GCM, 96-bit random nonce, HKDF-SHA256.
const VERSION: u8 = 1;

/// The salt that keeps our keys apart from those another program might derive from the same secret (RFC 5869 §3.1).
const SALT: &[u8] = b"counterfoil.keys.v1";

/// The secret is too weak to protect keys with.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret is weak: {0}. Take at least 32 random bytes, for example from `openssl rand -base64 48`")]
pub struct WeakSecret(#[from] pub Weakness);

/// Why something sealed cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Sealed by a version that this one does not know, or not sealed at all.
    #[error("the sealed bytes are of an unknown format")]
    Format,
    /// Sealed under another secret or for another place, or damaged.
    #[error("the sealed bytes do not open: the secret has changed, or they are damaged or belong elsewhere")]
    Authenticity,
    /// The operating system gave no randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The primitives library failed.
    #[error("the cryptographic library could not seal")]
    Library,
}

/// The secret from which every other secret of a system is derived. Wiped when dropped.
pub struct MasterSecret(Zeroizing<Vec<u8>>);

/// Fewest bytes of a master secret.
const MIN_MASTER: usize = 32;

impl MasterSecret {
    /// From a setting or a file: at least 32 bytes of text, not visibly weak. White space around it does not count.
    pub fn from_text(text: &str) -> Result<Self, WeakSecret> {
        let bytes = text.trim().as_bytes();
        if bytes.len() < MIN_MASTER {
            return Err(Weakness::TooShort { found: bytes.len(), needed: MIN_MASTER }.into());
        }
        match secret::weakness(bytes) {
            Some(weakness) => Err(weakness.into()),
            None => Ok(Self(Zeroizing::new(bytes.to_vec()))),
        }
    }

    /// A key of 32 bytes for the purpose that `label` names. Different labels give independent keys.
    pub fn derive(&self, label: &str) -> Result<Zeroizing<[u8; 32]>, SealError> {
        derive(&self.0, label)
    }

    /// The key that seals for the purpose that `label` names.
    pub fn kek(&self, label: &str) -> Result<Kek, SealError> {
        Kek::derive(&self.0, label)
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret(…)")
    }
}

/// A key-encryption key: seals other keys.
pub struct Kek(LessSafeKey);

impl Kek {
    /// Derived from `master` by HKDF-SHA256 (RFC 5869) for the purpose that `label` names.
    pub fn derive(master: &[u8], label: &str) -> Result<Self, SealError> {
        let key = derive(master, label)?;
        UnboundKey::new(&AES_256_GCM, key.as_slice()).map(LessSafeKey::new).map(Self).map_err(|_| SealError::Library)
    }

    /// Seals `plain`. It opens only with the same `aad`, which says where it belongs, such as a key's id.
    ///
    /// Form: version byte, 96-bit nonce, ciphertext, 128-bit tag. A random nonce is safe for 2³² seals under one
    /// key (NIST SP 800-38D §8.3); key rings make a few a year.
    pub fn seal(&self, aad: &[u8], plain: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce)?;
        let mut body = Zeroizing::new(Vec::with_capacity(plain.len() + AES_256_GCM.tag_len()));
        body.extend_from_slice(plain);
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound(aad), &mut *body)
            .map_err(|_| SealError::Library)?;
        Ok([&[VERSION], nonce.as_slice(), body.as_slice()].concat())
    }

    /// Opens what [`seal`](Self::seal) made.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (&VERSION, rest) = sealed.split_first().ok_or(SealError::Format)? else { return Err(SealError::Format) };
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Format)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), bound(aad), &mut body)
            .map_err(|_| SealError::Authenticity)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kek(…)")
    }
}

/// The version is authenticated too: a later format cannot be passed off as this one.
fn bound(aad: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([&[VERSION], aad].concat())
}

fn derive(master: &[u8], label: &str) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(master);
    let mut key = Zeroizing::new([0; 32]);
    prk.expand(&[label.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .map_err(|_| SealError::Library)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    const TEXT: &str = "wq8Zk3TnYv5Lr0XbGd7HsPm2QfJc9UeA";

    fn kek(label: &str) -> Kek {
        MasterSecret::from_text(TEXT).unwrap().kek(label).unwrap()
    }

    fn seal(aad: &[u8], plain: &[u8]) -> Vec<u8> {
        kek("signing keys").seal(aad, plain, &SystemEntropy::default()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_where_it_belongs() {
        for plain in [&b""[..], b"k", &[7; 5000]] {
            let sealed = seal(b"key 1", plain);
            assert_eq!(kek("signing keys").open(b"key 1", &sealed).unwrap().as_slice(), plain);
            assert!(plain.len() < 2 || !sealed.windows(plain.len()).any(|window| window == plain));
        }
        assert_ne!(seal(b"key 1", b"k"), seal(b"key 1", b"k"), "each seal has its own nonce");
    }

    #[test]
    fn nothing_opens_elsewhere_or_damaged() {
        let sealed = seal(b"key 1", b"private");
        let refused = |kek: &Kek, aad: &[u8], sealed: &[u8]| kek.open(aad, sealed).unwrap_err();
        assert!(matches!(refused(&kek("signing keys"), b"key 2", &sealed), SealError::Authenticity));
        assert!(matches!(refused(&kek("other"), b"key 1", &sealed), SealError::Authenticity));
        let stranger = Kek::derive(b"another master secret", "signing keys").unwrap();
        assert!(matches!(refused(&stranger, b"key 1", &sealed), SealError::Authenticity));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(kek("signing keys").open(b"key 1", &damaged).is_err(), "byte {at}");
            assert!(kek("signing keys").open(b"key 1", &sealed[..at]).is_err(), "first {at} bytes");
        }
        assert!(matches!(refused(&kek("signing keys"), b"key 1", &[2, 0, 0]), SealError::Format));
    }

    #[test]
    fn derived_keys_are_stable_and_independent() {
        let master = MasterSecret::from_text(TEXT).unwrap();
        assert_eq!(master.derive("a").unwrap(), master.derive("a").unwrap());
        assert_ne!(master.derive("a").unwrap(), master.derive("b").unwrap());
        let padded = MasterSecret::from_text(&format!("{TEXT}\n")).unwrap();
        assert_eq!(padded.derive("a").unwrap(), master.derive("a").unwrap(), "a file's last newline does not count");
    }

    #[test]
    fn weak_master_secrets_are_refused() {
        for (text, reason) in [
            ("", Weakness::TooShort { found: 0, needed: 32 }),
            (&TEXT[1..], Weakness::TooShort { found: 31, needed: 32 }),
            (&"a".repeat(64), Weakness::Repetitive),
            (&"abcdefghi".repeat(8), Weakness::Repetitive),
            (&TEXT.repeat(2), Weakness::Repetitive),
            ("changeme-wq8Zk3TnYv5Lr0XbGd7HsPm2Qf", Weakness::Placeholder),
            ("abcdefghijklmnopqrstuvwxyz0123456789", Weakness::Sequence),
            ("correct horse battery staple, and more", Weakness::Phrase),
        ] {
            assert_eq!(MasterSecret::from_text(text).unwrap_err(), WeakSecret(reason), "{text}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let master = MasterSecret::from_text(TEXT).unwrap();
        assert_eq!(format!("{master:?} {:?}", kek("a")), "MasterSecret(…) Kek(…)");
    }
}
