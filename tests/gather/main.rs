//! Gather, its forms and its macros: a subject in each file. What all forms promise is tested
//! once, over the list of them in `forms.rs`.
//!
//! It is one program, since a gather of each form for each type of child takes longer to
//! compile than all the tests take to run.

#[path = "../common/mod.rs"]
mod common;

mod cancel;
mod completed;
mod cost;
mod debug;
mod forms;
mod halt;
mod large;
mod limit;
mod macros;
mod nested;
mod panic;
mod reentrancy;
mod runtime;
mod settled;
mod shape;
mod shutdown;
mod table;
