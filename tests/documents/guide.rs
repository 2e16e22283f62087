//! The pages of the guide: every row of a table leads to a section with an example that runs. The
//! examples themselves are run by `cargo test --doc guide`; those that take other crates stand in
//! a test of `examples/ecosystem`.

use crate::common::source::{left_out, root, rust_files, tokens};
use std::collections::BTreeSet;
use std::fs;

const RECIPES: &str = "src/guide/recipes.md";

const PAGES: [&str; 3] = ["src/guide/asyncio.md", "src/guide/tokio.md", RECIPES];

/// What runs the examples that rustdoc ignores.
const ELSEWHERE: &str = "examples/ecosystem/tests/recipes";

/// How many words a page may have beside its examples.
const MOST_WORDS: usize = 1_500;

/// How many lines a recipe may have.
const MOST_LINES: usize = 8;

/// A page by its parts.
#[derive(Default)]
struct Page {
    /// Of every row, where its first cell leads; nothing if that is no link.
    rows: Vec<Option<String>>,
    /// The anchor of every section, and its examples that assert something and run.
    sections: Vec<(String, usize)>,
    /// The examples that rustdoc ignores, without what is before their lines.
    ignored: Vec<String>,
    /// How long the longest example is.
    lines: usize,
    words: usize,
}

impl Page {
    fn new(markdown: &str) -> Self {
        let mut page = Self::default();
        // Every second piece between fences is an example.
        for (at, piece) in markdown.split("```").enumerate() {
            if at % 2 == 0 {
                piece.lines().for_each(|line| page.add_line(line));
            } else if let Some(code) = piece.strip_prefix('\n').or(piece.strip_prefix("ignore\n")) {
                page.add_example(code);
                page.ignored.extend(piece.starts_with("ignore").then(|| unindented(code)));
            }
        }
        page.rows.drain(..2); // the names of the columns, and the line below
        page
    }

    fn add_line(&mut self, line: &str) {
        self.words += line.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
        if let Some(heading) = line.strip_prefix("# ") {
            self.sections.push((anchor(heading), 0));
        } else if let Some(row) = line.strip_prefix("| ").or(line.strip_prefix("|-")) {
            let link = row.split(" | ").next().and_then(|cell| cell.split_once("](#"));
            self.rows.push(link.and_then(|(_, rest)| Some(rest.strip_suffix(')')?.to_owned())));
        }
    }

    fn add_example(&mut self, code: &str) {
        if code.contains("assert") {
            self.sections.last_mut().expect("an example belongs to a section").1 += 1;
        }
        self.lines = self.lines.max(code.lines().filter(|line| counts(line)).count());
    }

    /// What a reader would miss.
    fn faults(&self) -> Vec<String> {
        let anchors: Vec<_> = self.sections.iter().map(|(anchor, _)| Some(anchor.clone())).collect();
        let mut faults = Vec::new();
        if self.rows != anchors {
            faults.push(format!("the rows lead to {:?}, the sections are {anchors:?}", self.rows));
        }
        let bare = self.sections.iter().filter(|(_, examples)| *examples == 0);
        faults.extend(bare.map(|(anchor, _)| format!("{anchor} has no example")));
        faults
    }
}

/// What rustdoc makes of a heading without signs.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

/// The lines as they are whatever is around them.
fn unindented(code: &str) -> String {
    let lines = code.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.fold("\n".to_owned(), |text, line| text + line + "\n")
}

/// Whether a line of an example is one of the recipe, and neither hidden nor what it says of itself.
fn counts(line: &str) -> bool {
    let line = line.trim();
    let beside = ["#", "use ", "assert"].iter().any(|start| line.starts_with(start));
    !beside && line.contains(char::is_alphanumeric)
}

/// Breaks if a row has no section or no example, or they stand in another order.
#[test]
fn every_row_of_a_guide_has_its_section_with_an_example_that_runs() {
    for name in PAGES {
        let page = Page::new(&fs::read_to_string(root().join(name)).unwrap());
        assert!(page.rows.len() >= 15, "the table of {name} is not read: {} rows", page.rows.len());
        assert_eq!(page.faults(), [""; 0], "{name}");
        println!("{name}: {} words", page.words);
        assert!(page.words <= MOST_WORDS, "{name} has {} words", page.words);
    }
}

