//! Shows what a step changes: `cargo run -q -p study --bin compare s3_slab s4_timers`.
//!
//! It compares the two with their settled parts put in. So a part that has only moved to
//! `src/settled/` is no difference. Each `@@` names the part of the first step in which it begins.
//! It shows what the walk reads: no head, no `use`, and only what is above `details`. `--all` shows
//! everything.

use std::process::Command;
use std::{env, fs, io};
use study::{reading, settled};

fn main() -> io::Result<()> {
    let (options, steps): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|arg| arg.starts_with("--"));
    assert_eq!(steps.len(), 2, "the names of two steps, like s3_slab s4_timers");
    let all = options.iter().any(|option| option == "--all");
    let folder = env::temp_dir().join(format!("study-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    for step in &steps {
        let mut text = settled::whole(step);
        if !all {
            text = reading::what_the_walk_reads(&text);
        }
        if !all && *step == steps[1] {
            text += &format!("// ---- That is what is new above `details`. Stop here, and run {step}.\n");
        }
        fs::write(folder.join(step), text)?;
    }
    fs::write(folder.join("attributes"), "* diff=step\n")?;
    let parts = ["-c", "core.attributesFile=attributes", "-c", "diff.step.xfuncname=^// ---- (.*[a-z])-*"];
    let mut git = Command::new("git");
    git.args(parts).args(["diff", "--no-index"]).args(&steps).current_dir(&folder);
    let shown = git.status();
    fs::remove_dir_all(&folder)?;
    shown.map(drop)
}
