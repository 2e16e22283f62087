//! The check of exercise 11: a form of gather in a copy of shirr's own source.
//!
//! The copy lies in the target folder, as a package of its own that keeps what it has built. So the
//! checkout stays as it is, and the check takes seconds once, and then less than one.

mod exercise;

use exercise::{Found, Proof, demand};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const STUDY: &str = env!("CARGO_MANIFEST_DIR");

/// Where the answer is put.
const FILE: &str = "src/gather/branches/first_ok.rs";

/// The lines that name it, and where: at the end of these files.
const NAMED: [(&str, &str); 3] = [
    ("src/gather/branches/mod.rs", "mod first_ok;\npub use first_ok::first_ok;\n"),
    ("src/gather/mod.rs", "pub use branches::first_ok;\n"),
    ("src/lib.rs", "pub use gather::first_ok;\n"),
];

/// What begins the parts of shirr's manifest that the library itself needs.
const PARTS: [&str; 6] = [
    "[package]",
    "[features]",
    "[dependencies]",
    "[target.'cfg(unix)'.dependencies]",
    "[target.'cfg(target_os = \"linux\")'.dependencies]",
    "[lints",
];

/// Writes what is new, so that nothing is built anew for the rest.
fn put(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// Copies a folder as it is, but for what `change` makes of a file.
fn copy(from: &Path, to: &Path, change: &dyn Fn(&Path, String) -> String) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to, change);
        } else {
            put(&to, &change(&path, read(&path)));
        }
    }
}

/// Of shirr by another name, since packages of one name would share what is built.
fn manifest(shirr: &Path, name: &str) -> String {
    let text = read(shirr.join("Cargo.toml"));
    let parts = text.split("\n[").map(|part| format!("[{}\n", part.trim_start_matches('[')));
    let kept = parts.filter(|part| PARTS.iter().any(|head| part.starts_with(head)));
    let kept = kept.collect::<String>().replace("name = \"shirr\"", &format!("name = \"{name}\""));
    kept + "[lib]\nname = \"shirr\"\n\n[workspace]\n"
}

/// A package with shirr and the answer, and the program that checks it. `answer` is a file of the study;
/// the reader may have put one into `src/` instead, which then is the answer.
fn package(name: &str, answer: Option<&str>) -> PathBuf {
    let shirr = Path::new(STUDY).join("../..");
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ex11").join(name);
    let names = |path: &Path, text: String| match NAMED.iter().find(|(file, _)| path.ends_with(file)) {
        Some((_, lines)) if answer.is_some() => text + lines,
        _ => text,
    };
    copy(&shirr.join("src"), &package.join("src"), &names);
    if let Some(answer) = answer {
        put(&package.join(FILE), &read(Path::new(STUDY).join(answer)));
    }
    put(&package.join("Cargo.toml"), &manifest(&shirr, name));
    if !package.join("Cargo.lock").exists() {
        put(&package.join("Cargo.lock"), &read(shirr.join("Cargo.lock")));
    }
    let tests = Path::new(STUDY).join("tests");
    put(&package.join(format!("src/bin/{name}.rs")), &read(tests.join("ex11/check.rs")));
    put(&package.join("src/exercise/mod.rs"), &read(tests.join("exercise/mod.rs")));
    package
}

/// Builds the package, and has its program say what it finds.
fn check(name: &str, answer: Option<&str>) -> Found {
    let package = package(name, answer);
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut run = Command::new(cargo);
    run.args(["run", "--quiet", "--offline", "--target-dir"]).arg(package.with_file_name("target"));
    let output = run.current_dir(&package).output().unwrap();
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match (output.status.success(), told(&output.stdout)) {
        (true, found) if found.is_empty() => Ok(()),
        (true, found) => Err(found),
        (false, _) => Err(format!("it does not compile, or ends: {}", told(&output.stderr))),
    }
}

/// Whether the reader works in `src/` itself.
fn is_in_src() -> bool {
    Path::new(STUDY).join("../..").join(FILE).exists()
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_11_is_solved() {
    let answer = (!is_in_src()).then_some("exercises/ex11.rs");
    demand(|| check("answer", answer));
}

/// Breaks if the check lets the others run on after a value, or after a panic.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    if is_in_src() {
        return; // there is no place for another
    }
    let proof = Proof {
        exercise: || check("exercise", Some("exercises/ex11.rs")),
        starts_with: r#"expected ["a dropped", "b dropped", "c dropped", "Ok(\"b\")"]"#,
        solution: || check("solution", Some("solutions/ex11.rs")),
        wrong: || check("wrong", Some("solutions/ex11_wrong.rs")),
        is_refused_with: r#"seen ["a dropped"], expected ["a dropped", "b dropped", "panic"]"#,
    };
    proof.holds(11);
}
