//! Beside the tasks: the memory of those that have ended, kept for the next ones.

pub(crate) mod pool;
