//! The program of the last three steps on shirr itself, unchanged but for a `use` line.
//! `SHIRR_TRACE=run.txt` writes its story, in the sentences that the steps print.

use std::io;

mod program {
    use shirr::{block_on, gather, net::TcpStream, time::sleep};
    include!("../src/program.rs");
}

mod experiments {
    use shirr::{block_on, gather, spawn, time::sleep};
    include!("../src/experiments.rs");
}

fn main() -> io::Result<()> {
    experiments::run_after(program::run)
}
