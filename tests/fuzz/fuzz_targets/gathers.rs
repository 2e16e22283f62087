//! What `fuzz::gathers` says, for bytes that libFuzzer looks for; without it, for files.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(gathers);
