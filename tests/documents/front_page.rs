//! What README.md and the first page of `cargo doc` promise to find: every example by its name,
//! files of the source, and what the manifest says. `names.rs` follows the README's links.

use crate::common::source::{root, rust_files, tokens};
use crate::spine::code_lines;
use std::collections::BTreeSet;
use std::fs;

/// The comment at the head of `src/lib.rs`, which `cargo doc` shows first.
fn front_page() -> String {
    let source = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    source.lines().filter_map(|line| line.strip_prefix("//!")).collect::<Vec<_>>().join("\n")
}

/// Every program of `folder`, a file or a folder each.
fn programs(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).into_iter().flatten().map(Result::unwrap);
    let names = entries.filter_map(|entry| {
        let path = entry.path();
        let is_program = path.extension().is_some_and(|end| end == "rs") || path.join("main.rs").exists();
        is_program.then(|| path.file_stem().unwrap().to_str().unwrap().to_owned())
    });
    names.collect()
}

/// Breaks if an example comes without a row for it, or a row is lost.
#[test]
fn both_front_pages_name_every_example() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut examples = programs("examples");
    assert!(examples.len() >= 9, "the examples are not found: {examples:?}");
    examples.extend(programs("examples/ecosystem/src/bin")); // not in the package
    for (page, text) in [("README.md", readme), ("src/lib.rs", front_page())] {
        let is_missing = |name: &&String| !text.contains(&format!("`{name}`"));
        let missing: Vec<_> = examples.iter().filter(is_missing).collect();
        assert!(missing.is_empty(), "{page} does not name {missing:?}");
    }
}

/// rustdoc does not follow links to the pages of the source. Breaks if the file is renamed.
#[test]
fn every_link_of_the_front_page_to_a_source_leads_to_a_file() {
    let page = front_page();
    let links = page.split("](../src/shirr/").skip(1).filter_map(|rest| Some(rest.split_once(".html)")?.0));
    let links: Vec<_> = links.collect();
    assert!(!links.is_empty(), "the page says where the reading begins");
    for link in links {
        assert!(root().join("src").join(link).is_file(), "src/{link} is not there");
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// Breaks if a feature comes without its row, or goes and leaves it.
#[test]
fn the_readme_has_a_row_for_each_feature() {
    let (readme, manifest) = (read("README.md"), read("Cargo.toml"));
    let table = readme.split("| feature, off by default |").nth(1).expect("README.md has that table");
    let rows = table.lines().skip(2).map_while(|line| line.strip_prefix("| `")?.split('`').next());
    let section = manifest.split("[features]\n").nth(1).expect("there are features");
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let features = lines.filter_map(|line| Some(line.split_once(" = ")?.0));
    assert_eq!(rows.collect::<BTreeSet<_>>(), features.collect::<BTreeSet<_>>());
}

#[test]
fn the_readme_asks_for_the_rust_that_the_manifest_asks_for() {
    let manifest = read("Cargo.toml");
    let version = manifest.split("rust-version = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(read("README.md").contains(&format!("You need Rust {version} or later")), "{version}");
}

#[test]
fn the_documents_count_the_unsafe_expressions() {
    let words = ["no", "one", "two", "three"];
    let count = |source: &str| tokens(source).iter().filter(|token| token.is("unsafe")).count();
    let all: usize = rust_files("src").iter().map(|(_, source)| count(source)).sum();
    assert!(all < words.len(), "src/ has {all} `unsafe` expressions; three are the most");
    let word = words[all];
    for (file, text) in [
        ("README.md", format!("denies `unsafe` but for {word} expressions")),
        ("SECURITY.md", format!("`unsafe` stands in {word} expressions")),
    ] {
        assert!(read(file).contains(&text), "{file} does not say: {text}");
    }
}

/// What the trace and the explorer have, and unit tests with a file of their own.
const LEFT_OUT: [&str; 9] = [
    "trace/",
    "explore/",
    "choice/made/",
    "simulated",
    "hosts.rs",
    "world.rs",
    "chosen.rs",
    "tests.rs",
    "both.rs",
];

/// Breaks if the code outgrows the figure by a twentieth, or the comments theirs by a fifth.
#[test]
fn the_readme_says_about_how_many_lines_of_code_and_of_comments_there_are() {
    let mut files = rust_files("src");
    files.retain(|(file, _)| !LEFT_OUT.iter().any(|part| file.contains(part)));
    let code: usize = files.iter().map(|(_, source)| code_lines(source)).sum();
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let comments: usize = files.iter().map(|(_, source)| source.lines().filter(is_comment).count()).sum();
    println!("{code} lines of code, {comments} of comments");
    let readme = read("README.md");
    let (before, after) = readme.split_once(" lines of code without the trace and the explorer").unwrap();
    let said: usize = before.rsplit(' ').next().unwrap().replace(',', "").parse().unwrap();
    assert!(said.abs_diff(code) <= code / 20, "README.md says about {said} lines of code; there are {code}");
    assert!(after.starts_with(", explained in half as many of comments"));
    assert!(
        (code / 2).abs_diff(comments) <= code / 10,
        "{comments} lines of comments are not half of {code}"
    );
}
