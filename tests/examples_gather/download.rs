//! `download`: what is in the folder afterwards, whatever the server or an earlier run did.

use crate::run::{Run, path, run};
use crate::shelf::{Shelf, Way};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// An empty folder of this name.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("download").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn download(shelf: &Shelf, folder: &Path) -> Run {
    run("download", &["--url", &shelf.url(), "--folder", folder.to_str().unwrap()])
}

/// The names in the folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What a run says that it did: downloaded, there already, failed.
pub(crate) fn counts(run: &Run) -> (usize, usize, usize) {
    let line = run.stdout.lines().last().unwrap_or_else(|| panic!("{run:?}"));
    let counts = line.rsplit_once(": ").unwrap().1;
    let mut counts = counts.split(", ").take(3).map(|part| part.split(' ').next().unwrap().parse().unwrap());
    (counts.next().unwrap(), counts.next().unwrap(), counts.next().unwrap())
}

/// The content of a file by its seed.
pub(crate) fn content(seed: u8) -> Vec<u8> {
    (0..20_000_u32).map(|i| ((i * i) >> 3) as u8 ^ seed).collect()
}

#[test]
fn a_second_run_keeps_what_the_first_has_downloaded() {
    let folder = folder("twice");
    let args = ["--files", "20", "--delay-ms", "1", "--folder", folder.to_str().unwrap()];
    let first = run("download", &args);
    assert_eq!((first.status, first.stderr.as_str(), counts(&first)), (Some(0), "", (20, 0, 0)));
    let expected: Vec<_> = (1..=20).map(|number| format!("file-{number:04}.bin")).collect();
    assert_eq!(names(&folder), expected);
    let second = run("download", &args);
    assert_eq!((second.status, second.stderr.as_str(), counts(&second)), (Some(0), "", (0, 20, 0)));
    fs::remove_file(folder.join("file-0007.bin")).unwrap();
    assert_eq!(counts(&run("download", &args)), (1, 19, 0));
    assert_eq!(names(&folder), expected);
}

#[test]
fn a_file_that_is_not_what_the_list_says_is_downloaded_again() {
    let (folder, good) = (folder("damaged"), content(1));
    let names_of_all = ["good", "longer", "other", "shorter"];
    let shelf = Shelf::start(&names_of_all.map(|name| (name, &good[..], Way::Whole)));
    let mut other = good.clone();
    other[19_999] ^= 0x80;
    fs::write(folder.join("good"), &good).unwrap();
    fs::write(folder.join("longer"), [&good[..], b"x"].concat()).unwrap();
    fs::write(folder.join("other"), &other).unwrap();
    fs::write(folder.join("shorter"), &good[..100]).unwrap();
    let run = download(&shelf, &folder);
    assert_eq!((run.status, run.stderr.as_str(), counts(&run)), (Some(0), "", (3, 1, 0)));
    assert_eq!((names(&folder), shelf.asked()), (names_of_all.map(String::from).into(), 3));
    for name in names_of_all {
        assert!(fs::read(folder.join(name)).unwrap() == good, "{name}");
    }
}

/// Breaks if a temporary file has a name that a file may have.
#[test]
fn what_a_killed_run_left_half_written_is_neither_taken_nor_counted() {
    let (folder, good) = (folder("partial"), content(2));
    let shelf = Shelf::start(&[("a", &good, Way::Whole), ("b", &good, Way::Whole)]);
    fs::write(folder.join("a.part"), b"torn").unwrap();
    fs::write(folder.join(".part-Ab3dEf"), vec![7; 50_000]).unwrap();
    let run = download(&shelf, &folder);
    assert_eq!((run.status, counts(&run)), (Some(0), (2, 0, 0)));
    assert_eq!(names(&folder), [".part-Ab3dEf", "a", "a.part", "b"]);
    assert_eq!(fs::read(folder.join("a.part")).unwrap(), b"torn");
    assert!(["a", "b"].iter().all(|name| fs::read(folder.join(name)).unwrap() == good));
}

