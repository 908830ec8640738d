//! What a private key that was taken must be able to do.

use counterfoil_core::jose::SigningKey;

use super::keys::published;

/// A key that signs is believed by its own other half, also after it was stored.
pub(crate) fn works(key: &SigningKey) {
    let signature = key.sign(b"message").unwrap();
    key.verifying_key().verify(b"message", &signature).unwrap();
    let stored = SigningKey::from_bytes(key.algorithm(), key.kid(), &key.to_bytes().unwrap()).unwrap();
    let signature = stored.sign(b"message").unwrap();
    key.verifying_key().verify(b"message", &signature).unwrap();
    published(key.verifying_key());
}
