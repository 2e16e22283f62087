//! What is recorded, in order.
#![cfg(feature = "trace")]
