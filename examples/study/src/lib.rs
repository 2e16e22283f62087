//! What the ten programs share, and a first reading can skip: how they tell what happens, and
//! how they count. There is nothing of a runtime here.
//!
//! [`say!`] prints a sentence. They are those of shirr's own trace (`src/trace/recording/sentence.rs`),
//! so that a reader meets one language.

mod allocations;
mod counts;
pub mod reading;
mod server;
pub mod settled;
mod story;

pub use allocations::allocations;
pub use counts::{Peak, detach, spawn_thread, threads, tries_until_an_answer};
pub use counts::{wake_in, wakes_itself, wrong_order, yield_now};
pub use server::{ask, serve};
pub use story::{
    Actor, acting, actor, be_brief, by, hushed, is_heard, survives, tell, tell_child, tell_gather, tell_poll,
    tell_try, when_said,
};

/// Prints a sentence, unless the story is [`hushed`].
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => {
        if $crate::is_heard() {
            $crate::tell(&format!($($words)*));
        }
    };
}
