//! What a fuzzer has found worth keeping, given to each target once more, on any toolchain.

use std::panic::catch_unwind;
use std::path::Path;
use std::{fs, thread};

/// A target with few files would hold little.
const FEWEST: usize = 10;

fn files(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let file = |path: &Path| (path.display().to_string(), fs::read(path).unwrap());
    entries.map(|entry| file(&entry.unwrap().path())).collect()
}

/// Breaks with any promise of any target that a file of its corpus meets.
#[test]
fn every_target_holds_on_its_corpus() {
    let check = |(name, target): &(&str, fuzz::Target)| {
        let files = files(name);
        assert!(files.len() >= FEWEST, "{name} has {} files", files.len());
        for (file, bytes) in &files {
            let held = catch_unwind(|| target(bytes));
            assert!(held.is_ok(), "{name} fails on {file}");
        }
        println!("{name}: {} files", files.len());
    };
    thread::scope(|scope| {
        let checks = fuzz::TARGETS.each_ref().map(|target| scope.spawn(move || check(target)));
        checks.into_iter().for_each(|check| check.join().unwrap());
    });
}

/// Breaks if a target has no program, which a fuzzer would need, or a program no target.
#[test]
fn every_target_has_a_program_of_its_name() {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets")).unwrap();
    let stem = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut programs: Vec<_> = entries.map(|entry| stem(&entry.unwrap().path())).collect();
    programs.sort();
    assert_eq!(programs, fuzz::TARGETS.map(|(name, _)| name));
}
