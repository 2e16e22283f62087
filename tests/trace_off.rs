//! Without its feature, the trace is not there: no instruction is left of it, and in the
//! source it is one statement each.
#![cfg(feature = "trace")]
// The programs are built and compared on Linux only.
#![cfg_attr(not(target_os = "linux"), allow(dead_code))]

mod common;
#[path = "off/measured.rs"]
mod measured;

use common::source::{Token, root, rust_files, tokens};
use measured::{MEASURED, builder, measured, prepare};
use shirr::trace::Recorder;
use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HOOK: &str = "trace::emit!(";

/// How a hook begins that makes no event.
const COUNTS: &str = "trace::emit!(waker ";

/// Where the hooks of a file are, each from its first letter to behind its semicolon.
fn hooks(source: &str) -> Vec<Range<usize>> {
    source.match_indices(HOOK).map(|(start, _)| start..end_of_call(source, start + HOOK.len())).collect()
}

/// Behind the `);` of a call whose arguments begin at `from`; no text among them has brackets.
fn end_of_call(source: &str, from: usize) -> usize {
    let mut depth = 1;
    let close = source[from..].find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    let end = from + close.expect("a call ends") + 1;
    assert!(source[end..].starts_with(';'), "not a statement: {}", &source[from..end]);
    end + 1
}

/// The file with spaces in the place of its hooks, so that all else keeps its line and column.
fn without_hooks(source: &str) -> String {
    let mut left = source.to_owned();
    for hook in hooks(source) {
        let spaces: String = source[hook.clone()].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        left.replace_range(hook, &spaces);
    }
    left
}

/// A package of this library and the program that is measured.
struct Package(PathBuf);

impl Package {
    /// All in one folder, so that nothing but the hooks differs between the two builds.
    fn new() -> Self {
        let package = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join("trace_off"));
        let _ = fs::remove_dir_all(package.0.join("src"));
        let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let dropped = [
            "workspace]",
            "[example]]",
            "dev-dependencies]",
            "profile.",
            "lints.",
            "target.'cfg(unix)'.dev-",
        ];
        let sections = manifest.split("\n[");
        let kept = sections.filter(|section| !dropped.iter().any(|start| section.starts_with(start)));
        let manifest = kept.collect::<Vec<_>>().join("\n[") + "\n[workspace]\n";
        package.write("Cargo.toml", &manifest);
        package.write("Cargo.lock", &fs::read_to_string(root().join("Cargo.lock")).unwrap());
        package.write("src/bin/measured.rs", include_str!("off/measured.rs"));
        for page in ["asyncio", "tokio"] {
            package.write(&format!("src/guide/{page}.md"), ""); // texts, which the docs include
        }
        package
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Builds the program with each file of the library as `change` makes it, and moves it to
    /// where the other build does not overwrite it.
    fn build(&self, name: &str, change: impl Fn(&str) -> String) -> PathBuf {
        for (file, source) in rust_files("src") {
            let source = if file.starts_with("trace/") { source } else { change(&source) };
            self.write(&format!("src/{file}"), &source);
        }
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--offline", "--quiet", "--bin", "measured"]);
        // Whatever these tests are built with, the program is not.
        for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            cargo.env_remove(variable);
        }
        let target = self.0.join("target");
        let built = cargo.env("CARGO_TARGET_DIR", &target).current_dir(&self.0).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let program = self.0.join(name);
        fs::rename(target.join("release/measured"), &program).unwrap();
        program
    }
}

