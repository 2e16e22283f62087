//! The two builds that are measured: with cargo's release profile, and as programs ship.
//!
//! With the whole program before it at once the compiler inlines across crates, and what a
//! runtime gains by that is not what another gains. So neither build alone is the answer.

use crate::child;
use crate::saved::Profile;
use serde_json::Value;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The workspace's profile of that name.
const SHIPPED: &str = "shipped";

/// A file of this program, and how it was built.
pub(crate) struct Build {
    pub(crate) profile: Profile,
    pub(crate) program: PathBuf,
}

/// This program alone, or, if `both`, after the plain build the one that ships, which is built now
/// if it is not there.
///
/// # Errors
/// When cargo cannot build it, or this is not the plain build itself.
pub(crate) fn builds(both: bool) -> Result<Vec<Build>, String> {
    let program = child::this()?;
    let folder = profile_folder(&program);
    let shipped = folder.is_some_and(|folder| folder.ends_with(SHIPPED));
    let profile = if shipped { Profile::Shipped } else { Profile::Release };
    let mut builds = vec![Build { profile, program: program.clone() }];
    if both {
        let target = folder.filter(|_| !shipped).and_then(Path::parent);
        let target =
            target.ok_or("both builds are measured from the plain one only: cargo bench -p versus")?;
        builds.push(Build { profile: Profile::Shipped, program: ship(target)? });
    }
    Ok(builds)
}

/// `target/release` of `target/release/deps/versus-…`.
fn profile_folder(program: &Path) -> Option<&Path> {
    program.parent()?.parent()
}

/// Builds this program as programs ship, into the folder `target`; the new file.
fn ship(target: &Path) -> Result<PathBuf, String> {
    eprintln!("building with fat LTO, which takes minutes the first time");
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--profile", SHIPPED, "--bench", "versus", "--message-format", "json"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "--target-dir"])
        .arg(target)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo build --profile {}: {}", SHIPPED, output.status));
    }
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let program = messages.filter_map(Result::ok).find_map(|message| program_in(&message));
    program.ok_or_else(|| String::from("cargo does not say where the program is that it has built"))
}

/// The file of this program, if that is what cargo's message is about.
fn program_in(message: &Value) -> Option<PathBuf> {
    let is_this = message["target"]["name"] == "versus" && message["target"]["kind"][0] == "bench";
    message["executable"].as_str().filter(|_| is_this).map(PathBuf::from)
}
