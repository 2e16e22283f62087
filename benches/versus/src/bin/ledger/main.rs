//! The cost ledger: what each operation costs, counted and not timed.
//!
//! ```sh
//! cargo run --release -p versus --bin ledger
//! cargo run --release -p versus --bin ledger -- --no-instructions
//! ```
//!
//! A process does each operation a number of times, and another does it half as often; the
//! difference is what it costs, without what is paid once. Counted are allocations, the
//! runtime's own polls and wakes, system calls by strace, and instructions by callgrind; the
//! last two are left out where strace or valgrind is not installed.
//!
//! System calls are those of the thread that the runtime runs on. Two rows have another thread
//! beside it, which wakes or connects; its allocations and instructions are in the figures.
//!
//! All but the instructions repeat exactly, and a test holds DESIGN.md's table to them. The
//! instructions change with every version of the compiler and of the libraries below.

mod operations;
#[path = "../../tools.rs"]
mod tools;

use operations::{Operation, Run};
use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

const SIDES: [&str; 2] = ["shirr", "tokio"];

/// What is counted, by name.
type Counts = BTreeMap<String, f64>;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    if let [name, side, times] = &args[..] {
        let all = operations::all();
        let operation =
            all.iter().find(|operation| operation.name == name).expect("its name is of the table");
        let run = if side == SIDES[0] { operation.shirr } else { operation.tokio };
        work(run, times.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    let callgrind = args != ["--no-instructions"];
    println!(
        "| operation | allocations | system calls | polls | wakes | instructions | tokio's allocations | \
         system calls | instructions |\n|---|---|---|---|---|---|---|---|---|"
    );
    operations::all().iter().for_each(|operation| print_row(operation, callgrind));
    ExitCode::SUCCESS
}

/// What a process of its own does: says what was counted in it.
fn work(run: Run, times: u32) {
    memory::start_counting();
    run(times);
    println!("allocations {}", memory::allocations());
}

fn print_row(operation: &Operation, callgrind: bool) {
    let [shirr, tokio] = SIDES.map(|side| per_operation(operation, side, callgrind));
    let cell = |counts: &Counts, what: &str| match counts.get(what) {
        Some(count) if what == "instructions" => format!("{count:.0}"),
        Some(count) => format!("{count:.2}"),
        None => "–".to_owned(),
    };
    let own =
        ["allocations", "system calls", "polls", "wakes", "instructions"].map(|what| cell(&shirr, what));
    let others = ["allocations", "system calls", "instructions"].map(|what| cell(&tokio, what));
    println!("| {} | {} | {} |", operation.name, own.join(" | "), others.join(" | "));
}

fn per_operation(operation: &Operation, side: &str, callgrind: bool) -> Counts {
    let [fewer, mut counts] =
        [operation.times / 2, operation.times].map(|times| counted(operation.name, side, times, callgrind));
    for (what, count) in &mut counts {
        *count = (*count - fewer[what]) / f64::from(operation.times - operation.times / 2);
    }
    counts
}

/// All that is counted of one run, in three processes.
fn counted(name: &str, side: &str, times: u32, callgrind: bool) -> Counts {
    let run = |tool: &[&str]| {
        let this = std::env::current_exe().expect("a running program has a file");
        let words: Vec<_> = tool.iter().map(|word| (*word).to_owned()).collect();
        let own = [this.to_string_lossy().into_owned(), name.to_owned(), side.to_owned(), times.to_string()];
        let all = [words, own.to_vec()].concat();
        Command::new(&all[0]).args(&all[1..]).output().ok()
    };
    let mut counts = Counts::new();
    let plain = run(&[]).expect("this program can be started");
    assert!(plain.status.success(), "{}", String::from_utf8_lossy(&plain.stderr));
    for line in String::from_utf8_lossy(&plain.stdout).lines() {
        let (what, count) = line.split_once(' ').expect("a name and a number");
        counts.insert(what.to_owned(), count.parse().expect("a number"));
    }
    // Without `--follow-forks`: the first thread alone, and that is the runtime's.
    let calls = run(&tools::STRACE).as_ref().and_then(tools::calls);
    let sum = calls.map(|calls| calls.iter().map(|(_, calls)| calls).sum::<f64>());
    counts.extend(sum.map(|calls| ("system calls".to_owned(), calls)));
    let traced = callgrind.then(|| run(&tools::CALLGRIND)).flatten();
    let instructions = traced.as_ref().and_then(tools::instructions);
    counts.extend(instructions.map(|count| ("instructions".to_owned(), count)));
    counts
}
