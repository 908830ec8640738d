//! Chance that can be repeated: one seed, one course of choices.

/// `SplitMix64`: as random as choices of a test need to be.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// One of many courses that a seed gives.
    pub(crate) fn new(seed: u64, course: u64) -> Self {
        let mut chance = Self(seed ^ course.wrapping_mul(0xd134_2543_de82_ef95));
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Whether something that happens once in so many times happens now.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Milliseconds, at least `least` and less than `most`.
    pub(crate) fn pause(&mut self, least: usize, most: usize) -> std::time::Duration {
        let millis = least + self.below(most - least);
        std::time::Duration::from_millis(u64::try_from(millis).unwrap())
    }
}
