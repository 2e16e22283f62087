//! How wakes went, since the runtime was made. See [`Metrics`](crate::Metrics).

use crate::wake::Ready;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WakeCounts {
    pub(crate) local: u64,
    pub(crate) remote: u64,
    pub(crate) merged: u64,
    pub(crate) stale: u64,
}

impl Ready {
    pub(crate) fn counts(&self) -> WakeCounts {
        self.queue.borrow().counts
    }
}
