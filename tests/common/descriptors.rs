//! Tests that need a process of their own, because descriptors and their limit are counted by
//! the process: the test's binary, started again.

use rlimit::Resource;
use std::process::Command;

/// Set in the second process, to the name of its test.
const INSIDE: &str = "SHIRR_TEST_INSIDE";

/// Runs `body` as the test `name` in a process that may open `limit` descriptors.
pub(crate) fn alone(name: &str, limit: u64, body: impl FnOnce()) {
    if std::env::var(INSIDE).is_ok_and(|inside| inside == name) {
        set_limit(limit);
        return body();
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    let output = again.args(["--exact", name, "--nocapture"]).env(INSIDE, name).output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// How many descriptors this process may open from now on; those that are open stay so.
pub(crate) fn set_limit(limit: u64) {
    let (_, most) = Resource::NOFILE.get().unwrap();
    Resource::NOFILE.set(limit, most).expect("the system lets a process open so many");
}

/// How many descriptors this process has open.
pub(crate) fn open_descriptors() -> usize {
    // `/dev/fd` where there is no `/proc`; the one that lists them is among them.
    let folder = ["/proc/self/fd", "/dev/fd"].into_iter().find_map(|path| std::fs::read_dir(path).ok());
    folder.expect("a system that shows its descriptors").count()
}
