//! Everything that the code of a runtime's users may do, done at once and counted, to be
//! called wherever the runtime runs foreign code.

use super::hooked::Hooks;
use super::{on_drop, poll_once};
use shirr::net::TcpListener;
use shirr::time::sleep;
use shirr::{gather, metrics, spawn};
use std::cell::Cell;
use std::future::pending;
use std::task::Poll;
use std::time::Duration;

thread_local! {
    static MEDDLED: Cell<usize> = const { Cell::new(0) };
}

/// Spawns, aborts, wakes, lets a handle, a timer, a gather and a socket come and go. A
/// borrow held by the caller makes it panic, so it is counted at its end only.
pub(crate) fn meddle() {
    let (ended, endless) = (spawn(async {}), spawn(pending::<()>()));
    ended.abort();
    endless.abort_handle().abort();
    let mut timer = sleep(Duration::from_secs(3600));
    assert!(poll_once(&mut timer).is_pending());
    // When the runtime ends, nothing can be gathered any more, and that is a panic.
    let _ = std::panic::catch_unwind(|| poll_once(&mut gather([pending::<()>(), pending()])));
    let mut socket = Box::pin(TcpListener::bind("127.0.0.1:0"));
    let Poll::Ready(Ok(socket)) = poll_once(&mut socket) else { panic!("binding does not wait") };
    drop((ended, endless, timer, socket));
    assert!(metrics().sources < 100);
    MEDDLED.set(MEDDLED.get() + 1);
}

/// How often [`meddle`] came to its end on this thread since it was last asked.
pub(crate) fn meddled() -> usize {
    MEDDLED.take()
}

/// A value that meddles when it is dropped.
pub(crate) fn meddler() -> impl Sized + use<> {
    on_drop(meddle)
}

/// A waker that meddles when it is cloned, woken and dropped.
pub(crate) fn meddling_hooks() -> Hooks {
    Hooks::new().at_clone(meddle).at_wake(meddle).at_drop(meddle)
}
