//! What several of the programs in `src/bin/` need: Ctrl-C as a future, a limit of connections
//! and a wait for those still at work, limits for clients that stop, a body that can be ended, a
//! stream for crates that ask for `Send`, times and URLs as arguments, and an exit code with a
//! text.

mod crowd;
mod ctrl_c;
mod graceful;
mod interrupt;
mod local;
mod progress;
mod until;

pub use crowd::{Crowd, Guest};
pub use ctrl_c::CtrlC;
pub use graceful::serve_until_ctrl_c;
pub use interrupt::{Interrupted, interruptible_exit_code, unless_interrupted};
pub use local::Local;
pub use progress::{BodyLimit, Stalled, WriteLimit};
pub use until::BodyUntil;

use hyper::Uri;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

/// Whatever went wrong, with a text for the user. `Send`, since hyper asks for that.
pub type Failure = Box<dyn Error + Send + Sync>;

/// How many clients a server has at the same time by default: one file each, and many systems
/// let a process open 1024.
pub const CONNECTIONS: usize = 1000;

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

/// Reads how many clients a server may have, for a [`Crowd`].
///
/// # Errors
/// When it is not a number from 1 to 1,000,000.
pub fn connections(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=1_000_000).contains(number));
    number.ok_or_else(|| "give a number from 1 to 1000000".to_owned())
}

/// Reads a time from an argument: `30`, or `0.5`.
///
/// # Errors
/// When it is not a number of seconds that a clock could count.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

/// Reads a time that something may take from an argument.
///
/// # Errors
/// When it is none, which would be an end at once, or longer than a year, which some clock may
/// not count to.
pub fn limit(text: &str) -> Result<Duration, String> {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let limit = seconds(text)?;
    let fits = !limit.is_zero() && limit <= year;
    fits.then_some(limit).ok_or_else(|| format!("give more than 0 and at most {}", year.as_secs()))
}
