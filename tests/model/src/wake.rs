//! As much of `src/wake` as the two files need.

#[path = "../../../src/wake/inbox.rs"]
pub(crate) mod inbox;
#[path = "../../../src/wake/key.rs"]
mod key;
pub mod models;

#[path = "../../../src/wake/branches"]
pub(crate) mod branches {
    mod unheard;
    pub(crate) use unheard::Unheard;
}

pub(crate) use inbox::{Message, send};
use key::Key;

/// Lets a panic through: here it is a model's failure.
pub(crate) fn ignore_panics(f: impl FnOnce()) {
    f();
}
