//! `timeline`: what is in its folder when it cannot write.

use crate::download::{folder, names};
use crate::run::{path, run_command};
use std::fs;
use std::process::Command;

/// The system lets it write the first few kilobytes of a file, as a full disk does. Breaks if
/// the page is written under its own name.
#[test]
fn a_write_that_fails_in_the_middle_leaves_the_earlier_page_as_it_was() {
    let folder = folder("timeline_full");
    fs::write(folder.join("timeline.html"), "an earlier page").unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap '' XFSZ; ulimit -f 8; exec "$@""#, "sh"]).arg(path("timeline"));
    let run = run_command(command.arg(&folder).arg("--unit-ms=1"));
    assert_eq!(run.status, Some(1), "{run:?}");
    assert!(run.stderr.contains("File too large"), "{run:?}");
    assert_eq!(names(&folder), ["timeline.html"]);
    assert!(fs::read(folder.join("timeline.html")).unwrap() == b"an earlier page");
}
