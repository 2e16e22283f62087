//! Shows what a step changes: `cargo run -q -p study --bin compare s3_slab s4_timers`.
//!
//! It compares the two with their settled parts put in. So a part that has only moved to
//! `src/settled/` is no difference. Each `@@` names the part of the first step in which it begins.

use std::process::Command;
use std::{env, fs, io};
use study::settled;

fn main() -> io::Result<()> {
    let steps: Vec<_> = env::args().skip(1).collect();
    assert_eq!(steps.len(), 2, "the names of two steps, like s3_slab s4_timers");
    let folder = env::temp_dir().join(format!("study-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    for step in &steps {
        fs::write(folder.join(step), settled::whole(step))?;
    }
    fs::write(folder.join("attributes"), "* diff=step\n")?;
    let parts = ["-c", "core.attributesFile=attributes", "-c", "diff.step.xfuncname=^// ---- (.*[a-z])-*"];
    let mut git = Command::new("git");
    git.args(parts).args(["diff", "--no-index"]).args(&steps).current_dir(&folder);
    let shown = git.status();
    fs::remove_dir_all(&folder)?;
    shown.map(drop)
}
