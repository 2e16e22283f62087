//! What several of the programs in `src/bin/` need: Ctrl-C as a future, a wait for whoever is
//! still at work, times and URLs as arguments, and an exit code with a text.

mod interrupt;

pub use interrupt::{Interrupted, interruptible_exit_code, unless_interrupted};

use async_channel::{Receiver, Sender};
use hyper::Uri;
use std::convert::Infallible;
use std::error::Error;
use std::process::{self, ExitCode};
use std::time::Duration;

/// Whatever went wrong, with a text for the user. `Send`, since hyper asks for that.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A program's exit code; prints the failure, if it is one, behind the program's name.
pub fn exit_code(program: &str, result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{program}: {}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

/// An error's text with those of its causes, of which hyper's tell the most: it says that a
/// body could not be read, and they say why. A cause that the text has already is not repeated.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}

/// Reads a URL of this scheme from an argument.
///
/// # Errors
/// When it is none, has a port that there cannot be, or a user name, which would not be sent.
pub fn url(scheme: &str, text: &str) -> Result<Uri, String> {
    let url = text.parse::<Uri>().ok().filter(|url| url.scheme_str() == Some(scheme) && is_plain(url));
    url.ok_or_else(|| format!("a URL looks like {scheme}://HOST/PATH or {scheme}://HOST:PORT/PATH"))
}

/// Whether a host and a port are all that its authority has.
fn is_plain(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default();
    let plain = match url.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    url.authority().is_some_and(|authority| *authority == *plain)
}

/// Reads a time from an argument: `30`, or `0.5`.
///
/// # Errors
/// When it is not a number of seconds that a clock could count.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

/// Ctrl-C, to be awaited by as many tasks as like to, on any thread: each has a clone.
///
/// The signal arrives on a thread of the `ctrlc` crate. That closes a channel, which wakes
/// every task that waits on it; a waker of shirr's may be called from anywhere.
#[derive(Clone, Debug)]
pub struct CtrlC {
    closed: Receiver<Infallible>,
}

impl CtrlC {
    /// From here on Ctrl-C no longer ends the process at once, until it is pressed again.
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

/// Waits until everybody has left: each task at work holds a [`Guest`] and drops it at its end.
#[derive(Debug)]
pub struct Crowd {
    entrance: Sender<Infallible>,
    empty: Receiver<Infallible>,
}

/// One of a [`Crowd`].
#[derive(Debug)]
pub struct Guest {
    _inside: Sender<Infallible>,
}

impl Crowd {
    /// Nobody is there yet.
    pub fn new() -> Self {
        let (entrance, empty) = async_channel::bounded(1);
        Self { entrance, empty }
    }

    /// One more.
    pub fn enter(&self) -> Guest {
        Guest { _inside: self.entrance.clone() }
    }

    /// How many are there.
    pub fn size(&self) -> usize {
        self.entrance.sender_count() - 1
    }

    /// Ends when all have left. Nobody can enter any more.
    pub async fn gone(self) {
        drop(self.entrance); // which keeps the channel open like every guest does
        let _ = self.empty.recv().await;
    }
}

impl Default for Crowd {
    fn default() -> Self {
        Self::new()
    }
}
