//! Writes a copy of the source for each fault, and a module for each copy, with its models.

#[allow(dead_code)] // what only the test of the faults needs
mod faults;

use faults::FAULTS;
use std::path::Path;
use std::{env, fs};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = env::var("OUT_DIR").unwrap();
    let (mut modules, mut list) = (String::new(), String::new());
    for (number, fault) in FAULTS.iter().enumerate() {
        let path = root.join(fault.file.path);
        let source = fs::read_to_string(&path).unwrap();
        let copy = format!("{out}/{number}.rs");
        fs::write(&copy, fault.seed(&source).0).unwrap();
        println!("cargo:rerun-if-changed={}", path.display());

        let name = path.file_stem().unwrap().display();
        let (key, models) = (root.join("src/wake/key.rs"), root.join(fault.file.models));
        let branches = if name.to_string() == "inbox" { branches(&root) } else { String::new() };
        modules += &format!(
            "mod fault_{number} {{
                #[path = {key:?}] mod key;
                {branches}
                #[path = {copy:?}] mod {name};
                #[path = {models:?}] pub mod models;
                use key::Key;
            }}\n"
        );
        list += &format!("fault_{number}::models::{},\n", fault.breaks);
    }
    let all = format!("{modules}pub static MODELS: &[fn()] = &[\n{list}];\n");
    fs::write(Path::new(&out).join("faulty.rs"), all).unwrap();
}

/// What the inbox takes from its layer's branches.
fn branches(root: &Path) -> String {
    let unheard = root.join("src/wake/branches/unheard.rs");
    format!("mod branches {{ #[path = {unheard:?}] mod unheard; pub(crate) use unheard::Unheard; }}")
}
