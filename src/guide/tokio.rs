//! For those who know tokio: what is called alike, what is not there, and which difference bites.
//!

#![doc = include_str!("tokio.md")]
