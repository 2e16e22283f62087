//! Exercise 6 (s6_bell, I4): no wakeup is lost.
//!
//! Not solved yet.
//!
//! `push` is what a sender does, on its own thread; `sleep` is what the loop does when its queue is
//! dry. Each has two steps, and the other thread's may come before, between or after them. In
//! one of these orders a message lies in the inbox, and the loop sleeps. Mend that. The loop must
//! still block when there is no message, and no bell may ring while it is awake. Both are `async`, so
//! that the check can stop each side between its steps.
//!
//! Hint: of the two sides, at least one must see what the other has done. What does each of them
//! write, and what does it read? Write before you read, on both sides. (In real code a fence stands
//! between the two; the check runs one step after another.)
//!
//! In the step: take the line with `bell.wake()` out of s6 (the sentence before it stays, and is
//! false). The loop sleeps on, as in s5.
//!
//! Check: `cargo test -p study --test ex6 -- --ignored`

use crate::Inbox;

/// The sender: leaves a message, and rings if the loop is asleep.
pub(crate) async fn push(inbox: &Inbox) {
    inbox.leave_message().await;
    if inbox.loop_is_asleep().await {
        inbox.ring().await;
    }
}

/// The loop: waits for a bell, unless a message lies there.
pub(crate) async fn sleep(inbox: &Inbox) {
    let is_empty = inbox.is_empty().await;
    inbox.say_asleep(true).await;
    if is_empty {
        inbox.wait_for_bell().await;
    }
    inbox.say_asleep(false).await;
}
