//! Writes a file of source with a hostile name, so that there is a line of code in it.

use std::path::Path;
use std::{env, fs};

/// Markup, quotes, control characters and a switch of direction. The first `/` makes a folder.
const NAME: &str =
    if cfg!(windows) { "'&\u{202e}.rs" } else { "<!--<\u{85}/script>\"'&\u{202e}\u{7}\u{1b}[1m.rs" };

const SOURCE: &str = "pub(crate) fn line() -> &'static std::panic::Location<'static> {
    std::panic::Location::caller()
}
";

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let file = Path::new(&out).join(NAME);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, SOURCE).unwrap();
    let module = format!("#[path = {:?}] mod hostile;", file.to_str().unwrap());
    fs::write(Path::new(&out).join("module.rs"), module).unwrap();
    println!("cargo:rerun-if-changed=build.rs");
}
