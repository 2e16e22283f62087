//! Without the feature: types of no size, in the places where the others would be.

#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller;

impl Caller {
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self
    }
}

#[derive(Debug)]
pub(crate) struct Sender;

impl Sender {
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self
    }
}

#[derive(Debug)]
pub(crate) struct Session;

impl Session {
    #[inline(always)]
    pub(crate) fn begin((): To) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn again(&self) -> Self {
        Self
    }
}

/// No recorder.
pub(crate) type To = ();
