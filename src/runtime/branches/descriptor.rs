//! What a loop of another kind waits for in the runtime's place.

use crate::runtime::Runtime;
use std::os::fd::{AsRawFd, RawFd};

/// The descriptor that the runtime waits on (epoll's or kqueue's), for a loop that drives it by
/// [`run_ready`](Runtime::run_ready): it is readable when there is news for the runtime.
///
/// It is the runtime's own, so a caller may wait for it, and must neither read nor close it. It is
/// there where mio has epoll or kqueue.
impl AsRawFd for Runtime {
    fn as_raw_fd(&self) -> RawFd {
        self.core.reactor.poll.borrow().as_raw_fd()
    }
}
