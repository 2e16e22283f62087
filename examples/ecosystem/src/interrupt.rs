//! Ctrl-C as a failure, for work that leaves nothing behind when it is dropped.

use crate::{CtrlC, Failure, exit_code};
use futures_util::future::{Either, select};
use std::error::Error;
use std::fmt;
use std::pin::pin;
use std::process::ExitCode;

/// Ctrl-C was pressed before the work's end.
#[derive(Clone, Copy, Debug)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl Error for Interrupted {}

/// Waits for the end of the work. On Ctrl-C it is dropped, with the files that it holds.
///
/// # Errors
/// The work's, and [`Interrupted`].
pub async fn unless_interrupted<T>(
    ctrl_c: CtrlC,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match select(pin!(work), pin!(ctrl_c.pressed())).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(Interrupted.into()),
    }
}

/// [`exit_code`], and 130 for [`Interrupted`], as a shell counts an end by SIGINT.
pub fn interruptible_exit_code(program: &str, result: Result<(), Failure>) -> ExitCode {
    let interrupted = result.as_ref().is_err_and(|error| error.is::<Interrupted>());
    let code = exit_code(program, result);
    if interrupted { ExitCode::from(130) } else { code }
}