/// How many instructions the measured function takes, with all that it calls, outside of the
/// kernel; nothing where valgrind is not installed.
fn instructions(program: &Path, what: &str) -> Option<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg("--toggle-collect=measured::measured*").arg(program).arg(what);
    let Output { status, stderr, .. } = valgrind.output().ok()?;
    let said = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{said}");
    let count = said.lines().find_map(|line| line.split_once("Collected : "));
    Some(count.expect("callgrind says how many").1.trim().parse().unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn without_the_feature_not_one_instruction_is_left_of_it() {
    let package = Package::new();
    let with = package.build("with", str::to_owned);
    let without = package.build("bare", without_hooks);
    for what in MEASURED {
        let count = || instructions(&with, what).zip(instructions(&without, what));
        let Some(mut counts) = count() else {
            let required = std::env::var_os("SHIRR_COUNTERPARTS").is_some_and(|value| value == "required");
            assert!(!required, "valgrind is not installed");
            println!("skipped: valgrind is not installed");
            break;
        };
        // Where memory happens to lie may make a copy of it a few instructions longer.
        for _ in 0..5 {
            if counts.0 != counts.1 {
                counts = count().expect("it was installed just now");
            }
        }
        println!("{what}: {counts:?} instructions with and without the hooks");
        assert!(counts.0 == counts.1 && counts.0 > 100_000, "{what}: {counts:?}");
    }
    assert!(fs::read(with).unwrap() == fs::read(without).unwrap(), "the programs differ");
}

#[test]
fn what_is_measured_goes_through_every_file_that_has_hooks() {
    let recorder = Recorder::new();
    for what in MEASURED {
        let runtime = builder().record(&recorder).build().unwrap();
        let _prepared = prepare(&runtime, what);
        measured(&runtime, what);
    }
    let lines = recorder.events().into_iter().map(|event| event.line.file());
    let met: BTreeSet<_> = lines.map(|path| path.trim_start_matches("src/").to_owned()).collect();
    let records = |source: &str| hooks(source).into_iter().any(|hook| !source[hook].starts_with(COUNTS));
    let hooked = layers().into_iter().filter(|(_, source)| records(source)).map(|(file, _)| file);
    let hooked = hooked.filter(|file| !is_of_explored_runs(file));
    assert_eq!(met, hooked.collect());
}

/// Whether only an explored run goes through this file, which what is measured is not.
fn is_of_explored_runs(file: &str) -> bool {
    let own = ["choice/", "explore/"].iter().any(|folder| file.starts_with(folder));
    own || ["/chosen.rs", "/simulated.rs"].iter().any(|name| file.ends_with(name))
}

/// Files that are compiled only with the feature, by their modules' declarations.
const BY_FEATURE: [(&str, &str); 2] =
    [("choice/made/told.rs", "choice/made/mod.rs"), ("explore/told.rs", "explore/mod.rs")];

/// Every file of the layers, without the trace's own.
fn layers() -> Vec<(String, String)> {
    rust_files("src").into_iter().filter(|(file, _)| !file.starts_with("trace/")).collect()
}

#[test]
fn every_hook_is_one_statement() {
    let mut all = 0;
    for (file, source) in layers() {
        let (hooks, tokens) = (hooks(&source).len(), tokens(&source));
        let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token: &Token| token.is(text));
        let emits = (0..tokens.len()).filter(|at| is(*at, "emit") && is(at + 1, "!"));
        let begins = |at: usize| ["{", "}", ";"].iter().any(|sign| is(at, sign));
        let statements = emits.clone().filter(|at| is(at - 2, "trace") && begins(at - 3));
        assert_eq!((hooks, hooks), (emits.count(), statements.count()), "{file}");
        assert!(!without_hooks(&source).contains("emit!"));
        all += hooks;
    }
    assert!(all > 40, "{all} hooks; are they seen?");
}

#[test]
fn no_function_of_the_layers_asks_whether_the_feature_is_on() {
    for (file, source) in layers() {
        let lines: Vec<&str> = source.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("\"trace\"")) {
            let item = lines[at + 1..].iter().find(|line| !line.starts_with("#["));
            let item = item
                .is_some_and(|line| ["fn ", "pub", "impl", "mod "].iter().any(|word| line.starts_with(word)));
            let attribute = line.starts_with("#[cfg(") || line.starts_with("#[cfg_attr(feature");
            assert!(item && attribute, "{file}:{}: {line}", at + 1);
        }
    }
}

/// What the layers may name of the trace when the feature is off: the hook, and types of no size.
const FACADE: [&str; 6] = ["emit", "Caller", "Origin", "Sender", "Session", "Settings"];

#[test]
fn the_layers_know_a_hook_and_five_types_of_no_size() {
    let (files, is_by_feature) = (layers(), |file: &str| BY_FEATURE.iter().any(|(known, _)| *known == file));
    for (_, declares) in BY_FEATURE {
        let (_, source) = files.iter().find(|(file, _)| file == declares).unwrap();
        assert!(source.contains("#[cfg(feature = \"trace\")]\nmod told;"), "{declares}");
    }
    for (file, source) in files.into_iter().filter(|(file, _)| !is_by_feature(file)) {
        let bare = without_hooks(&source);
        let lines: Vec<&str> = bare.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim().starts_with("//")) {
            let names =
                line.split("trace::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
            for name in names.flatten() {
                let gated = lines[at.saturating_sub(3)..at]
                    .iter()
                    .any(|line| line.contains("cfg(feature = \"trace\")"));
                assert!(gated || FACADE.contains(&name), "{file}:{}: {line}", at + 1);
            }
        }
    }
}
