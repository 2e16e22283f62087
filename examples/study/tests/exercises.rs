//! Each exercise has what its reader needs.

use std::fs;
use std::path::Path;

/// Breaks if an exercise lacks its hint, its check, its solutions, or its row in the README.
#[test]
fn each_exercise_has_a_task_a_hint_a_check_two_answers_and_a_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let exercises = fs::read_dir(root.join("exercises")).unwrap().count();
    assert!(exercises >= 10, "{exercises} exercises");
    for number in 1..=exercises {
        let name = format!("ex{number}");
        let text = fs::read_to_string(root.join(format!("exercises/{name}.rs"))).unwrap();
        assert!(text.starts_with(&format!("//! Exercise {number} (s")), "{name} names no step");
        let check = format!("//! Check: `cargo test -p study --test {name} -- --ignored`\n");
        assert!(text.contains("//! Hint: ") && text.contains(&check), "{name}");
        for file in ["solutions/{}.rs", "solutions/{}_wrong.rs", "tests/{}.rs"] {
            let file = file.replace("{}", &name);
            assert!(root.join(&file).exists(), "{file}");
        }
        assert!(readme.contains(&format!("| `{name}.rs` | s")), "{name} has no row");
    }
}
