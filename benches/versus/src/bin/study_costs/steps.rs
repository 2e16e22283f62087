//! The steps of the study as they are, each with another program at its end: the scene.
//!
//! They are written into a package of their own beside this program, and built there. A step tells
//! its story by `study`, which is another module here: it says nothing, and leaves no code, as
//! shirr's hooks do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The folder of the study.
pub(crate) const STUDY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/study");

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
    paths.sort();
    paths.iter().map(|path| step(path)).collect()
}

fn step(path: &Path) -> Step {
    let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    let shown = fs::read_to_string(path).expect("a step is text");
    let line = |line: &str| match line.strip_prefix("include!(\"../").and_then(|rest| rest.split('"').next())
    {
        Some(file) => fs::read_to_string(format!("{STUDY}/src/{file}")).expect("what is included is there"),
        None => line.to_owned(),
    };
    let whole = shown.lines().map(line).collect::<Vec<_>>().join("\n");
    Step { name, shown, whole }
}

/// Lines of code, without comments and empty lines.
fn code(source: &str) -> Vec<&str> {
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).collect()
}

impl Step {
    /// How many lines of code there are to read in it.
    pub(crate) fn lines(&self) -> usize {
        code(&self.shown).len()
    }

    /// How many lines of code it has that the step before has not.
    pub(crate) fn new_lines(&self, before: Option<&Self>) -> usize {
        let mut old = before.map_or_else(Vec::new, |before| code(&before.whole));
        let is_new = |line: &&str| {
            let found = old.iter().position(|old| old == line);
            found.map(|at| old.swap_remove(at)).is_none()
        };
        code(&self.whole).into_iter().filter(is_new).count()
    }

    /// Whether it has an operation: a yield gives way to another task, a child is one of a gather.
    pub(crate) fn has(&self, operation: &str) -> bool {
        match operation {
            "yield" => self.whole.contains("struct Ready"),
            "child" => self.has_gather(),
            _ => true,
        }
    }

    fn has_gather(&self) -> bool {
        self.whole.contains("fn gather<")
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

    /// The step up to its program, then the scene.
    fn with_scene(&self) -> String {
        let lines = self.whole.lines().skip_while(|line| line.starts_with("//!"));
        let step: Vec<_> = lines.take_while(|line| !line.starts_with("// ---- the program")).collect();
        let sleep = if self.whole.contains("fn sleep(duration") {
            ""
        } else {
            "fn sleep(duration: Duration) -> Sleep { Sleep { deadline: Instant::now() + duration, timer: None } }"
        };
        let children = if self.has_gather() { "gather(futures).await;" } else { "drop(futures);" };
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        format!(
            r#"#![allow(warnings)]
macro_rules! println {{ ($($words:tt)*) => {{ () }} }}
#[path = "{here}/memory.rs"] mod memory;
#[path = "{here}/bin/study_costs/silence.rs"] mod study;
{}
{sleep}
fn complete(future: impl Future<Output = ()> + 'static) {{ {} }}
async fn children(futures: impl Iterator<Item: Future<Output = ()> + 'static>) {{ {children} }}
mod scene {{
    use super::{{children, complete, memory, sleep}};
    use super::study::yield_now;
    include!("{here}/bin/study_costs/scene.rs");
}}
fn main() {{
    let args: Vec<_> = std::env::args().skip(1).collect();
    scene::run(&args[0], args[1].parse().unwrap(), args.len() > 2);
}}
"#,
            step.join("\n"),
            self.complete(),
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
    fs::create_dir_all(package.join("src/bin")).expect("there is room beside this program");
    let write = |file: &str, text: &str| fs::write(package.join(file), text).expect("it can be written");
    let manifest = fs::read_to_string(format!("{STUDY}/Cargo.toml")).expect("the study is a package");
    let (manifest, _) = manifest.split_once("[dev-dependencies]").expect("its tests need more than it");
    write("Cargo.toml", &format!("{manifest}[workspace]\n"));
    // The versions that the study has.
    let lock = fs::read_to_string(format!("{STUDY}/../../Cargo.lock")).expect("the versions are locked");
    write("Cargo.lock", &lock);
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