/// Breaks if a test of a recipe is changed and the page is not, or the other way about.
#[test]
fn every_example_that_rustdoc_ignores_stands_in_a_test_that_runs() {
    let pages = PAGES.map(|name| Page::new(&fs::read_to_string(root().join(name)).unwrap()));
    let ignored: Vec<_> = pages.iter().flat_map(|page| &page.ignored).collect();
    assert!(ignored.len() >= 10, "{} are found", ignored.len());
    if left_out().iter().any(|folder| ELSEWHERE.starts_with(folder)) {
        return; // the unpacked package
    }
    let tests: String = rust_files(ELSEWHERE).iter().map(|(_, text)| unindented(text)).collect();
    for example in ignored {
        assert!(tests.contains(example), "{ELSEWHERE} does not have:{example}");
    }
}

#[test]
fn no_recipe_is_longer_than_eight_lines() {
    let page = Page::new(&fs::read_to_string(root().join(RECIPES)).unwrap());
    assert!((5..=MOST_LINES).contains(&page.lines), "the longest has {} lines", page.lines);
}

/// Of a row of a list by name (``|`there`|here|``), the names that are to be here: those of the
/// first cell if they are the same, else those of the second, up to a word about something else.
fn names_here(row: &str) -> Vec<&str> {
    const OTHERS: [&str; 6] = [";", "around", "socket2", "not here", "futures", "as_fd"];
    let Some((there, here)) = row.strip_prefix('|').and_then(|row| row.split_once('|')) else {
        return vec![];
    };
    if !there.starts_with('`') {
        return vec![];
    }
    let end = OTHERS.iter().filter_map(|word| here.find(word)).min().unwrap_or(here.len());
    let cell = if here.starts_with("the same") { there } else { &here[..end] };
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    cell.split('`').skip(1).step_by(2).filter(is_name).collect()
}

/// Breaks if a method of a socket is renamed, or a list names one that is not there.
#[test]
fn every_method_that_the_lists_of_sockets_name_is_there() {
    let sources = rust_files("src/net");
    let words: BTreeSet<String> =
        sources.iter().flat_map(|(_, source)| tokens(source)).map(|token| token.text).collect();
    let page = fs::read_to_string(root().join("src/guide/tokio.md")).unwrap();
    let names: BTreeSet<_> = page.lines().flat_map(names_here).collect();
    assert!(names.len() > 70, "the lists are not read: {names:?}");
    let missing: Vec<_> = names.iter().filter(|name| !words.contains(**name)).collect();
    assert!(missing.is_empty(), "not in src/net: {missing:?}");
    assert_eq!(names_here("|`a_b`, `c`|the same; not `d_e`|"), ["a_b", "c"]);
    assert_eq!(names_here("|`a_b`|`d_e`, around socket2's `f`|"), ["d_e"]);
}

/// Breaks if the reader of pages is blind.
#[test]
fn a_row_without_its_section_or_example_is_found() {
    let page = |row: &str, sections: &str| {
        let text = format!("| a | b |\n|---|---|\n{row}\n\n{sections}");
        Page::new(&text).faults()
    };
    let (row, good) = ("| [`f()`](#to-f) | g |", "# To f\n\n```\nassert!(true);\n```\n");
    assert_eq!(page(row, good), [""; 0]);
    for (row, sections) in [
        ("| `f()` | g |", good),
        ("| [`f()`](#f) | g |", good),
        (row, ""),
        (row, "# To f\n\nWords.\n"),
        (row, "# To f\n\n```no_run\nassert!(true);\n```\n"),
        (row, "# To f\n\n```\nf();\n```\n"),
        (&format!("{row}\n{row}"), good),
        (row, &good.repeat(2)),
    ] {
        assert_eq!(page(row, sections).len(), 1, "{row} {sections}");
    }
}
