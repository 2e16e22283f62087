//! Running an example and reading what it printed.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

/// No run takes nearly as long; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(100);

/// What a program that has ended left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The one line that `--json` prints.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// How many errors of this kind the gather had, as told beside the JSON.
    pub(crate) fn errors(&self, kind: &str) -> u64 {
        let start = format!("error {kind}: ");
        let count = self.stderr.lines().find_map(|line| line.strip_prefix(&start));
        count.map_or(0, |rest| rest.split(' ').next().unwrap().parse().unwrap())
    }
}

pub(crate) fn run(example: &str, args: &[&str]) -> Run {
    run_command(Command::new(path(example)).args(args))
}

/// `fetch_status --json` with these arguments, too.
pub(crate) fn fetch_status(args: &[&str]) -> Run {
    run_command(Command::new(path("fetch_status")).arg("--json").args(args))
}

/// # Panics
/// When the program does not end.
pub(crate) fn run_command(command: &mut Command) -> Run {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    if !ends_in_time(&mut child) {
        child.kill().unwrap();
        panic!("{command:?} hangs: {:?}", child.wait_with_output());
    }
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Whether the program ends; if it never does, this takes as long as our patience.
pub(crate) fn ends_in_time(child: &mut Child) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}

/// Where the example was built to: beside the folder of the tests, `target/debug/deps`.
pub(crate) fn path(example: &str) -> PathBuf {
    static BUILD: Once = Once::new();
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let file = format!("{example}{}", std::env::consts::EXE_SUFFIX);
    let path = profile.join("examples").join(file);
    if !path.exists() {
        BUILD.call_once(|| build(profile.ends_with("release")));
    }
    path
}

/// Builds the examples, for a test that was run without them.
fn build(release: bool) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "build",
        "--examples",
        "--manifest-path",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ]);
    if release {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "{cargo:?} fails");
}
