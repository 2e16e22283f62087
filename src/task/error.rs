//! Why a task has no output.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

pub(super) type Payload = Box<dyn Any + Send + 'static>;

/// A task ended without an output: its future panicked, or it was dropped before its end. A
/// future that panics in its drop has panicked, whether it had ended or was aborted.
///
/// A closure for which the system has no thread ([`unblock`](crate::unblock())) is a task that
/// was cancelled; the system's [`io::Error`] is the error's [`source`](std::error::Error::source) then, and
/// otherwise there is none.
///
/// It is `Send + Sync` and an [`Error`](std::error::Error), so `?` carries it anywhere. It is not
/// `Clone`, as a panic's payload is not; tasks that await one result
/// [share it by an `Rc`](crate::guide::recipes#a-shared-result).
///
/// ```
/// let error = shirr::block_on(async {
///     shirr::spawn(async { panic!("out of ink") }).await.unwrap_err()
/// });
/// assert!(error.is_panic());
/// assert_eq!(error.to_string(), "task panicked: out of ink");
/// ```
pub struct JoinError {
    /// `None` when the task was cancelled. Boxed, so that the `Result` of a task is small.
    pub(super) cause: Option<Box<Cause>>,
}

pub(super) enum Cause {
    /// Locked, because a payload is `Send` only and an error should be `Sync` too.
    Panic(Mutex<Payload>),
    NoThread(io::Error),
}

impl JoinError {
    pub(crate) fn cancelled() -> Self {
        Self { cause: None }
    }

    /// Of a task that is ended by its drop, which is foreign code.
    pub(crate) fn cancelled_by(drop: impl FnOnce()) -> Self {
        catch_unwind(AssertUnwindSafe(drop)).map_or_else(Self::panicked, |()| Self::cancelled())
    }

    pub(crate) fn no_thread(error: io::Error) -> Self {
        Self { cause: Some(Box::new(Cause::NoThread(error))) }
    }

    pub(crate) fn panicked(payload: Payload) -> Self {
        Self { cause: Some(Box::new(Cause::Panic(Mutex::new(payload)))) }
    }

    /// Whether the task was aborted, its runtime was dropped before the task ended, or there
    /// was no thread for it.
    pub fn is_cancelled(&self) -> bool {
        !self.is_panic()
    }

    /// Whether the task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.cause.as_deref(), Some(Cause::Panic(_)))
    }

    /// The value the task panicked with, for [`std::panic::resume_unwind`].
    ///
    /// # Panics
    /// When the task was cancelled; ask [`is_panic`](Self::is_panic) first.
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self.cause.map(|cause| *cause) {
            Some(Cause::Panic(payload)) => payload.into_inner().unwrap_or_else(PoisonError::into_inner),
            _ => panic!("a cancelled task has no panic to hand out"),
        }
    }
}

// Nothing changes in it any more, but for the lock around the payload.
impl UnwindSafe for JoinError {}
impl RefUnwindSafe for JoinError {}
