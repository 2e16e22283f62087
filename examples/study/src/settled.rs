//! A step with its settled parts put in: one file, as a step would be without `src/settled/`.

use std::fs;
use std::path::Path;

/// How the line begins that takes a settled part in.
pub const TAKES_IN: &str = "include!(\"../settled/";

/// The text of a step, by the name of its file.
///
/// # Panics
/// When there is no such step.
pub fn whole(step: &str) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: String| fs::read_to_string(src.join(&path)).unwrap_or_else(|_| panic!("no {path}"));
    let (mut text, mut after_a_part) = (String::new(), false);
    for line in read(format!("bin/{step}.rs")).lines() {
        if after_a_part && !line.is_empty() {
            text += "\n";
        }
        let part = line.strip_prefix(TAKES_IN).and_then(|rest| rest.split('"').next());
        text += &part.map_or_else(|| format!("{line}\n"), |part| body(&read(format!("settled/{part}"))));
        after_a_part = part.is_some();
    }
    text
}

/// A settled part without its first line, which says where it is from.
pub fn body(part: &str) -> String {
    part.split_once("\n\n").map_or_else(String::new, |(_, body)| body.to_owned())
}
