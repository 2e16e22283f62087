//! The examples do what they say, also against servers that do not behave.
//!
//! The programs are run as a reader would run them, and what they print is checked; the
//! parts of `examples/support/` that have cases of their own are tested one by one.
//! `cargo test` builds the examples before it runs this; `cargo test --test examples`
//! takes them as they were last built.

#[path = "../examples/support/buffer.rs"]
mod buffer;
#[path = "../examples/support/chunks.rs"]
mod chunks;
#[path = "../examples/support/connection.rs"]
mod connection;
#[path = "../examples/support/error.rs"]
mod error;
#[path = "../examples/support/head.rs"]
mod head;
#[path = "../examples/support/http.rs"]
mod http;
#[path = "../examples/support/permits.rs"]
mod permits;
#[path = "../examples/support/session.rs"]
mod session;
#[path = "../examples/support/url.rs"]
mod url;

#[path = "examples/arguments.rs"]
mod arguments;
#[path = "examples/clients.rs"]
mod clients;
#[path = "examples/faults.rs"]
mod faults;
#[path = "examples/floods.rs"]
mod floods;
#[path = "examples/hostile.rs"]
mod hostile;
#[path = "examples/odd_answers.rs"]
mod odd_answers;
#[path = "examples/odd_bodies.rs"]
mod odd_bodies;
#[path = "examples/odd_heads.rs"]
mod odd_heads;
#[path = "examples/parser.rs"]
mod parser;
#[path = "examples/peer.rs"]
mod peer;
#[path = "examples/pool.rs"]
mod pool;
#[path = "examples/programs.rs"]
mod programs;
#[path = "examples/run.rs"]
mod run;
#[path = "examples/strays.rs"]
mod strays;
#[path = "examples/waiting.rs"]
mod waiting;
