//! shirr beside other runtimes: the same work on each, in the same processes.
//!
//! ```sh
//! cargo bench -p versus                    # everything, in two builds, into benches/RESULTS.md
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
//! - it is measured as cargo builds for release and as programs ship ([`mod@builds`]);
//! - what the last run said stands until one contradicts it ([`record`], [`standing`]), so that
//!   runs agree;
//! - a run of everything, and only that, goes to RESULTS.md with its plots ([`results`]), where the
//!   runs on other processors stay beside it ([`saved`]).
//!
//! What they do not say: anything about several threads, about long runs, about other
//! machines, or about a program whose own work takes longer than its runtime's.

mod asyncio;
mod builds;
mod child;
mod columns;
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
#[path = "../src/saved.rs"]
mod saved;
#[path = "../src/sections.rs"]
mod sections;
#[path = "../src/standing.rs"]
mod standing;
#[path = "../src/stats.rs"]
mod stats;
mod workload;
mod workloads;

use builds::{Build, builds};
use clap::Parser;
use columns::{Column, Measured};
use curve::Line;
use report::Table;
use results::Results;
use stats::Summary;
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

    /// Measure the build with fat LTO, too, as a run of everything does.
    #[arg(long)]
    both: bool,

    /// Write RESULTS.md and the plots into this folder instead, whatever is measured.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,

    /// Measure nothing: make RESULTS.md, the plots and the rows of README.md of what is in benches/results/.
    #[arg(long, conflicts_with_all = ["both", "filter", "json", "quick", "rounds", "runtime", "write"])]
    render: bool,

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
    if args.render {
        return Results::in_repository()?.render(&workloads::all(), None);
    }
    let results = results(args)?;
    if is_whole(args) {
        record::can_be_left()?;
    }
    let builds = builds(args.both || is_whole(args))?;
    let (rounds, load) = (if args.quick { 3 } else { args.rounds as usize }, machine::load());
    let workloads = choose(workloads::all(), args)?;
    let (columns, failed) = measure(&workloads, &builds, rounds);
    let asyncio = measure_asyncio(args, &workloads);
    // Results are written even if the terminal has gone: measuring takes long.
    let printed = print(&columns, &asyncio, args.json);
    let saved = columns::saved(&columns, &asyncio, rounds, load);
    // Without a workload it is no run of everything, and without any there is nothing to write.
    let any = columns.iter().any(|column| !column.measured.is_empty());
    let results = results.filter(|_| any && (failed.is_empty() || args.write.is_some()));
    let written = results.map_or(Ok(()), |results| results.write(&saved, &workloads));
    let left = if is_whole(args) && failed.is_empty() { record::leave(&saved) } else { Ok(()) };
    let troubles = [printed, written, left].into_iter().filter_map(Result::err).chain(failed);
    let troubles = troubles.collect::<Vec<_>>();
    if troubles.is_empty() { Ok(()) } else { Err(troubles.join("\n")) }
}

/// Whether everything is measured, and long enough to be believed.
fn is_whole(args: &Args) -> bool {
    args.filter.is_empty() && args.runtime.is_empty() && !args.quick && args.rounds >= ROUNDS
}

/// Where the figures go, besides to the terminal.
fn results(args: &Args) -> Result<Option<Results>, String> {
    if let Some(folder) = &args.write {
        if results::is_the_repositorys(folder) {
            return Err(String::from(
                "benches/ takes a run of everything only, which is written there without --write",
            ));
        }
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

/// A column for each build, and of each workload that could not be measured why.
fn measure<'a>(workloads: &'a [Workload], builds: &[Build], rounds: usize) -> (Vec<Column<'a>>, Vec<String>) {
    let none = |build: &Build| Column {
        processor: machine::processor(),
        profile: build.profile,
        measured: Vec::new(),
    };
    let (mut columns, mut failed) = (builds.iter().map(none).collect::<Vec<_>>(), Vec::new());
    let all = rounds::measure(workloads, builds, rounds, &record::read(builds));
    for (workload, outcomes) in workloads.iter().zip(all) {
        match outcomes {
            Ok(of_builds) => columns
                .iter_mut()
                .zip(of_builds)
                .for_each(|(column, outcomes)| column.measured.push(Measured { workload, outcomes })),
            Err(why) => failed.push(why),
        }
    }
    (columns, failed)
}

/// asyncio's part of the curve, if that is wanted and any other is measured.
fn measure_asyncio(args: &Args, workloads: &[Workload]) -> Vec<(u32, Summary)> {
    let wanted = asyncio::NAME.contains(&args.runtime) && workloads.iter().any(|one| curve::has(one.name));
    let most = if args.quick { 10_000 } else { 1_000_000 };
    if wanted { curve::of_asyncio(most) } else { Vec::new() }
}

/// What cannot be printed is an error, but for a reader who has seen enough.
fn print(columns: &[Column<'_>], asyncio: &[(u32, Summary)], as_json: bool) -> Result<(), String> {
    match print_all(columns, asyncio, as_json) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("cannot print: {error}")),
        _ => Ok(()),
    }
}

/// A table or lines of JSON for each build.
fn print_all(columns: &[Column<'_>], asyncio: &[(u32, Summary)], as_json: bool) -> io::Result<()> {
    for column in columns {
        let curve = curve::lines(&column.measured, asyncio);
        if as_json {
            print_json(column, &curve)?;
        } else {
            print_table(column, &curve)?;
        }
    }
    Ok(())
}

fn print_json(column: &Column<'_>, curve: &[Line]) -> io::Result<()> {
    let rows = column.measured.iter().flat_map(|one| {
        one.outcomes.iter().map(|outcome| report::json(one.workload, column.profile, outcome))
    });
    rows.chain(curve::json(column, curve)).try_for_each(|line| writeln!(io::stdout(), "{line}"))
}

fn print_table(column: &Column<'_>, curve: &[Line]) -> io::Result<()> {
    let mut table = Table::default();
    for Measured { workload, outcomes } in &column.measured {
        table.add(workload, outcomes);
    }
    let curve = if curve.is_empty() { String::new() } else { curve::text(curve) };
    write!(io::stdout(), "Build: {}\n\n{table}{curve}\n", column.profile)
}
