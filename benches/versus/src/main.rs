//! shirr beside tokio's current_thread runtime: the same work on each, in one process.
//!
//! ```sh
//! cargo run --release -p versus                   # one table
//! cargo run --release -p versus -- --json         # one line per workload
//! cargo run --release -p versus -- --filter echo  # some of it
//! ```
//!
//! What makes the figures worth something, and where to check it:
//!
//! - each file in [`workloads`] holds one group of workloads, shirr's code and tokio's one
//!   above the other, so that a reader compares them line by line;
//! - both sides of a row must give the same, known answer ([`row`]);
//! - every round measures both sides, in random order, so that a change of the machine's
//!   mood meets both ([`rounds`]);
//! - medians with their quartiles are printed, and a row that is lost is printed like one
//!   that is won ([`report`]).
//!
//! What they do not say: anything about several threads, about long runs, about other
//! machines, or about a program whose own work takes longer than its runtime's.

mod meter;
mod report;
mod rounds;
mod row;
mod sides;
mod stats;
mod workloads;

use clap::Parser;
use report::Table;
use row::Row;
use std::io::{self, Write};
use std::process::ExitCode;

/// Measures shirr beside tokio's current_thread runtime, the same work on each.
#[derive(Parser)]
#[command(name = "versus")]
struct Args {
    /// Print one line of JSON for each workload instead of the table.
    #[arg(long)]
    json: bool,

    /// Three short rounds: shows that everything runs, not how fast.
    #[arg(long)]
    quick: bool,

    /// How many times each workload is measured on each side.
    #[arg(long, default_value_t = 31)]
    rounds: usize,

    /// Only the workloads with this in their name.
    #[arg(long, value_name = "NAME", default_value = "")]
    filter: String,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut rows = workloads::all();
    if !rows.iter().any(|row| row.name.contains(&args.filter)) {
        let names: Vec<_> = rows.iter().map(|row| row.name).collect();
        eprintln!("no workload has {:?} in its name; there are: {}", args.filter, names.join(", "));
        return ExitCode::FAILURE;
    }
    rows.retain(|row| row.name.contains(&args.filter));
    if args.quick {
        rows.iter_mut().for_each(Row::shorten);
    }
    let rounds = if args.quick { 3 } else { args.rounds.max(1) };
    match run(rows, rounds, args.json) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("cannot print: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Measures one row after the other. Lines of JSON are printed as they come, the table when
/// it is complete.
fn run(rows: Vec<Row>, rounds: usize, as_json: bool) -> io::Result<()> {
    let (mut out, mut table) = (io::stdout(), Table::default());
    for mut row in rows {
        let outcome = rounds::measure(&mut row, rounds);
        if as_json {
            writeln!(out, "{}", report::json(&row, &outcome))?;
        } else {
            table.add(&row, &outcome);
        }
    }
    if as_json { Ok(()) } else { write!(out, "{table}") }
}
