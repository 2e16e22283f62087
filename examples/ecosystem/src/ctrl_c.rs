//! Ctrl-C as a future, and with it SIGTERM and SIGHUP.

use crate::Failure;
use async_channel::Receiver;
use std::convert::Infallible;
use std::process;

/// Ctrl-C, to be awaited by as many tasks as like to, on any thread: each has a clone. SIGTERM,
/// by which a system ends a service, counts as the same, and so does SIGHUP.
///
/// On Unix it stands for SIGTERM, too, by which service managers end a program, and for SIGHUP,
/// which a terminal sends when it closes. A program that must tell them apart, or that wants no
/// thread for them, does as `src/bin/signals`.
///
/// The signal arrives on a thread of the `ctrlc` crate. That closes a channel, which wakes
/// every task that waits on it; a waker of shirr's may be called from anywhere.
#[derive(Clone, Debug)]
pub struct CtrlC {
    closed: Receiver<Infallible>,
}

impl CtrlC {
    /// From here on Ctrl-C no longer ends the process at once, until it is pressed again. The exit
    /// code is 130 then, also for another signal.
    ///
    /// # Errors
    /// When called twice in a process, and the system's.
    pub fn handled() -> Result<Self, Failure> {
        let (sender, closed) = async_channel::bounded(1);
        ctrlc::set_handler(move || {
            if !sender.close() {
                process::exit(130); // as a shell counts an end by SIGINT
            }
        })?;
        Ok(Self { closed })
    }

    /// Ends when Ctrl-C has been pressed.
    pub async fn pressed(self) {
        let _ = self.closed.recv().await; // nothing is ever sent: an end is all there can be
    }
}
