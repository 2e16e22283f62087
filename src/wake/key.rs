//! A task as one number, small enough to ride in a waker's data pointer.
//!
//! | pointer width | runtimes at once | slots in each | generations |
//! |---|---|---|---|
//! | 64 bits | 16,383 | 67,108,864 | 16,777,215 |
//! | 32 bits | 127 | 131,072 | 255 |
//!
//! The generation is the low end of the task's serial, which the process never gives
//! again ([`serial`](super::serial)). So a generation does come again, and that is
//! harmless: a waker kept while so many serials were given meets, with a chance of one in
//! that number, a stranger in its slot, which is polled once more than needed, as any future
//! must expect. Whatever would do harm to a stranger (an abort, a timer's removal) compares
//! the whole serial instead.

#[cfg(target_pointer_width = "64")]
const BITS: (u32, u32) = (26, 24);
#[cfg(target_pointer_width = "32")]
const BITS: (u32, u32) = (17, 8);

const SLOT_BITS: u32 = BITS.0;
const GENERATION_BITS: u32 = BITS.1;
const RUNTIME_BITS: u32 = usize::BITS - SLOT_BITS - GENERATION_BITS;

/// How many runtimes can be alive at once. One number is left out for [`Key::NO_TASK`].
pub(crate) const MAX_RUNTIMES: usize = (1 << RUNTIME_BITS) - 1;

/// How many slots one runtime's slab can have; few in unit tests, which fill one.
pub(crate) const MAX_SLOTS: usize = if cfg!(test) { 1 << 10 } else { 1 << SLOT_BITS };

/// Which runtime, which slot, which task of the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(usize);

impl Key {
    /// Of a serial, what a key has.
    pub(super) const GENERATION: u64 = mask(GENERATION_BITS) as u64;

    /// No task's: there is no runtime of its number.
    pub(super) const NO_TASK: Self = Self(usize::MAX);

    /// Packs the three numbers; of `serial` only the low bits, the generation, are kept.
    pub(super) fn new(runtime: usize, slot: usize, serial: u64) -> Self {
        debug_assert!(runtime < MAX_RUNTIMES && slot <= mask(SLOT_BITS));
        let generation = serial as usize & mask(GENERATION_BITS);
        Self((((runtime << SLOT_BITS) | slot) << GENERATION_BITS) | generation)
    }

    pub(super) fn from_bits(bits: usize) -> Self {
        Self(bits)
    }

    pub(super) fn bits(self) -> usize {
        self.0
    }

    pub(super) fn runtime(self) -> usize {
        self.0 >> (SLOT_BITS + GENERATION_BITS)
    }

    pub(crate) fn slot(self) -> usize {
        (self.0 >> GENERATION_BITS) & mask(SLOT_BITS)
    }

    /// The low bits of the task's serial, never all zero.
    pub(super) fn generation(self) -> u64 {
        self.0 as u64 & Self::GENERATION
    }
}

const fn mask(bits: u32) -> usize {
    (1 << bits) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_back_what_it_was_made_of() {
        for runtime in [0, 1, MAX_RUNTIMES - 1] {
            for slot in [0, 1, mask(SLOT_BITS)] {
                for serial in [1, 2, u64::MAX >> 2] {
                    let key = Key::new(runtime, slot, serial);
                    assert_eq!((key.runtime(), key.slot()), (runtime, slot));
                    assert_eq!(key.generation(), serial & Key::GENERATION);
                    assert_eq!(Key::from_bits(key.bits()), key);
                }
            }
        }
    }

    #[test]
    fn a_generation_comes_again_only_after_all_others() {
        let key = |serial| Key::new(3, 5, serial);
        let round = 1 << GENERATION_BITS;
        assert!((8..7 + round).all(|serial| key(serial) != key(7)));
        assert_eq!(key(7 + round), key(7));
    }
}
