//! One program under many schedules: what is found, how it is shortened and told, and that a
//! correct program raises no alarm.
#![cfg(feature = "explore")]

mod bugs;
#[allow(dead_code, reason = "the tests have a `main` of their own")]
#[path = "../../examples/cache.rs"]
mod cache;
mod effects;
mod futurelock;
mod hosts;
mod inputs;
mod legal;
mod partitions;
mod peers;
mod report;
mod shuffled;
mod sockets;
mod table;
mod tools;
mod turns;
mod world;
