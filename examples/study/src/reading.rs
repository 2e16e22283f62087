//! What there is to read in a step: counted in one way by the estimate of the walk (`tests/walk.rs`)
//! and by the table of costs.
//!
//! A line or a comment is new as often as a step has it, with its settled parts put in, and the step
//! before has it not.

/// Code and prose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Lines of code.
    pub lines: usize,
    /// Words of comments.
    pub words: usize,
}

/// What a step adds to the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What the walk reads: the head, and what is above `details`; in the first step all.
    pub walk: Amount,
    /// What it leaves for a second reading.
    pub details: Amount,
    /// What uses the step, and counts its flaw.
    pub program: Amount,
}

/// Compares the text of a step with that of the step before. Both have their settled parts put in.
pub fn reading(step: &str, before: &str) -> Reading {
    let (head, step) = split_head(step);
    let parts = if before.is_empty() { [&*step, "", ""] } else { parts(&step) };
    let (_, before) = split_head(before);
    let [mut walk, details, program] = [0, 1, 2].map(|part| amount(parts[part], self::parts(&before)[part]));
    walk.words += words(&head);
    Reading { walk, details, program }
}

/// What the walk reads of a step besides its head, without what names nothing.
pub fn what_the_walk_reads(step: &str) -> String {
    let (_, rest) = split_head(step);
    let lines = parts(&rest)[0].lines().skip_while(|line| line.is_empty() || line.starts_with("use "));
    lines.map(|line| format!("{line}\n")).collect()
}

fn amount(part: &str, before: &str) -> Amount {
    let comments = new(part, before, comment);
    Amount { lines: new(part, before, code).len(), words: comments.into_iter().map(words).sum() }
}

/// How many words a text has: what has a letter or a digit in it.
pub fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count()
}

/// The code of a line that is to be read. A brace alone is not, nor a `use`, which names nothing that
/// is not named below.
fn code(line: &str) -> Option<&str> {
    let code = line.split("//").next().unwrap_or_default().trim();
    (code.contains(|c: char| c.is_alphanumeric() || c == '_') && !code.starts_with("use ")).then_some(code)
}

fn comment(line: &str) -> Option<&str> {
    line.split_once("//").map(|(_, comment)| comment.trim())
}

/// What `part` takes from the lines of a text, and not from as many lines of the text before.
fn new<'a>(text: &'a str, before: &str, part: fn(&str) -> Option<&str>) -> Vec<&'a str> {
    let mut old: Vec<_> = before.lines().filter_map(part).collect();
    let is_new = |found: &&str| match old.iter().position(|old| old == found) {
        Some(at) => {
            old.swap_remove(at);
            false
        }
        None => true,
    };
    text.lines().filter_map(part).filter(is_new).collect()
}

/// The head without its marks, and the rest.
fn split_head(text: &str) -> (String, String) {
    let (head, rest): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with("//!"));
    (head.join("\n").replace("//!", ""), rest.join("\n"))
}

/// What is above `details`, these, and the program.
fn parts(text: &str) -> [&str; 3] {
    let (rest, program) = split_at(text, "// ---- the program");
    let (walk, details) = split_at(rest, "// ---- details");
    [walk, details, program]
}

fn split_at<'a>(text: &'a str, mark: &str) -> (&'a str, &'a str) {
    text.find(mark).map_or((text, ""), |at| text.split_at(at))
}