#[test]
fn a_bad_transfer_leaves_no_file_and_the_others_go_on() {
    let (folder, good) = (folder("faults"), content(3));
    let bad = [
        ("cut", Way::Cut, "cut: the connection was closed after "),
        ("damaged", Way::Damaged, "damaged: its checksum is "),
        ("short", Way::Short, "short: it has 10000 bytes, the list says 20000"),
    ];
    let whole = ["w1", "w2", "w3"].map(|name| (name, &good[..], Way::Whole));
    let files = [&bad.map(|(name, way, _)| (name, &good[..], way))[..], &whole].concat();
    let run = download(&Shelf::start(&files), &folder);
    assert_eq!((run.status, counts(&run)), (Some(1), (3, 0, 3)));
    for (_, _, reason) in bad {
        assert!(run.stderr.lines().any(|line| line.starts_with(reason)), "{reason}: {}", run.stderr);
    }
    assert!(run.stderr.ends_with("run it again for the 3 that failed; the others are kept\n"));
    assert_eq!(names(&folder), ["w1", "w2", "w3"]);

    let mended: Vec<_> = files.iter().map(|&(name, content, _)| (name, content, Way::Whole)).collect();
    let run = download(&Shelf::start(&mended), &folder);
    assert_eq!((run.status, run.stderr.as_str(), counts(&run)), (Some(0), "", (3, 3, 0)));
    assert!(names(&folder).iter().all(|name| fs::read(folder.join(name)).unwrap() == good));
}

#[test]
fn a_run_that_is_killed_leaves_only_whole_files_under_their_names() {
    let (folder, good) = (folder("killed"), content(4));
    let (first, second) = (("first", &good[..], Way::Whole), ("second", &good[..], Way::Whole));
    let stalled = Shelf::start(&[first, (second.0, second.1, Way::Stalled)]);
    let mut command = Command::new(path("download"));
    command.args(["--url", &stalled.url(), "--folder", folder.to_str().unwrap()]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while !(folder.join("first").exists() && stalled.asked() == 2) {
        assert!(start.elapsed() < Duration::from_secs(60), "the first file does not come");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(names(&folder), ["first"]);
    assert!(fs::read(folder.join("first")).unwrap() == good);
    let run = download(&Shelf::start(&[first, second]), &folder);
    assert_eq!((run.status, counts(&run)), (Some(0), (1, 1, 0)));
}

/// The system lets the program write the first few kilobytes of a file, as a full disk does.
/// Breaks if the temporary file outlives the failure.
#[cfg(unix)]
#[test]
fn a_write_that_fails_in_the_middle_leaves_nothing_behind() {
    let (folder, good) = (folder("full"), content(5));
    let shelf = Shelf::start(&[("small", &good[..100], Way::Whole), ("big", &good, Way::Whole)]);
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap '' XFSZ; ulimit -f 8; exec "$@""#, "sh"]).arg(path("download"));
    command.args(["--url", &shelf.url(), "--folder", folder.to_str().unwrap()]);
    let run = crate::run::run_command(&mut command);
    assert_eq!((run.status, counts(&run)), (Some(1), (1, 0, 1)));
    assert!(run.stderr.starts_with("big: File too large"), "{}", run.stderr);
    assert_eq!(names(&folder), ["small"]);
    assert_eq!(counts(&download(&shelf, &folder)), (1, 1, 0));
    assert_eq!(names(&folder), ["big", "small"]);
    assert!(fs::read(folder.join("big")).unwrap() == good);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let shelf = Shelf::start(&[]);
    let url = shelf.url();
    drop(shelf);
    let run = run("download", &["--url", &url, "--folder", folder("no_server").to_str().unwrap()]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.starts_with(&format!("download: no list at {url}files.txt: ")), "{}", run.stderr);
}

/// Breaks if the last line, for a closed stdout, is a panic.
#[test]
fn an_stdout_that_is_closed_is_an_error() {
    let (folder, good) = (folder("closed_stdout"), content(6));
    let shelf = Shelf::start(&[("a", &good, Way::Whole)]);
    let mut command = Command::new(path("download"));
    command.args(["--url", &shelf.url(), "--folder", folder.to_str().unwrap()]);
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(run.stdout.take());
    let output = run.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && stderr.starts_with("download: "), "{stderr}");
    assert!(fs::read(folder.join("a")).unwrap() == good);
}
