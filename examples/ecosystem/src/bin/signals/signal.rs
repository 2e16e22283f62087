//! A signal as something to await.

use shirr::net::UnixStream;
use signal_hook::{flag, low_level::pipe};
use std::ffi::c_int;
use std::io;
use std::os::unix::net;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// One signal, from the moment when this is made until the process ends.
///
/// In a signal handler hardly anything is allowed, but a write is: signal-hook's writes a byte
/// into one end of a socket pair. Reading from the other end is the wait.
pub(crate) struct Signal {
    came: UnixStream,
}

impl Signal {
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// With no shirr runtime on the thread, and for a signal that cannot be handled, as SIGKILL.
    pub(crate) fn new(number: c_int) -> io::Result<Self> {
        let (came, comes) = net::UnixStream::pair()?;
        pipe::register(number, comes)?;
        Ok(Self { came: UnixStream::new(came)? })
    }

    /// One that comes when it or another with the same flag has come ends the process at once, by
    /// its default. The handler itself sees to it, so it does when a task keeps the loop.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub(crate) fn first(number: c_int, came: &Arc<AtomicBool>) -> io::Result<Self> {
        let signal = Self::new(number)?; // first, so that one between these lines is heard
        flag::register_conditional_default(number, Arc::clone(came))?; // before it is set
        flag::register(number, Arc::clone(came))?;
        Ok(signal)
    }

    /// Waits until it has come. Several that came together are one, as the system has it.
    ///
    /// # Errors
    /// The system's.
    pub(crate) async fn comes(&self) -> io::Result<()> {
        self.came.read(&mut [0; 64]).await.map(drop)
    }
}
