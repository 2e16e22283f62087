//! The messages that lie in an inbox, to tell one that is there already.

use super::super::inbox::Message; // by a path that the models of `tests/model` have, too
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};

pub(crate) type Unheard = HashSet<Message, BuildHasherDefault<Mixed>>;

impl Hash for Message {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(match *self {
            Self::Wake(key) => key.bits() as u64,
            Self::Abort { serial, .. } => serial,
            Self::Fire { serial, .. } => serial.get(),
            Self::Unpark => 0,
        });
    }
}

/// A hasher of one number. With the usual one a wake takes 1,909 instructions instead of 1,459,
/// and it asks the system for random bytes, which numbers that no stranger chooses do not need.
#[derive(Debug, Default)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    fn write_u64(&mut self, number: u64) {
        let product = u128::from(number ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a message is hashed as one number");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
