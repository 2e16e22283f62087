//! Writes the README's two tables of costs: how much there is to read in each step, and what a turn of a task that yields costs, and what a child of a
//! gather does, on the last three steps and, where they are there, on shirr, tokio and asyncio.
//!
//! ```sh
//! cargo build --release -p study && cargo build --release -p versus --bin ledger
//! cargo run --release -p study --bin costs
//! ```
//!
//! A process does an operation a thousand times, and another twice as often; the difference is what
//! it costs. Allocations are counted by the program, system calls by strace, instructions
//! by callgrind; what is not there is a dash. shirr and tokio are counted by the ledger of
//! `benches/versus`, if that was built, and asyncio by `python3`.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, fs};

const TIMES: u32 = 1000;

/// As the steps, the ledger and [`PYTHON`] call them.
const OPERATIONS: [(&str, &str, &str); 2] =
    [("yield", "yield", "yields"), ("child", "gather, per child that yields once", "children")];

const PYTHON: &str = "
import asyncio, sys
async def yields(times):
    for _ in range(times): await asyncio.sleep(0)
async def children(times):
    await asyncio.gather(*[asyncio.sleep(0) for _ in range(times)])
asyncio.run(globals()[sys.argv[1]](int(sys.argv[2])))
";

const BEGIN: &str = "<!-- costs: generated -->\n";
const END: &str = "<!-- costs: end -->";

/// The words of a command, but for how often.
type Words = Vec<String>;

fn main() {
    let mut table = lines_to_read();
    table += "\n| | a yield: allocations | system calls | instructions | a child: allocations | system calls | instructions |\n\
              |---|---|---|---|---|---|---|\n";
    for (name, commands) in rows() {
        let cells: Vec<_> = commands.iter().flat_map(costs).collect();
        table += &format!("| {name} | {} |\n", cells.join(" | "));
    }
    print!("{table}");
    let readme = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&readme).expect("the study has a README");
    let (before, rest) = text.split_once(BEGIN).expect("it has a place for the table");
    let (_, after) = rest.split_once(END).expect("which has an end");
    fs::write(readme, format!("{before}{BEGIN}\n{table}\n{END}{after}")).expect("it can be written");
}

/// Lines of code in each step, and how many of them are not in the step before.
fn lines_to_read() -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    let files = fs::read_dir(folder).expect("the steps are here");
    let mut steps: Vec<_> = files.map(|file| file.expect("it can be read").path()).collect();
    steps.retain(|step| step.file_name().is_some_and(|name| name.to_string_lossy().starts_with('s')));
    steps.sort();
    let (mut table, mut before) = ("| step | lines of code | new |\n|---|---|---|\n".to_owned(), Vec::new());
    for step in steps {
        let lines = code(&fs::read_to_string(&step).expect("a step is text"));
        let is_new = |line: &&String| {
            let found = before.iter().position(|old| old == *line);
            found.map(|at| before.swap_remove(at)).is_none()
        };
        let new = lines.iter().filter(is_new).count();
        let name = step.file_stem().unwrap_or_default().to_string_lossy();
        table += &format!("| {name} | {} | {new} |\n", lines.len());
        before = lines;
    }
    table
}

/// Without comments and empty lines.
fn code(source: &str) -> Vec<String> {
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What is counted: a name, and a command for each operation.
fn rows() -> Vec<(&'static str, [Words; 2])> {
    let folder = env::current_exe().expect("a running program has a file");
    let program = |name: &str| folder.with_file_name(name).to_string_lossy().into_owned();
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect();
    let step = |step: &str| OPERATIONS.map(|(name, _, _)| words(&[&program(step), name]));
    let side = |side: &str| OPERATIONS.map(|(_, name, _)| words(&[&program("ledger"), name, side]));
    vec![
        ("s7_gather", step("s7_gather")),
        ("s8_number", step("s8_number")),
        ("s9_panics", step("s9_panics")),
        ("shirr", side("shirr")),
        ("tokio", side("tokio")),
        ("asyncio", OPERATIONS.map(|(_, _, name)| words(&[&python(), "-c", PYTHON, name]))),
    ]
}

/// The interpreter itself, which `python3` may be a script for.
fn python() -> String {
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable, end='')"]).output();
    asked.map_or_else(|_| "python3".to_owned(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Allocations, system calls and instructions of one operation.
fn costs(command: &Words) -> [String; 3] {
    const STRACE: [&str; 3] = ["strace", "--summary-only", "--summary-columns=calls,name"];
    const VALGRIND: [&str; 3] = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let each = |tool: &[&str], count: fn(&Output) -> Option<f64>| {
        let [once, twice] = [TIMES, 2 * TIMES].map(|times| count(&run(tool, command, times)?));
        Some((twice? - once?) / f64::from(TIMES))
    };
    let cell = |count: Option<f64>, digits: usize| {
        count.map_or_else(|| "–".to_owned(), |count| format!("{count:.digits$}"))
    };
    [cell(each(&[], allocations), 2), cell(each(&STRACE, calls), 2), cell(each(&VALGRIND, instructions), 0)]
}

fn run(tool: &[&str], command: &Words, times: u32) -> Option<Output> {
    let all: Vec<_> = tool.iter().copied().chain(command.iter().map(String::as_str)).collect();
    let output = Command::new(all[0]).args(&all[1..]).arg(times.to_string()).output().ok()?;
    output.status.success().then_some(output)
}

fn allocations(output: &Output) -> Option<f64> {
    let said = String::from_utf8_lossy(&output.stdout);
    said.lines().find_map(|line| line.strip_prefix("allocations ")).and_then(|count| count.parse().ok())
}

/// All system calls but those by which memory is had.
fn calls(output: &Output) -> Option<f64> {
    const MEMORY: [&str; 6] = ["total", "brk", "mmap", "munmap", "mremap", "madvise"];
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = said.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    let calls = lines.filter_map(|(calls, name)| Some((calls.parse::<f64>().ok()?, name.trim())));
    Some(calls.filter(|(_, name)| !MEMORY.contains(name)).map(|(calls, _)| calls).sum())
}

fn instructions(output: &Output) -> Option<f64> {
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().find_map(|line| line.split_once("Collected : "))?.1.trim().parse();
    count.ok()
}
