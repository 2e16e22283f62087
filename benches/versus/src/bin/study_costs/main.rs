//! What each step of the study costs, beside shirr, tokio and asyncio: the table in the study's
//! README, and the plot beside it.
//!
//! ```sh
//! cargo run --release -p versus --bin study_costs
//! cargo run --release -p versus --bin study_costs -- --quick # without tools; writes nothing
//! ```
//!
//! Each does one scene (`scene.rs`): it sleeps for a millisecond, gives way, or awaits a child
//! that gives way. A process does so a number of times, and another twice as often; the
//! difference is what one costs. Polls and allocations are counted in the process, system calls and
//! threads by strace, instructions by callgrind. A dash is what makes no sense, or whose tool is missing.

mod plot;
#[path = "../../../../../examples/study/src/reading.rs"]
#[allow(dead_code, unreachable_pub, reason = "a test of the study asks it for more")]
mod reading;
mod runtimes;
#[path = "../../sections.rs"]
mod sections;
mod steps;
mod table;
#[path = "../../tools.rs"]
mod tools;

use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};

/// What is counted, and how often the first process does it.
const OPERATIONS: [(&str, u32); 3] = [("sleep", 50), ("yield", 1000), ("child", 1000)];

/// What one operation costs.
#[derive(Default)]
struct Costs {
    polls: Option<f64>,
    threads: Option<f64>,
    allocations: Option<f64>,
    calls: Option<f64>,
    instructions: Option<f64>,
}

/// A step, or a runtime.
struct Row {
    name: String,
    /// Lines of code, and how many of them are to be read by a reader of the step before.
    lines: Option<(usize, usize)>,
    /// One for each of [`OPERATIONS`], if it has it.
    costs: [Option<Costs>; 3],
}

fn main() {
    let args: Vec<_> = env::args().skip(1).collect();
    if let [runtime, operation, times, rest @ ..] = &args[..] {
        return runtimes::run(runtime, operation, times.parse().expect("a number"), !rest.is_empty());
    }
    let quick = args == ["--quick"];
    let rows: Vec<_> = of_steps(quick).into_iter().chain(of_runtimes(quick)).collect();
    let table = table::of(&rows);
    print!("{table}");
    if quick {
        return;
    }
    let readme = Path::new(steps::STUDY).join("README.md");
    let text = fs::read_to_string(&readme).expect("the study has a README");
    let text = sections::replace(&text, "costs", &table).expect("it has a place for the table");
    sections::write_whole(&readme, &text).expect("it can be written");
    let plot = plot::of(&rows).expect("a plot can be drawn");
    sections::write_whole(&readme.with_file_name("costs.svg"), &plot).expect("it can be written");
}

fn of_steps(quick: bool) -> Vec<Row> {
    let steps = steps::all();
    let programs = steps::build(&steps);
    let mut before = None;
    let mut rows = Vec::new();
    for step in &steps {
        let program = [programs.join(&step.name).to_string_lossy().into_owned()];
        let costs = OPERATIONS.map(|(operation, times)| {
            step.has(operation).then(|| counted(&program, operation, times, quick))
        });
        let lines = Some((step.lines(), step.new_lines(before)));
        rows.push(Row { name: step.name.clone(), lines, costs });
        before = Some(step);
    }
    // The slower a processor is, the less often it polls without a pause, and callgrind makes it slow.
    if let Some(costs) = &mut rows[0].costs[0] {
        costs.instructions = None;
    }
    rows
}

fn of_runtimes(quick: bool) -> impl Iterator<Item = Row> {
    runtimes::all().into_iter().map(move |(name, command)| {
        let costs = OPERATIONS.map(|(operation, times)| Some(counted(&command, operation, times, quick)));
        Row { name: name.to_owned(), lines: None, costs }
    })
}

/// What one operation costs that this command does.
fn counted(command: &[String], operation: &str, times: u32, quick: bool) -> Costs {
    let runs = |tool: &[&str], polls: bool| {
        let run = |times| run(tool, command, operation, times, polls);
        [times, 2 * times].map(|times| if quick && !tool.is_empty() { None } else { run(times) })
    };
    let one = |[once, twice]: [Option<f64>; 2]| Some((twice? - once?) / f64::from(times));
    let told = |polls| one(runs(&[], polls).map(|output| number(&output?)));
    let traced = runs(&[&tools::STRACE[..], &["--follow-forks"]].concat(), false);
    let calls = traced.map(|output| tools::calls(&output?));
    let sum = |is_meant: fn(&str) -> bool| {
        one(calls.each_ref().map(|calls| {
            let meant = calls.as_ref()?.iter().filter(|(name, _)| is_meant(name));
            Some(meant.map(|(_, calls)| calls).sum())
        }))
    };
    Costs {
        polls: told(true),
        allocations: told(false),
        threads: sum(|name| name.starts_with("clone")),
        calls: sum(|_| true),
        instructions: one(runs(&tools::CALLGRIND, false).map(|output| tools::instructions(&output?))),
    }
}

fn run(tool: &[&str], command: &[String], operation: &str, times: u32, polls: bool) -> Option<Output> {
    let all: Vec<_> = tool.iter().copied().chain(command.iter().map(String::as_str)).collect();
    let mut process = Command::new(all[0]);
    process.args(&all[1..]).args([operation, &times.to_string()]).args(polls.then_some("polls"));
    let output = process.output().ok()?;
    // Without a tool there is nothing that may fail.
    assert!(output.status.success() || !tool.is_empty(), "{all:?} with {operation}: {output:?}");
    output.status.success().then_some(output)
}

/// What the process counted itself.
fn number(output: &Output) -> Option<f64> {
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}
