//! `download`: what has the name already, or the temporary name.

use crate::download::{content, counts, download, folder, names};
use crate::run::{ends_in_time, path, run_command};
use crate::shelf::{Shelf, Way};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder for the files, and a file outside of it that is none of theirs.
fn beside_a_precious_file(name: &str) -> (PathBuf, PathBuf) {
    let all = folder(name);
    fs::create_dir(all.join("files")).unwrap();
    fs::write(all.join("precious"), "precious").unwrap();
    (all.join("files"), all.join("precious"))
}

/// Breaks if a temporary file is opened by a name that another program could have prepared.
#[test]
fn a_link_under_a_temporary_name_leads_nowhere() {
    let ((folder, precious), good) = (beside_a_precious_file("link_part"), content(1));
    symlink(&precious, folder.join("x.part")).unwrap();
    let run = download(&Shelf::start(&[("x", &good, Way::Whole)]), &folder);
    assert_eq!((run.status, counts(&run)), (Some(0), (1, 0, 0)));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    assert!(fs::read(folder.join("x")).unwrap() == good);
}

/// Breaks if a file is written through what has its name, instead of renamed over it.
#[test]
fn a_link_under_the_final_name_is_replaced_and_its_target_left_alone() {
    let ((folder, precious), good) = (beside_a_precious_file("link_final"), content(2));
    symlink(&precious, folder.join("x")).unwrap();
    symlink("nothing", folder.join("y")).unwrap();
    let shelf = Shelf::start(&[("x", &good, Way::Whole), ("y", &good, Way::Whole)]);
    let run = download(&shelf, &folder);
    assert_eq!((run.status, run.stderr.as_str(), counts(&run)), (Some(0), "", (2, 0, 0)));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    assert_eq!(names(&folder), ["x", "y"]);
    for name in ["x", "y"] {
        assert!(fs::symlink_metadata(folder.join(name)).unwrap().is_file(), "{name} is a link still");
        assert!(fs::read(folder.join(name)).unwrap() == good, "{name}");
    }
}

/// Breaks if a name's target is checked after the fetch only, or a pipe is read as a file:
/// that never ends.
#[test]
fn a_name_that_a_folder_or_a_pipe_has_fails_before_it_is_asked_for() {
    let (folder, good) = (folder("occupied"), content(3));
    fs::create_dir(folder.join("box")).unwrap();
    fs::create_dir(folder.join("real")).unwrap();
    symlink("real", folder.join("link")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    let files = ["box", "link", "ok"].map(|name| (name, &good[..], Way::Whole));
    let shelf = Shelf::start(&[&files[..], &[("pipe", &[], Way::Whole)]].concat());
    let run = download(&shelf, &folder);
    assert_eq!((run.status, counts(&run), shelf.asked()), (Some(1), (1, 0, 3), 1), "{run:?}");
    for name in ["box", "link", "pipe"] {
        let line = format!("{name}: what has this name is not a file; move it away\n");
        assert!(run.stderr.contains(&line), "{}", run.stderr);
    }
    assert_eq!(names(&folder), ["box", "link", "ok", "pipe", "real"]);
}

/// Breaks if a file keeps the permissions of a temporary one, which are its owner's alone.
#[test]
fn a_file_has_the_permissions_that_the_umask_leaves() {
    let (folder, good) = (folder("umask"), content(4));
    let shelf = Shelf::start(&[("x", &good, Way::Whole)]);
    let mut command = Command::new("sh");
    command.args(["-c", r#"umask 027; exec "$@""#, "sh"]).arg(path("download"));
    command.args(["--url", &shelf.url(), "--folder", folder.to_str().unwrap()]);
    assert_eq!(run_command(&mut command).status, Some(0));
    assert_eq!(fs::metadata(folder.join("x")).unwrap().permissions().mode() & 0o777, 0o640);
}

fn start(shelf: &Shelf, folder: &Path) -> std::process::Child {
    let mut command = Command::new(path("download"));
    command.args(["--url", &shelf.url(), "--folder", folder.to_str().unwrap(), "--limit", "30"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Breaks if two runs have one temporary name for one file.
#[test]
fn runs_at_the_same_time_do_not_get_into_each_others_way() {
    let (folder, good) = (folder("same_time"), content(5));
    let all: Vec<_> = (10..40).map(|number| format!("f{number}")).collect();
    let files: Vec<_> = all.iter().map(|name| (&**name, &good[..], Way::Whole)).collect();
    let shelf = Shelf::start(&files);
    let mut runs = [(); 4].map(|()| start(&shelf, &folder));
    assert!(runs.iter_mut().all(ends_in_time));
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(names(&folder), all);
    assert!(all.iter().all(|name| fs::read(folder.join(name)).unwrap() == good));
}
