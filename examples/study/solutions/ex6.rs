//! Exercise 6, solved: both sides write before they read.

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
    inbox.say_asleep(true).await;
    let is_empty = inbox.is_empty().await;
    if is_empty {
        inbox.wait_for_bell().await;
    }
    inbox.say_asleep(false).await;
}
