//! A run replaces its own section of a document and nothing else.

#[path = "../src/sections.rs"]
mod sections;

use sections::{replace, write_whole};
use std::fs;

const DOCUMENT: &str = "\
# Results

By hand: `<!-- versus: generated, do not edit -->` begins a section.

<!-- versus: generated, do not edit -->

old

<!-- /versus -->

In between.

<!-- python: generated, do not edit -->
<!-- /python -->

The end without a line's end";

const BEGIN: &str = "\n<!-- versus: generated, do not edit -->\n";
const END: &str = "<!-- /versus -->\n";

/// What stands before and after the section `versus`.
fn around(document: &str) -> (&str, &str) {
    let (before, rest) = document.split_once(BEGIN).unwrap();
    (before, rest.split_once(END).unwrap().1)
}

#[test]
fn what_is_outside_of_the_markers_stays() {
    let replaced = replace(DOCUMENT, "versus", "new\n\n| a | b |\n").unwrap();
    assert_eq!(around(&replaced), around(DOCUMENT));
    assert!(replaced.contains("do not edit -->\n\nnew\n\n| a | b |\n\n<!-- /versus -->"), "{replaced}");
    assert!(!replaced.contains("old"));
}

#[test]
fn doing_it_again_changes_nothing() {
    let once = replace(DOCUMENT, "versus", "new").unwrap();
    assert_eq!(replace(&once, "versus", "new").unwrap(), once);
    assert_eq!(replace(&once, "versus", "old").unwrap(), DOCUMENT);
}

#[test]
fn each_section_is_filled_alone() {
    let both = replace(&replace(DOCUMENT, "python", "snakes").unwrap(), "versus", "crabs").unwrap();
    let other = replace(&replace(DOCUMENT, "versus", "crabs").unwrap(), "python", "snakes").unwrap();
    assert_eq!(both, other);
    assert!(both.contains("snakes") && both.contains("crabs"));
}

#[test]
fn a_marker_that_is_missing_is_named() {
    let missing = |document: &str| replace(document, "versus", "new").unwrap_err();
    assert!(missing("# Results\n").contains("<!-- versus: generated, do not edit -->"));
    assert!(missing(&DOCUMENT.replace(END, "\n")).contains("<!-- /versus -->"));
    let inline = "text <!-- versus: generated, do not edit --> text\n<!-- /versus -->\n";
    assert!(missing(inline).contains("no line"));
}

#[test]
fn markers_that_leave_a_doubt_are_an_error() {
    let twice = format!("{DOCUMENT}\n{END}");
    assert!(replace(&twice, "versus", "new").unwrap_err().contains("twice"));
    let turned = format!("{END}{BEGIN}");
    assert!(replace(&turned, "versus", "new").unwrap_err().contains("before"));
    assert!(replace(DOCUMENT, "versus", END).is_err());
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = std::env::temp_dir().join(format!("versus-sections-{}", std::process::id()));
    fs::create_dir_all(folder.join("taken")).unwrap();
    let path = folder.join("RESULTS.md");
    write_whole(&path, "one").unwrap();
    write_whole(&path, "two").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "two");
    // No file can take the name of a folder.
    assert!(write_whole(&folder.join("taken"), "three").is_err());
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing is left beside: {names:?}");
    fs::remove_dir_all(&folder).unwrap();
}
