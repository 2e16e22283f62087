//! shirr beside other runtimes: the same work on each, in one process.
//!
//! ```sh
//! cargo bench -p versus                    # everything, into benches/RESULTS.md
//! cargo bench -p versus -- --json          # one line for each workload on each runtime
//! cargo bench -p versus -- --filter echo --runtime tokio
//! ```
//!
//! What makes the figures worth something, and where to check it:
//!
//! - a workload is one function, generic over the runtime ([`workloads`]); what the runtimes
//!   say differently is a file for each ([`runtimes`]);
//! - all of them must give the same, known answer ([`workload`]);
//! - every round measures each, in shuffled order, so that a change of the machine's mood
//!   meets them all ([`rounds`]);
//! - medians with their quartiles are printed, and a workload that is lost is printed like one
//!   that is won ([`report`]).
//!
//! What they do not say: anything about several threads, about long runs, about other
//! machines, or about a program whose own work takes longer than its runtime's.

#[cfg(target_os = "linux")]
mod epoll;
#[allow(dead_code, reason = "shared with other programs")]
#[path = "../src/meter.rs"]
mod meter;
mod report;
mod rounds;
mod runtimes;
#[path = "../src/stats.rs"]
mod stats;
mod workload;
mod workloads;

use clap::Parser;
use report::Table;
use std::io::{self, Write};
use std::process::ExitCode;
use workload::Workload;

/// Measures shirr beside other runtimes, the same work on each.
#[derive(Parser)]
#[command(name = "versus")]
struct Args {
    /// Print one line of JSON for each workload on each runtime instead of the table.
    #[arg(long)]
    json: bool,

    /// Three short rounds: shows that everything runs, not how fast.
    #[arg(long)]
    quick: bool,

    /// How many times each workload is measured on each runtime.
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Only the workloads with this in their name.
    #[arg(long, value_name = "NAME", default_value = "")]
    filter: String,

    /// Only shirr and the runtimes with this in their name.
    #[arg(long, value_name = "NAME", default_value = "")]
    runtime: String,

    /// Only print the bytes that one runtime takes at a workload: what children are started for.
    #[arg(long, hide = true, num_args = 2, value_names = ["WORKLOAD", "RUNTIME"])]
    grow: Option<Vec<String>>,

    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some([workload, runtime]) = args.grow.as_deref() {
        println!("{}", workloads::memory::grow(workload, runtime));
        return ExitCode::SUCCESS;
    }
    let chosen = match choose(workloads::all(), &args) {
        Ok(chosen) => chosen,
        Err(trouble) => {
            eprintln!("{trouble}");
            return ExitCode::FAILURE;
        }
    };
    let rounds = if args.quick { 3 } else { args.rounds as usize };
    match run(chosen, rounds, args.json) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("cannot print: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// What is to be measured of `all`, or what there would be to choose from.
fn choose(mut all: Vec<Workload>, args: &Args) -> Result<Vec<Workload>, String> {
    let names: Vec<_> = all.iter().map(|workload| workload.name).collect();
    all.retain(|workload| workload.name.contains(&args.filter));
    if all.is_empty() {
        return Err(format!(
            "no workload has {:?} in its name; there are: {}",
            args.filter,
            names.join(", ")
        ));
    }
    for workload in &mut all {
        workload.contenders.retain(|one| one.name == "shirr" || one.name.contains(&args.runtime));
        if args.quick {
            workload.shorten();
        }
    }
    all.retain(|workload| workload.contenders.len() > 1);
    if all.is_empty() {
        return Err(format!("no runtime with {:?} in its name does any of that", args.runtime));
    }
    Ok(all)
}

/// Measures one workload after the other. Lines of JSON are printed as they come, the table
/// when it is complete.
fn run(workloads: Vec<Workload>, rounds: usize, as_json: bool) -> io::Result<()> {
    let (mut out, mut table) = (io::stdout(), Table::default());
    for mut workload in workloads {
        let outcomes = rounds::measure(&mut workload, rounds);
        if as_json {
            for outcome in &outcomes {
                writeln!(out, "{}", report::json(&workload, outcome))?;
            }
        } else {
            table.add(&workload, &outcomes);
        }
    }
    if as_json { Ok(()) } else { write!(out, "{table}") }
}
