//! Where randomness comes from.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// The operating system gave no randomness. What needed it must fail: there is no second-best source.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct EntropyError;

/// A source of unpredictable bytes. An argument everywhere, so that tests can repeat themselves.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`, whole or not at all.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The operating system's generator.
#[derive(Debug, Default)]
pub struct SystemEntropy(SystemRandom);

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self.0.fill(bytes).map_err(|_| EntropyError)
    }
}
