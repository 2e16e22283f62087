//! Logs of the Python program and of shirr, and the children that both speak of.

use crate::common::{Trace, run, turns};
use std::collections::HashMap;
use std::future::Future;
use std::io::{ErrorKind, Write};
use std::process::Command;
use std::sync::OnceLock;

type Logs = HashMap<String, Vec<String>>;

/// The logs of the Python program, by scenario; none without Python.
fn python() -> Option<&'static Logs> {
    static LOGS: OnceLock<Option<Logs>> = OnceLock::new();
    LOGS.get_or_init(run_python).as_ref()
}

fn run_python() -> Option<Logs> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/gather.py");
    let output = match Command::new("python3").arg("-B").arg(program).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        output => output.unwrap(),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut logs, mut scenario) = (Logs::new(), String::new());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        match line.strip_prefix("== ") {
            Some(name) => scenario = name.to_owned(),
            None => logs.entry(scenario.clone()).or_default().push(line.to_owned()),
        }
    }
    Some(logs)
}

/// What Python's log of this scenario is.
fn log_of_python(scenario: &str) -> Option<&'static [String]> {
    let Some(logs) = python() else {
        assert!(std::env::var_os("CI").is_none(), "there is no python3, and in CI there must be one");
        let mut stderr = std::io::stderr(); // the harness would keep what `eprintln!` says
        writeln!(stderr, "SKIPPED {scenario}: there is no python3 to compare with").unwrap();
        return None;
    };
    Some(logs.get(scenario).unwrap_or_else(|| panic!("{scenario} is not in the Python program")))
}

fn log_of_shirr<F: Future<Output = ()>>(body: impl FnOnce(Trace) -> F + Send + 'static) -> Vec<String> {
    run(|| async {
        let log = Trace::default();
        body(log.clone()).await;
        log.take()
    })
}

/// Both have the same log.
pub(crate) fn agree<F: Future<Output = ()>>(scenario: &str, body: impl FnOnce(Trace) -> F + Send + 'static) {
    let shirr = log_of_shirr(body);
    assert!(!shirr.is_empty());
    let Some(python) = log_of_python(scenario) else { return };
    assert_eq!(shirr, python, "shirr's log on the left, Python's on the right");
}

/// Each has its own log, on purpose.
pub(crate) fn differ<F: Future<Output = ()>>(
    scenario: &str,
    in_python: &[&str],
    in_shirr: &[&str],
    body: impl FnOnce(Trace) -> F + Send + 'static,
) {
    assert_ne!(in_python, in_shirr);
    assert_eq!(log_of_shirr(body), in_shirr);
    let Some(python) = log_of_python(scenario) else { return };
    assert_eq!(python, in_python);
}

pub(crate) async fn ticks(n: usize) {
    turns(20 * n).await;
}

/// Says that the child is cancelled when it is dropped before its end.
struct Alive(&'static str, Trace, bool);

impl Drop for Alive {
    fn drop(&mut self) {
        if self.2 {
            self.1.note(format!("{} is cancelled", self.0));
        }
    }
}

pub(crate) type Text = Result<String, String>;

/// Lives for `n` ticks, then gives its name in capitals.
pub(crate) async fn child(log: Trace, name: &'static str, n: usize) -> Text {
    live(log, name, n, false).await
}

/// The same, or it fails with its name.
pub(crate) async fn live(log: Trace, name: &'static str, n: usize, fails: bool) -> Text {
    log.note(format!("{name} starts"));
    let mut alive = Alive(name, log.clone(), true);
    ticks(n).await;
    alive.2 = false;
    log.note(format!("{name} {}", if fails { "fails" } else { "ends" }));
    if fails { Err(format!("error {name}")) } else { Ok(name.to_uppercase()) }
}

/// A child that runs on when its gather goes, as in Python: a task, by its handle.
pub(crate) fn task<T: 'static>(
    child: impl Future<Output = T> + 'static,
) -> impl Future<Output = T> + 'static {
    let handle = shirr::spawn(child);
    async { handle.await.unwrap() }
}

pub(crate) async fn run_on(
    children: impl IntoIterator<Item = impl Future<Output = Text> + 'static>,
) -> Result<Vec<String>, String> {
    shirr::try_gather(children.into_iter().map(task)).await
}

pub(crate) fn list(texts: impl IntoIterator<Item = Text>) -> String {
    let texts = texts.into_iter().map(|text| text.unwrap_or_else(|error| error));
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}

pub(crate) fn list_or_error(result: Result<Vec<String>, String>) -> String {
    result.map_or_else(|error| error, |values| list(values.into_iter().map(Ok)))
}
