//! For those who know asyncio: what its calls are here, and which difference bites.
//!

#![doc = include_str!("asyncio.md")]
