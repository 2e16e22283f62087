//! The steps of the study as they are, each with another `main`: the scene.
//!
//! They are built in a copy of the study, beside this program. There two files of its library are
//! others: the story is not told and leaves no code, as shirr's hooks do; and the allocator is the
//! one that counts for shirr and tokio, too.

use crate::reading::reading;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The folder of the study.
pub(crate) const STUDY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/study");

const SCENE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin/study_costs/scene.rs");

/// A step of the study.
pub(crate) struct Step {
    pub(crate) name: String,
    /// Its file.
    shown: String,
    /// The same with what it includes.
    whole: String,
}

/// All of them, in order.
pub(crate) fn all() -> Vec<Step> {
    let files = fs::read_dir(Path::new(STUDY).join("src/bin")).expect("the steps are here");
    let mut paths: Vec<_> = files.map(|file| file.expect("it can be read").path()).collect();
    // s0, s1 and so on; there may be other programs.
    let is_step = |name: &str| name.starts_with('s') && name[1..].starts_with(|c: char| c.is_ascii_digit());
    paths.retain(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_step));
    paths.sort();
    paths.iter().map(|path| step(path)).collect()
}

fn step(path: &Path) -> Step {
    let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    let shown = read(path);
    let line = |line: &str| match line.strip_prefix("include!(\"../").and_then(|rest| rest.split('"').next())
    {
        Some(file) => read(format!("{STUDY}/src/{file}")),
        None => line.to_owned(),
    };
    let whole = shown.lines().map(line).collect::<Vec<_>>().join("\n");
    Step { name, shown, whole }
}

impl Step {
    /// How many lines of code it has, without comments and empty lines.
    pub(crate) fn lines(&self) -> usize {
        let lines = self.shown.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
        lines.filter(|line| !line.is_empty()).count()
    }

    /// How many of them a reader of the step before has to read.
    pub(crate) fn new_lines(&self, before: Option<&Self>) -> usize {
        reading(&self.whole, before.map_or("", |before| &before.whole)).walk.lines
    }

    /// Whether it has an operation: a yield gives way to another task, a child is one of a gather.
    pub(crate) fn has(&self, operation: &str) -> bool {
        match operation {
            "yield" => self.whole.contains("struct Ready"),
            "child" => self.whole.contains("fn gather<"),
            _ => true,
        }
    }

    /// How a future is run to its end here.
    fn complete(&self) -> &'static str {
        if self.whole.contains("fn block_on<") {
            "block_on(future);"
        } else if self.has("yield") {
            "let tasks = Tasks::new(); tasks.spawn(future); tasks.run();"
        } else {
            "let mut future = pin!(future);
             while future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}"
        }
    }

    /// How a sleep is made, where there is no function for it.
    fn sleep(&self) -> &'static str {
        if self.whole.contains("fn sleep(duration") {
            ""
        } else if self.whole.contains("timer: Option<") {
            "fn sleep(time: Duration) -> Sleep { Sleep { deadline: Instant::now() + time, timer: None } }"
        } else {
            "fn sleep(time: Duration) -> Sleep { Sleep(Instant::now() + time) }"
        }
    }

    /// The step, whose `main` is not called, and the scene.
    fn with_scene(&self) -> String {
        let lines: Vec<_> = self.shown.lines().skip_while(|line| line.starts_with("//!")).collect();
        let step = lines.join("\n").replace("fn main()", "fn main_of_the_step()");
        let children = if self.has("child") { "gather(futures).await;" } else { "drop(futures);" };
        let (sleep, complete) = (self.sleep(), self.complete());
        format!(
            r#"#![allow(warnings)]
macro_rules! println {{ ($($words:tt)*) => {{ if false {{ ::std::println!($($words)*); }} }} }}
{step}
mod scene {{
    use super::*;
    use study::{{memory, yield_now}};
    include!({SCENE:?});
    {sleep}
    fn complete(future: impl Future<Output = ()> + 'static) {{ {complete} }}
    async fn children(futures: impl Iterator<Item: Future<Output = ()> + 'static>) {{ {children} }}
}}
fn main() {{
    let args: Vec<_> = std::env::args().skip(1).collect();
    scene::run(&args[0], args[1].parse().unwrap(), args.len() > 2);
}}
"#
        )
    }
}

/// Builds the steps, and returns the folder in which the programs are.
///
/// # Panics
/// When one of them cannot be built: then it lacks what the scene needs, or has another name for it.
pub(crate) fn build(steps: &[Step]) -> PathBuf {
    let this = env::current_exe().expect("a running program has a file");
    let package = this.with_file_name("study_costs_steps");
    let write = |file: &str, text: &str| fs::write(package.join(file), text).expect("it can be written");
    let _ = fs::remove_dir_all(package.join("src")); // of an earlier study, or not there
    copy(&Path::new(STUDY).join("src"), &package.join("src"));
    fs::remove_dir_all(package.join("src/bin"))
        .and_then(|()| fs::create_dir(package.join("src/bin")))
        .expect("it is a copy");
    let manifest = read(format!("{STUDY}/Cargo.toml"));
    let (manifest, _) = manifest.split_once("[dev-dependencies]").expect("its tests need more than it");
    write("Cargo.toml", &format!("{manifest}[workspace]\n"));
    // The versions that the study has.
    write("Cargo.lock", &read(format!("{STUDY}/../../Cargo.lock")));
    let library = read(format!("{STUDY}/src/lib.rs"));
    write(
        "src/lib.rs",
        &format!("{library}pub use allocations as memory;\n").replace("mod alloc", "pub mod alloc"),
    );
    write("src/allocations.rs", include_str!("../../memory.rs"));
    write("src/story.rs", include_str!("silence.rs"));
    for step in steps {
        write(&format!("src/bin/{}.rs", step.name), &step.with_scene());
    }
    let target = package.join("target");
    let mut cargo = Command::new(env!("CARGO"));
    let cargo = cargo.args(["build", "--release", "--offline", "--quiet", "--target-dir"]).arg(&target);
    let built = cargo.current_dir(&package).status().expect("cargo is there");
    assert!(built.success(), "a step cannot be built with the scene, see above");
    target.join("release")
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("there is room beside this program");
    for entry in fs::read_dir(from).expect("a folder can be read") {
        let path = entry.expect("a folder can be read").path();
        let to = to.join(path.file_name().expect("a file has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).expect("there is room beside this program");
        }
    }
}

fn read(file: impl AsRef<Path>) -> String {
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.as_ref().display()))
}
