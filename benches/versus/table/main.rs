//! shirr beside other runtimes: the same work on each, in the same processes.
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
//! - every round measures each, in shuffled order, so that a change of the machine's pace
//!   touches them all; several processes do so, since each has a pace of its own ([`rounds`]);
//! - medians with their quartiles are printed, and a workload that is lost is printed like one
//!   that is won ([`report`]);
//! - what the last run said stands until one contradicts it ([`record`], [`standing`]), so that
//!   runs agree;
//! - a run of everything, and only that, goes to RESULTS.md with its plots ([`results`]).
//!
//! What they do not say: anything about several threads, about long runs, about other
//! machines, or about a program whose own work takes longer than its runtime's.

mod asyncio;
mod child;
mod curve;
#[cfg(target_os = "linux")]
mod epoll;
mod floor;
mod machine;
mod markdown;
mod meter;
mod plots;
mod record;
mod report;
mod results;
mod rounds;
mod runtimes;
#[path = "../src/sections.rs"]
mod sections;
#[path = "../src/standing.rs"]
mod standing;
#[path = "../src/stats.rs"]
mod stats;
mod workload;
mod workloads;

use clap::Parser;
use curve::Line;
use report::Table;
use results::{Measured, Results, Run};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use workload::Workload;

/// How many rounds a run takes, and at least if it is to be kept.
const ROUNDS: u32 = 40;

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
    #[arg(long, default_value_t = ROUNDS, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Only the workloads with this in their name.
    #[arg(long, value_name = "NAME", default_value = "")]
    filter: String,

    /// Only shirr and the runtimes with this in their name.
    #[arg(long, value_name = "NAME", default_value = "")]
    runtime: String,

    /// Write RESULTS.md and the plots into this folder instead, whatever is measured.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,

    /// Only print the bytes that one runtime takes at a workload: what children are started for.
    #[arg(long, hide = true, num_args = 2, value_names = ["WORKLOAD", "RUNTIME"])]
    grow: Option<Vec<String>>,

    /// Only measure one workload this many rounds, and print the costs: what a run is made of.
    #[arg(long, hide = true, num_args = 3, value_names = ["WORKLOAD", "ROUNDS", "PROCESS"])]
    part: Option<Vec<String>>,

    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let mut args = Args::parse();
    // `cargo test --all-targets` starts this, too, and wants to know whether it runs.
    args.quick |= !args.bench;
    if let Some([workload, runtime]) = args.grow.as_deref() {
        println!("{}", workloads::memory::grow(workload, runtime));
        return ExitCode::SUCCESS;
    }
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, prints and writes what `args` ask for.
fn run(args: &Args) -> Result<(), String> {
    if let Some([workload, rounds, process]) = args.part.as_deref() {
        return part(args, workload, rounds, process);
    }
    let results = results(args)?;
    if is_whole(args) {
        record::can_be_left()?;
    }
    let run = Run { rounds: if args.quick { 3 } else { args.rounds as usize }, load: machine::load() };
    let measured = measure(choose(workloads::all(), args)?, run.rounds)?;
    let most = if args.quick { 10_000 } else { 1_000_000 };
    let curve = curve::lines(&measured, asyncio::NAME.contains(&args.runtime), most);
    let printed = if args.json { print_json(&measured, &curve) } else { print(&measured, &curve) };
    // Results are written even if the terminal has gone: measuring takes long.
    let written = results.map_or(Ok(()), |results| results.write(&measured, &curve, run));
    let left =
        if is_whole(args) { record::leave(&results::section(&measured, &curve, run, "")) } else { Ok(()) };
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("cannot print: {error}")),
        _ => Ok(()),
    }
    .and(written)
    .and(left)
}

/// Whether everything is measured, and long enough to be believed.
fn is_whole(args: &Args) -> bool {
    args.filter.is_empty() && args.runtime.is_empty() && !args.quick && args.rounds >= ROUNDS
}

/// Where the figures go, besides to the terminal.
fn results(args: &Args) -> Result<Option<Results>, String> {
    if let Some(folder) = &args.write {
        return Results::in_folder(folder).map(Some);
    }
    if is_whole(args) && !args.json {
        return Results::in_repository().map(Some);
    }
    eprintln!(
        "benches/RESULTS.md stays as it is: only a run of everything, as a table and in {ROUNDS} rounds or more, is \
         written there"
    );
    Ok(None)
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

/// What a child does for a run.
fn part(args: &Args, workload: &str, rounds: &str, process: &str) -> Result<(), String> {
    let number = |text: &str| text.parse::<u32>().map_err(|error| format!("{text}: {error}"));
    let mut chosen = choose(workloads::all(), args)?;
    let named = chosen.iter_mut().find(|one| one.name == workload);
    let workload = named.ok_or_else(|| format!("there is no workload {workload}, or it was not chosen"))?;
    let costs = rounds::part(workload, number(rounds)? as usize, number(process)?.into());
    println!("{}", serde_json::to_string(&costs).map_err(|error| error.to_string())?);
    Ok(())
}

fn measure(workloads: Vec<Workload>, rounds: usize) -> Result<Vec<Measured>, String> {
    let outcomes = rounds::measure(&workloads, rounds, &record::read())?;
    let pairs = workloads.into_iter().zip(outcomes);
    Ok(pairs.map(|(workload, outcomes)| Measured { workload, outcomes }).collect())
}

fn print_json(measured: &[Measured], curve: &[Line]) -> io::Result<()> {
    for Measured { workload, outcomes } in measured {
        outcomes
            .iter()
            .try_for_each(|outcome| writeln!(io::stdout(), "{}", report::json(workload, outcome)))?;
    }
    curve::json(measured, curve).iter().try_for_each(|line| writeln!(io::stdout(), "{line}"))
}

fn print(measured: &[Measured], curve: &[Line]) -> io::Result<()> {
    let mut table = Table::default();
    for Measured { workload, outcomes } in measured {
        table.add(workload, outcomes);
    }
    let curve = if curve.is_empty() { String::new() } else { curve::text(curve) };
    write!(io::stdout(), "{table}{curve}")
}
