//! `queries`, run as it is meant to be.

#[cfg(unix)]
mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
#[cfg(unix)]
use std::time::Instant;

fn queries(args: &[&str], temp: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_queries"));
    command.args(args).env("TMPDIR", temp).env("TMP", temp).output().unwrap()
}

/// A folder in the target folder, which is not there yet.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn month_and_orders(row: &str) -> (u32, u32) {
    let mut columns = row.split_whitespace().map(|column| column.parse().unwrap());
    (columns.next().unwrap(), columns.next().unwrap())
}

#[test]
fn queries_prints_each_months_figures_and_leaves_no_file_behind() {
    let temp = folder("queries");
    fs::create_dir_all(&temp).unwrap();
    let output = queries(&["--rows", "1200", "--threads", "3"], &temp);
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(stdout.contains("12 queries at once on 3 threads: "), "{stdout}");
    let rows = stdout.lines().skip_while(|line| !line.starts_with("month")).skip(1);
    let rows: Vec<(u32, u32)> = rows.map(month_and_orders).collect();
    assert_eq!(rows, (1..=12).map(|month| (month, 100)).collect::<Vec<_>>(), "{stdout}");
    assert_eq!(fs::read_dir(&temp).unwrap().count(), 0);
}

#[test]
fn queries_says_where_it_cannot_write() {
    let temp = folder("not_there");
    let output = queries(&["--rows", "12"], &temp);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.starts_with("queries: cannot make ") && stderr.contains("not_there"), "{stderr}");
}

/// Presses Ctrl-C once `begun` says so, and expects that no file is left behind.
#[cfg(unix)]
fn interrupted(name: &str, rows: &str, begun: impl Fn(&common::Program, &Path) -> bool) {
    let temp = folder(name);
    fs::create_dir_all(&temp).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_queries"));
    command.args(["--rows", rows]).env("TMPDIR", &temp);
    let (program, start) = (common::Program::spawn(&mut command), Instant::now());
    while !begun(&program, &temp) {
        assert!(start.elapsed() < common::LIMIT, "{rows} rows are not begun");
        std::thread::yield_now();
    }
    program.interrupt();
    let ended = program.ended();
    let left: Vec<_> = fs::read_dir(&temp).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(130), "queries: interrupted\n"), "{ended:?}");
}

/// Breaks if Ctrl-C ends the process without removing its files, or waits until a hundred
/// million rows are there.
#[cfg(unix)]
#[test]
fn ctrl_c_while_the_table_is_filled_leaves_no_file_behind() {
    let grows = |_: &common::Program, temp: &Path| {
        let there = fs::read_dir(temp).unwrap().flatten().next().map(|entry| entry.path());
        let files = there.map(|path| if path.is_dir() { fs::read_dir(path).unwrap().count() } else { 1 });
        files.is_some_and(|count| count > 0)
    };
    interrupted("queries_filling", "100000000", grows);
}

/// Breaks if a query outlives Ctrl-C, with the file that it reads.
#[cfg(unix)]
#[test]
fn ctrl_c_while_it_asks_leaves_no_file_behind() {
    let filled = |program: &common::Program, _: &Path| program.line().contains(" orders in ");
    interrupted("queries_asking", "3000000", filled);
}
