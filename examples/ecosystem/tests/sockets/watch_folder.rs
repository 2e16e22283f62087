//! `watch_folder`, while a folder changes.

use crate::common::{Program, folder, run, text};
use std::fs;

const WATCH: &str = env!("CARGO_BIN_EXE_watch_folder");

fn watching(name: &str, args: &[&str]) -> (Program, std::path::PathBuf) {
    let folder = folder(name);
    let program = Program::start(WATCH, &[args, &[folder.to_str().unwrap()]].concat());
    assert_eq!(program.line(), format!("watching {}", folder.display()));
    (program, folder)
}

/// Breaks if a change is left out or told twice, or two that come together are one.
#[test]
fn each_change_is_a_line_in_order_until_there_were_as_many_as_asked_for() {
    let (program, folder) = watching("watch_folder_changes", &["--count=6"]);
    let (one, other) = (folder.join("one"), folder.join("other"));
    fs::write(&one, "text").unwrap();
    assert_eq!([program.line(), program.line()], ["made: one", "written: one"]);
    fs::rename(&one, &other).unwrap();
    fs::remove_file(&other).unwrap();
    fs::create_dir(folder.join("inner")).unwrap();
    let ended = program.ended();
    let lines = ["moved away: one", "moved here: other", "removed: other", "made: inner"];
    assert_eq!((ended.code, ended.lines), (Some(0), lines.map(str::to_owned).to_vec()));
}

/// Breaks if a read that holds many events gave out some of them only.
///
/// A file is closed when the last that has it does so. That may be a program which another test
/// starts just then, and which has it until its `exec`: so files may be written in another order.
#[test]
fn of_a_thousand_files_made_while_it_stands_still_none_is_left_out() {
    let (program, folder) = watching("watch_folder_many", &["--count=2000"]);
    program.is_stopped_during(|| (0..1000).for_each(|i| fs::write(folder.join(i.to_string()), "").unwrap()));
    let mut ended = program.ended();
    ended.lines.sort_by_key(|line| line.split(' ').next_back().unwrap().parse::<u32>().unwrap());
    let lines = (0..1000).flat_map(|i| [format!("made: {i}"), format!("written: {i}")]);
    let differs = ended.lines.iter().zip(lines).find(|(said, expected)| *said != expected);
    assert_eq!((ended.code, ended.lines.len(), differs), (Some(0), 2000, None));
}

/// Breaks if a name is printed as it is.
#[test]
fn a_name_stays_on_its_line_and_sends_the_terminal_nothing() {
    let (program, folder) = watching("watch_folder_names", &["--count=1"]);
    fs::create_dir(folder.join("a\nremoved: b\r\x1b[2J\u{9b}m\u{202e}é")).unwrap();
    assert_eq!(program.ended().lines, [r"made: a\nremoved: b\r\u{1b}[2J\u{9b}m\u{202e}é"]);
}

#[test]
fn ctrl_c_ends_it() {
    let (program, _folder) = watching("watch_folder_ctrl_c", &[]);
    program.interrupt();
    let ended = program.ended();
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
}

/// Breaks if it went on waiting for changes that cannot come.
#[test]
fn a_folder_that_is_removed_or_not_there_is_an_error() {
    let (program, folder) = watching("watch_folder_removed", &[]);
    fs::remove_dir(&folder).unwrap();
    let ended = program.ended();
    assert_eq!((ended.code, &*ended.stderr), (Some(1), "watch_folder: the folder itself is gone\n"));
    let output = run(WATCH, [folder.to_str().unwrap()]);
    let said = format!("watch_folder: cannot watch {}: No such file", folder.display());
    assert!(output.status.code() == Some(1) && text(&output.stderr).starts_with(&said), "{output:?}");
}
