//! Running a step and reading what it printed.
#![allow(dead_code, unreachable_pub)] // each test file uses a part

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// The steps in order.
pub const STEPS: [(&str, &str); 10] = [
    ("s0_future", env!("CARGO_BIN_EXE_s0_future")),
    ("s1_block_on", env!("CARGO_BIN_EXE_s1_block_on")),
    ("s2_tasks", env!("CARGO_BIN_EXE_s2_tasks")),
    ("s3_slab", env!("CARGO_BIN_EXE_s3_slab")),
    ("s4_timers", env!("CARGO_BIN_EXE_s4_timers")),
    ("s5_sockets", env!("CARGO_BIN_EXE_s5_sockets")),
    ("s6_bell", env!("CARGO_BIN_EXE_s6_bell")),
    ("s7_gather", env!("CARGO_BIN_EXE_s7_gather")),
    ("s8_number", env!("CARGO_BIN_EXE_s8_number")),
    ("s9_panics", env!("CARGO_BIN_EXE_s9_panics")),
];

/// No step takes nearly as long; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a step printed, as lines.
pub struct Told(pub Vec<String>);

/// Runs a step.
///
/// # Panics
/// When it hangs, or fails.
pub fn run(step: &str, args: &[&str]) -> Told {
    let (_, path) = STEPS.iter().find(|(name, _)| *name == step).unwrap();
    run_command(Command::new(path).args(args))
}

/// Runs a program in the same way.
pub fn run_command(command: &mut Command) -> Told {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() > PATIENCE => {
                child.kill().unwrap();
                panic!("{command:?} hangs after {:?}", reader.join().unwrap());
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let text = reader.join().unwrap().unwrap();
    assert!(status.success(), "{command:?}: {text}");
    Told(text.lines().map(str::to_owned).collect())
}

impl Told {
    /// The numbers in the only line that begins so.
    pub fn numbers(&self, start: &str) -> Vec<u64> {
        let lines: Vec<_> = self.0.iter().filter(|line| line.starts_with(start)).collect();
        assert_eq!(lines.len(), 1, "{start}: {:#?}", self.0);
        let digits = lines[0].split(|c: char| !c.is_ascii_digit());
        digits.filter_map(|number| number.parse().ok()).collect()
    }

    /// How many lines have this in them.
    pub fn count(&self, part: &str) -> usize {
        self.0.iter().filter(|line| line.contains(part)).count()
    }

    /// Where the first line is that has this in it.
    pub fn at(&self, part: &str) -> usize {
        let found = self.0.iter().position(|line| line.contains(part));
        found.unwrap_or_else(|| panic!("no line has {part:?}: {:#?}", self.0))
    }

    /// The lines that begin so.
    pub fn lines(&self, start: &str) -> Vec<&str> {
        self.0.iter().map(String::as_str).filter(|line| line.starts_with(start)).collect()
    }
}

/// The folder of this package.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The source of a step.
pub fn source(step: &str) -> String {
    fs::read_to_string(path(step)).unwrap()
}

/// Where it is.
pub fn path(step: &str) -> PathBuf {
    root().join(format!("src/bin/{step}.rs"))
}
