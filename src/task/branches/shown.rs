//! What a `JoinError` says.

use crate::task::JoinError;
use crate::task::error::{Cause, Payload};
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The panic's text, if its payload is one, which it is unless the task used `panic_any` or
/// `resume_unwind`.
fn text(payload: &Mutex<Payload>) -> Option<String> {
    let payload = payload.lock().unwrap_or_else(PoisonError::into_inner);
    let text = payload.downcast_ref::<&'static str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause.as_deref() {
            None => f.write_str("task was cancelled"),
            Some(Cause::NoThread(_)) => f.write_str("no helper thread could be started"),
            Some(Cause::Panic(payload)) => match text(payload) {
                Some(text) => write!(f, "task panicked: {text}"),
                None => f.write_str("task panicked with a value that is no text"),
            },
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause.as_deref() {
            None => f.write_str("JoinError::Cancelled"),
            Some(Cause::NoThread(error)) => write!(f, "JoinError::NoThread({error:?})"),
            Some(Cause::Panic(payload)) => match text(payload) {
                Some(text) => write!(f, "JoinError::Panic({text:?})"),
                None => f.write_str("JoinError::Panic(..)"),
            },
        }
    }
}

impl Error for JoinError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.cause.as_deref() {
            Some(Cause::NoThread(error)) => Some(error),
            _ => None,
        }
    }
}
