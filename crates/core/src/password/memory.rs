//! The memory that Argon2id works in, kept from one hash to the next.

use std::fmt;

use argon2::Block;
use zeroize::Zeroize;

use super::{HashError, Params};

/// The working memory of one thread that hashes.
///
/// It is kept because asking the system for 19 MiB at each login costs more than half as much again as the hash itself,
/// in page faults, and grows the process without end. It is erased after each use: it would give the password's
/// hash away.
pub struct Memory {
    blocks: Vec<Block>,
    keep: usize,
    /// How often it was lent: so many hashes were computed in it.
    #[cfg(test)]
    pub(super) lent: usize,
}

impl Memory {
    /// Memory that keeps enough for `params`. What a stored hash needs beyond that is given back afterwards.
    /// Nothing is taken before the first use.
    pub fn new(params: &Params) -> Self {
        Self {
            blocks: Vec::new(),
            keep: params.argon2().block_count(),
            #[cfg(test)]
            lent: 0,
        }
    }

    /// Lends `count` erased blocks of 1 KiB to `work`, and erases them again.
    pub(super) fn lend<T>(&mut self, count: usize, work: impl FnOnce(&mut [Block]) -> T) -> Result<T, HashError> {
        if let Some(missing) = count.checked_sub(self.blocks.len()) {
            self.blocks.try_reserve_exact(missing).map_err(|_| HashError::OutOfMemory)?;
            self.blocks.resize(count, Block::new());
        }
        #[cfg(test)]
        {
            self.lent += 1;
        }
        let lent = &mut self.blocks[..count];
        let result = work(lent);
        erase(lent);
        if count > self.keep {
            self.blocks.truncate(self.keep);
            self.blocks.shrink_to_fit();
        }
        Ok(result)
    }
}

fn erase(blocks: &mut [Block]) {
    for block in blocks {
        block.zeroize();
    }
}

/// After a panic in the middle of a hash, this is what erases.
impl Drop for Memory {
    fn drop(&mut self) {
        erase(&mut self.blocks);
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} KiB)", self.blocks.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scribble(blocks: &mut [Block]) -> *const Block {
        for block in &mut *blocks {
            block.as_mut().fill(7);
        }
        blocks.as_ptr()
    }

    fn is_erased(blocks: &[Block]) -> bool {
        blocks.iter().all(|block| block.as_ref().iter().all(|&word| word == 0))
    }

    #[test]
    fn the_same_blocks_are_lent_again_erased() {
        let mut memory = Memory::new(&Params::quick());
        let first = memory.lend(64, scribble).unwrap();
        assert!(is_erased(&memory.blocks));
        let again = memory.lend(64, |blocks| (blocks.as_ptr(), is_erased(blocks))).unwrap();
        assert_eq!(again, (first, true));
    }

    #[test]
    fn what_an_oversize_hash_needed_is_given_back() {
        let mut memory = Memory::new(&Params::quick());
        memory.lend(1000, scribble).unwrap();
        assert_eq!((memory.blocks.len(), memory.blocks.capacity()), (64, 64));
        assert!(is_erased(&memory.blocks));
    }

    #[test]
    fn more_than_there_is_is_an_error_and_no_abort() {
        let mut memory = Memory::new(&Params::quick());
        assert!(matches!(memory.lend(usize::MAX / 2048, |_| ()), Err(HashError::OutOfMemory)));
        assert!(memory.lend(64, scribble).is_ok());
    }
}
