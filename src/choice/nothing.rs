//! Without the feature: no choice is made.

/// Nothing: the runtime does what it does by itself.
macro_rules! make {
    ($($what:tt)+) => {};
}

pub(crate) use make;
