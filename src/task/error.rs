//! Why a task has no output.

use std::any::Any;
use std::fmt;
use std::sync::{Mutex, PoisonError};

type Payload = Box<dyn Any + Send + 'static>;

/// A task ended without an output: its future panicked, or it was dropped before its end.
///
/// It is `Send + Sync` and an [`Error`](std::error::Error), so `?` carries it anywhere.
///
/// ```
/// let error = shirr::block_on(async {
///     shirr::spawn(async { panic!("out of ink") }).await.unwrap_err()
/// });
/// assert!(error.is_panic());
/// assert_eq!(error.to_string(), "task panicked: out of ink");
/// ```
pub struct JoinError {
    /// `None` when the task was cancelled. Boxed, so that the `Result` of a task is small;
    /// locked, because a payload is `Send` only and an error should be `Sync` too.
    panic: Option<Box<Mutex<Payload>>>,
}

impl JoinError {
    pub(crate) fn cancelled() -> Self {
        Self { panic: None }
    }

    pub(crate) fn panicked(payload: Payload) -> Self {
        Self { panic: Some(Box::new(Mutex::new(payload))) }
    }

    /// Whether the task was aborted, or its runtime was dropped before the task ended.
    pub fn is_cancelled(&self) -> bool {
        self.panic.is_none()
    }

    /// Whether the task's future panicked.
    pub fn is_panic(&self) -> bool {
        self.panic.is_some()
    }

    /// The value the task panicked with, for [`std::panic::resume_unwind`].
    ///
    /// # Panics
    /// When the task was cancelled; ask [`is_panic`](Self::is_panic) first.
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        let payload = self.panic.expect("a cancelled task has no panic to hand out");
        payload.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The panic's text, if its payload is one, which it is unless somebody used
    /// `panic_any` or `resume_unwind`.
    fn text(&self) -> Option<String> {
        let payload = self.panic.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let text = payload.downcast_ref::<&'static str>().map(|text| (*text).to_owned());
        text.or_else(|| payload.downcast_ref::<String>().cloned())
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_panic(), self.text()) {
            (false, _) => f.write_str("task was cancelled"),
            (true, Some(text)) => write!(f, "task panicked: {text}"),
            (true, None) => f.write_str("task panicked with a value that is no text"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_panic(), self.text()) {
            (false, _) => f.write_str("JoinError::Cancelled"),
            (true, Some(text)) => write!(f, "JoinError::Panic({text:?})"),
            (true, None) => f.write_str("JoinError::Panic(..)"),
        }
    }
}

impl std::error::Error for JoinError {}
