//! What the page has from DESIGN.md: its twelve words, and the names of the walk's steps. The page
//! reads them there, so that they are written once.

use serde_json::{Value, json};

const DESIGN: &str = include_str!("../../../../DESIGN.md");

/// A list of each word, what others call it, and what it means.
pub(super) fn words() -> Value {
    let items = section("Twelve words").lines().filter_map(|line| line.strip_prefix("- **"));
    items.filter_map(word).collect()
}

/// The names of the steps by which [`walk`](crate::trace::recording::story::walk) numbers events, from 1 on.
pub(super) fn steps() -> Vec<&'static str> {
    let lines = section("A read in a gather").lines();
    let items = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    items.filter_map(|line| line.split("**").nth(1)).map(|name| name.trim_end_matches('.')).collect()
}

/// What is below a heading, up to the next one of its kind.
fn section(heading: &str) -> &'static str {
    let (_, rest) = DESIGN.split_once(&format!("\n## {heading}\n")).unwrap_or_default();
    rest.split("\n## ").next().unwrap_or_default()
}

/// An item without its first mark: `Slab** (arena): a table of tasks, sources or timers.`
fn word(item: &str) -> Option<Value> {
    let (head, meaning) = item.split_once("): ")?;
    let (word, others) = head.split_once("** (")?;
    Some(json!([plain(word), plain(others), plain(meaning)]))
}

/// Without the marks for code and for emphasis.
fn plain(text: &str) -> String {
    text.replace(['`', '*'], "")
}
