//! `queries`, run as it is meant to be.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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
