//! Without their features, the trace and the choices are not there: no instruction is left of
//! them, and in the source a hook of either is one statement.
// The programs are built and compared on Linux only.
#![cfg_attr(not(target_os = "linux"), allow(dead_code))]

mod measured;

use crate::common::source::{Token, root, rust_files, tokens};
use measured::{MEASURED, builder, measured, prepare};
use shirr::trace::Recorder;
use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How the hooks begin: of the trace, and of the choices that `explore` makes.
const HOOKS: [&str; 2] = ["trace::emit!(", "choice::make!("];

/// How a hook of the trace begins that makes no event.
const COUNTS: &str = "trace::emit!(waker ";

/// Where the hooks of a file are that begin so, each from its first letter to behind its semicolon.
fn hooks(source: &str, begin: &str) -> Vec<Range<usize>> {
    let starts = source.match_indices(begin).map(|(start, _)| start);
    starts.map(|start| whole_path(source, start)..end_of_call(source, start + begin.len())).collect()
}

/// Where the path begins that is named at `start`: where it is written from the root, there.
fn whole_path(source: &str, start: usize) -> usize {
    source[..start].strip_suffix("crate::").map_or(start, str::len)
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
    for hook in HOOKS.iter().flat_map(|begin| hooks(source, begin)) {
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
        for page in ["asyncio", "recipes", "tokio"] {
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
            let source = if has_hooks(&file) { change(&source) } else { source };
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
    let records =
        |source: &str| hooks(source, HOOKS[0]).into_iter().any(|hook| !source[hook].starts_with(COUNTS));
    let hooked = layers().into_iter().filter(|(_, source)| records(source)).map(|(file, _)| file);
    assert_eq!(met, hooked.collect());
}

/// Whether the hooks of a file are looked at: it is neither of what they lead to, nor compiled
/// with the feature `explore` only.
fn has_hooks(file: &str) -> bool {
    let of_a_feature = ["trace/", "choice/", "explore/"].iter().any(|folder| file.starts_with(folder));
    !of_a_feature && !explored().iter().any(|module| file.starts_with(module))
}

/// The modules of the layers that are there with the feature `explore` only, as files begin.
fn explored() -> Vec<String> {
    let mut found = Vec::new();
    for (file, source) in rust_files("src").into_iter().filter(|(file, _)| file.ends_with("mod.rs")) {
        let lines: Vec<&str> = source.lines().collect();
        let gated = lines.windows(2).filter(|pair| pair[0] == "#[cfg(feature = \"explore\")]");
        let names = gated.filter_map(|pair| pair[1].split_once("mod ")?.1.strip_suffix(';'));
        found.extend(names.map(|name| file.replace("mod.rs", name)));
    }
    found
}

/// Every file of the layers that is compiled without the features.
fn layers() -> Vec<(String, String)> {
    rust_files("src").into_iter().filter(|(file, _)| has_hooks(file)).collect()
}

/// How many calls of a hook a file has, and how many of them are statements.
fn calls(tokens: &[Token], begin: &str) -> (usize, usize) {
    let (module, name) = begin.trim_end_matches("!(").split_once("::").unwrap();
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token: &Token| token.is(text));
    let begins = |at: usize| ["{", "}", ";"].iter().any(|sign| is(at, sign));
    let calls = (0..tokens.len()).filter(|at| is(*at, name) && is(at + 1, "!"));
    let is_statement = |at: &usize| {
        let start = if is(at - 4, "crate") { at - 4 } else { at - 2 };
        is(at - 2, module) && begins(start - 1)
    };
    (calls.clone().count(), calls.filter(is_statement).count())
}

#[test]
fn every_hook_is_one_statement() {
    for (begin, at_least) in HOOKS.into_iter().zip([40, 5]) {
        let mut all = 0;
        for (file, source) in layers() {
            let hooks = hooks(&source, begin).len();
            assert_eq!((hooks, hooks), calls(&tokens(&source), begin), "{begin} in {file}");
            assert!(!without_hooks(&source).contains(begin.split("::").nth(1).unwrap()));
            all += hooks;
        }
        assert!(all > at_least, "{all} hooks {begin}; are they seen?");
    }
}

#[test]
fn no_function_of_the_layers_asks_whether_a_feature_of_hooks_is_on() {
    for (file, source) in layers() {
        let lines: Vec<&str> = source.lines().collect();
        let asks = |line: &str| ["\"trace\"", "\"explore\""].iter().any(|feature| line.contains(feature));
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| asks(line)) {
            let item = lines[at + 1..].iter().find(|line| !line.trim().starts_with("#["));
            let item = item.is_some_and(|line| {
                let begins = |word: &&str| line.trim().starts_with(*word);
                // A `use` at the left margin is no function's.
                line.starts_with("use ") || ["fn ", "pub", "impl", "mod "].iter().any(begins)
            });
            let line = line.trim();
            let attribute = line.starts_with("#[cfg(") || line.starts_with("#[cfg_attr(feature");
            assert!(item && attribute, "{file}:{}: {line}", at + 1);
        }
    }
}

/// What the layers may name when the features are off: of the trace the hook and types of no
/// size, of the choices the hook.
const FACADE: [(&str, &[&str]); 2] =
    [("trace", &["emit", "Caller", "Origin", "Sender", "Session", "Settings"]), ("choice", &["make"])];

#[test]
fn the_layers_know_two_hooks_and_five_types_of_no_size() {
    for (file, source) in layers() {
        let bare = without_hooks(&source);
        let lines: Vec<&str> = bare.lines().collect();
        let code = || lines.iter().enumerate().filter(|(_, line)| !line.trim().starts_with("//"));
        for ((module, facade), (at, line)) in
            FACADE.iter().flat_map(|facade| code().map(move |c| (facade, c)))
        {
            let gate = format!("cfg(feature = \"{}\")", if *module == "trace" { "trace" } else { "explore" });
            let path = format!("{module}::");
            let names =
                line.split(&path).skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
            for name in names.flatten() {
                let gated = lines[at.saturating_sub(3)..at].iter().any(|line| line.contains(&gate));
                assert!(gated || facade.contains(&name), "{file}:{}: {line}", at + 1);
            }
        }
    }
}
