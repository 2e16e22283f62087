//! For those who come from elsewhere: what you know, what it is called here, and which
//! difference bites. And recipes.
//!
//! This module is text. Each of its pages has a table, and below it an example for every row,
//! which runs with the tests.

pub mod asyncio;
pub mod recipes;
pub mod tokio;
