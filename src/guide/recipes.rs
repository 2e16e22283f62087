//! Recipes: what people ask for that is no function here, in one to eight lines each, and what may
//! deadlock.
//!

#![doc = include_str!("recipes.md")]
