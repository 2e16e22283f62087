//! Without the feature: types of no size, in the places where the others would be.

use std::io;

/// Nothing: what happens is not recorded.
macro_rules! emit {
    ($(lazily)? to $origin:expr; $($what:tt)+) => {
        let _ = || _ = &$origin; // so that a field that holds one is not dead code
    };
    ($($what:tt)+) => {};
}

pub(crate) use emit;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller;

impl Caller {
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Origin;

impl Origin {
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
    pub(crate) fn begin(_: Settings) -> io::Result<Self> {
        Ok(Self)
    }

    #[inline(always)]
    pub(crate) fn at_work(&self) -> Self {
        Self
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Settings;

impl Settings {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn an_origin_is_not_looked_for() {
        let origin = || -> Origin { panic!("it was looked for") };
        emit!(to origin(); Event);
    }
}
