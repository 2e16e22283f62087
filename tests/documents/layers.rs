//! The layer rule, held against the source itself, and the size of its parts.
//!
//! A file uses only what is below it:
//!
//! ```text
//!               explore/
//!               interop/
//!               gather/
//!     net/
//!                            time/
//!               runtime/
//!     task/                  reactor/
//!               wake/
//!               choice/
//!               trace/
//! ```
//!
//! Two layers on one line do not know each other. A path is judged where it is, in a
//! `use` or in the code: `crate::net::..`, and `super::..` when it climbs out of its layer.
//! Only a macro for users may name what the crate's root exports (`$crate::Gather`), and that
//! counts as the layer it comes from. Comments and texts may speak of what they like.
//!
//! `guide/` is text for users and no layer: it uses nothing, and nothing uses it.

use crate::common::source::{Token, block_end, rust_files, tokens};

/// Each layer with its line in the picture, counted from below.
const LAYERS: [(&str, u8); 11] = [
    ("explore", 9),
    ("interop", 8),
    ("gather", 7),
    ("net", 6),
    ("time", 5),
    ("runtime", 4),
    ("task", 3),
    ("reactor", 3),
    ("wake", 2),
    ("choice", 1),
    ("trace", 0),
];

/// Modules of text.
const TEXTS: [&str; 1] = ["guide"];

fn line_of(layer: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == layer).map(|(_, line)| *line)
}

/// The layer whose `name` the crate's root exports, going by the text of the root.
fn exporter(name: &str, root: &str) -> Option<String> {
    let tokens = tokens(root);
    let exports = (2..tokens.len()).filter(|at| tokens[at - 2].is("pub") && tokens[at - 1].is("use"));
    for at in exports {
        let end = tokens[at..].iter().position(|token| token.is(";"))? + at;
        if tokens[at + 1..end].iter().any(|token| token.is(name)) {
            return Some(tokens[at].text.clone());
        }
    }
    None
}

/// What is wrong with the paths in a file, whose own path is given from `src/`; `root` is
/// the text of `lib.rs`.
fn wrong_paths(file: &str, source: &str, root: &str) -> Vec<String> {
    let module: Vec<&str> = file.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    if TEXTS.contains(&module[0]) {
        let code = first_code(&tokens(source));
        return code.map(|line| format!("{file}:{line}: code in a module of text")).into_iter().collect();
    }
    let Some(own) = line_of(module[0]) else { return vec![format!("{file} belongs to no layer")] };
    let judge = |(mut target, line): (String, usize)| {
        if let Some(name) = target.strip_prefix('$') {
            target = exporter(name, root).unwrap_or(name.to_owned());
        }
        match line_of(&target) {
            Some(_) if target == module[0] => None,
            Some(other) if other < own => None,
            Some(_) => Some(format!("{file}:{line}: {} may not know {target}", module[0])),
            None => Some(format!("{file}:{line}: `{target}` of the crate's root; name its layer instead")),
        }
    };
    paths_from_root(&tokens(source), module.len()).into_iter().filter_map(judge).collect()
}

/// The first line of a module of text with anything but a text and modules below.
fn first_code(tokens: &[Token]) -> Option<usize> {
    let words: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    let mut rest = &words[..];
    // Of a string, such as the name of the text's file, no token is left.
    while let ["#", "!", "[", "doc", "=", "include_str", "!", "(", ")", "]", after @ ..]
    | ["pub", "mod", _, ";", after @ ..] = rest
    {
        rest = after;
    }
    tokens.get(tokens.len() - rest.len()).map(|token| token.line)
}

/// The first part of every path that starts at the crate's root, in a module which is
/// `depth` below that, and its line; with a `$` in front if the path has one.
fn paths_from_root(tokens: &[Token], depth: usize) -> Vec<(String, usize)> {
    // By open brace: whether it is that of a module, which is one further down.
    let (mut found, mut braces, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        let is = |offset: usize, text: &str| tokens.get(at + offset).is_some_and(|token| token.is(text));
        if is(0, "{") {
            braces.push(at >= 2 && tokens[at - 2].is("mod"));
        } else if is(0, "}") {
            braces.pop();
        } else if is(0, "crate") && is(1, "::") {
            let dollar = if at > 0 && tokens[at - 1].is("$") { "$" } else { "" };
            let parts = first_parts(&tokens[at + 2..]).into_iter();
            found.extend(parts.map(|(part, line)| (format!("{dollar}{part}"), line)));
        } else if is(0, "super") {
            let depth = depth + braces.iter().filter(|is_module| **is_module).count();
            let mut supers = 1;
            while is(2 * supers, "super") {
                supers += 1;
            }
            if supers == depth && is(2 * supers - 1, "::") {
                found.extend(first_parts(&tokens[at + 2 * supers..]));
            }
            at += 2 * supers - 1;
            continue;
        }
        at += 1;
    }
    found
}

/// What follows a `::`: one word or sign, or those that begin the items of a group.
fn first_parts(after: &[Token]) -> Vec<(String, usize)> {
    let part = |token: &Token| (token.text.clone(), token.line);
    if !after[0].is("{") {
        return vec![part(&after[0])];
    }
    let (mut parts, mut depth) = (Vec::new(), 0);
    for pair in after[..block_end(after, 0)].windows(2) {
        match pair[0].text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        let begins = pair[0].is("{") || pair[0].is(",");
        if begins && depth == 1 && !pair[1].is("}") {
            parts.push(part(&pair[1]));
        }
    }
    parts
}

/// Every function of a file with its length in lines.
fn functions(source: &str) -> Vec<(String, usize)> {
    let (tokens, mut functions) = (tokens(source), Vec::new());
    for at in 1..tokens.len() {
        // `fn` before a word declares; before a bracket it is a type.
        if tokens[at - 1].is("fn") && tokens[at].is_word() {
            if let Some(open) = body_start(&tokens, at) {
                let last = &tokens[block_end(&tokens, open) - 1];
                functions.push((tokens[at].text.clone(), last.line - tokens[at].line + 1));
            }
        }
    }
    functions
}

/// Where the body of the function declared at `at` opens, if it has one.
fn body_start(tokens: &[Token], at: usize) -> Option<usize> {
    let mut brackets = 0;
    for (at, token) in tokens.iter().enumerate().skip(at) {
        match token.text.as_str() {
            "(" | "[" => brackets += 1,
            ")" | "]" => brackets -= 1,
            ";" if brackets == 0 => return None,
            "{" if brackets == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

fn root() -> String {
    rust_files("src").into_iter().find(|(file, _)| file == "lib.rs").unwrap().1
}

fn all_but_the_root() -> Vec<(String, String)> {
    rust_files("src").into_iter().filter(|(file, _)| file != "lib.rs").collect()
}

#[test]
fn every_file_uses_only_what_is_below_it() {
    let (files, root) = (all_but_the_root(), root());
    let wrong: Vec<_> = files.iter().flat_map(|(file, source)| wrong_paths(file, source, &root)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_layer_is_there_and_uses_another_one() {
    // Were the reader of paths blind, the test above would pass and mean nothing.
    let files = all_but_the_root();
    let upper = LAYERS.iter().filter(|(_, line)| *line > 1); // the lowest two may do without
    for (layer, _) in upper {
        let below = files.iter().filter(|(file, _)| file.starts_with(&format!("{layer}/")));
        let uses = below.flat_map(|(_, source)| paths_from_root(&tokens(source), 2)).count();
        assert!(uses > 0, "{layer} uses nothing, or it is not seen");
    }
}

/// A root with exports of two layers.
const MADE_UP_ROOT: &str = "pub mod time; mod gather;\npub use gather::{all, one};\npub use time::Moment;";

#[test]
fn an_upward_path_is_found_wherever_it_hides() {
    let hidden = [
        ("wake/key.rs", "use crate::task::Id;"),
        ("wake/key.rs", "use crate::{wake::Key, task::{Id, JoinError}};"),
        ("choice/made/run.rs", "use crate::wake::Key;"),
        ("trace/recording/event.rs", "use crate::choice::Choice;"),
        ("wake/mod.rs", "use super::task::Id;"),
        ("wake/key.rs", "use super::super::task::Id;"),
        ("wake/key.rs", "mod tests { use super::super::super::task::Id; }"),
        ("wake/key.rs", "fn f() { crate::task::g() }"),
        ("wake/key.rs", "fn f() { let text = \"a // b\"; crate::task::g() }"),
        ("wake/key.rs", "fn f(c: &'static str) -> char { crate::task::g('\\'', '\"') }"),
        ("wake/key.rs", "macro_rules! m { () => { $crate::task::Id } }"),
        ("task/slab.rs", "use crate::reactor::Timer;"),
        ("reactor/mod.rs", "use crate::task::Tasks;"),
        ("time/timeout.rs", "use crate::net::Incoming;"),
        ("time/sleep.rs", "pub use crate::net::TcpStream;"),
        ("runtime/event_loop.rs", "use crate::gather::gather as all;"),
        ("time/sleep.rs", "macro_rules! m { () => { $crate::all() } }"),
        ("runtime/event_loop.rs", "macro_rules! m { () => { $crate::Moment } }"),
    ];
    for (file, source) in hidden {
        let wrong = wrong_paths(file, source, MADE_UP_ROOT);
        assert!(wrong.len() == 1 && wrong[0].contains(":1: "), "{file}: {source}: {wrong:?}");
    }
}

#[test]
fn a_path_that_names_no_layer_is_found_too() {
    for source in ["use crate::Id;", "use crate::*;", "use super::super::{self, wake};", "$crate::Unknown"] {
        assert_eq!(wrong_paths("task/join.rs", source, MADE_UP_ROOT).len(), 1, "{source}");
    }
    assert_eq!(wrong_paths("extra/new.rs", "", MADE_UP_ROOT), ["extra/new.rs belongs to no layer"]);
}

#[test]
fn a_downward_path_and_an_upward_word_are_left_alone() {
    let fine = [
        ("gather/mod.rs", "use crate::{net::TcpStream, time::{Sleep, sleep}, wake};"),
        ("net/listener.rs", "use crate::time::Sleep;"),
        ("net/branches/addrs.rs", "use super::stream; mod sealed { fn f() -> super::Target {} }"),
        ("net/mod.rs", "mod sealed { use super::addrs; } pub(crate) use addrs::ToAddrs;"),
        ("wake/key.rs", "// use crate::task::Id;\n/* crate::net */ /// [`M`](crate::Metrics)\nfn f() {}"),
        ("wake/key.rs", "fn f() { g(\"crate::task::Id\", r#\"\" crate::net \"#, b\"super::super::x\") }"),
        ("gather/mod.rs", "macro_rules! m { () => { $crate::all($crate::Moment) } }"),
        ("wake/key.rs", "pub(in crate::wake) fn f<'a>(x: &'a u8) -> &'a u8 { x }"),
    ];
    for (file, source) in fine {
        assert_eq!(wrong_paths(file, source, MADE_UP_ROOT), [""; 0], "{file}: {source}");
    }
}

/// Breaks if a module of text may have code, or a layer may name it.
#[test]
fn a_module_of_text_uses_nothing_and_is_used_by_nothing() {
    let text = "//! crate::spawn\n#![doc = include_str!(\"a.md\")]\npub mod a;";
    assert_eq!(wrong_paths("guide/mod.rs", text, MADE_UP_ROOT), [""; 0]);
    for code in
        ["use crate::task::Id;", "fn f() {}", "pub mod b { use std::fmt; }", "#[cfg(test)] pub mod b;"]
    {
        let wrong = wrong_paths("guide/mod.rs", &format!("{text}\n{code}"), MADE_UP_ROOT);
        assert!(wrong.len() == 1 && wrong[0].contains(":4: "), "{code}: {wrong:?}");
    }
    assert_eq!(wrong_paths("gather/mod.rs", "use crate::guide;", MADE_UP_ROOT).len(), 1);
}

#[test]
fn the_root_declares_the_layers_from_the_top_down_with_a_sentence_each() {
    let root = root();
    let lines: Vec<&str> = root.lines().filter(|line| !line.starts_with("#[cfg(feature")).collect();
    let mut declared = Vec::new();
    for pair in lines.windows(2) {
        if let Some(name) = pair[1].trim_start_matches("pub ").strip_prefix("mod ") {
            assert!(pair[0].starts_with("// ") && pair[0].ends_with('.'), "no sentence above `{name}`");
            declared.push(name.trim_end_matches(';'));
        }
    }
    let expected: Vec<_> = TEXTS.into_iter().chain(LAYERS.map(|(layer, _)| layer)).collect();
    assert_eq!(declared, expected);
    assert!(lines.contains(&"#![deny(unsafe_code)]"));
}

#[test]
fn every_file_begins_with_what_it_is_and_none_is_too_long() {
    for (file, source) in rust_files("src") {
        assert!(source.starts_with("//! "), "{file} does not begin with a module doc");
        let lines = source.lines().count();
        assert!(lines <= 300, "{file} has {lines} lines");
    }
}

#[test]
fn no_function_is_longer_than_sixty_lines_and_most_are_under_twenty() {
    let files = rust_files("src");
    let all: Vec<_> = files.iter().flat_map(|(_, source)| functions(source)).collect();
    let long: Vec<_> = all.iter().filter(|(_, lines)| *lines > 60).collect();
    assert!(long.is_empty(), "{long:?}");
    let short = all.iter().filter(|(_, lines)| *lines < 20).count();
    assert!(all.len() > 100 && short * 10 > all.len() * 9, "{short} of {}", all.len());
}

#[test]
fn the_length_of_a_function_is_read_right() {
    let source = "trait T { fn none(&self, x: [u8; 2]); }\ntype F = fn(u8);\n\
                  fn three() -> [u8; 2] {\n    if x { \"}\" }\n}\nfn one() {}";
    assert_eq!(functions(source), [("three".to_owned(), 3), ("one".to_owned(), 1)]);
}

#[test]
fn unsafe_is_on_at_most_three_lines_and_allows_itself_each_time() {
    let (mut unsafes, mut allowed) = (Vec::new(), 0);
    for (file, source) in rust_files("src") {
        let tokens = tokens(&source);
        let lines = tokens.iter().filter(|token| token.is("unsafe"));
        unsafes.extend(lines.map(|token| format!("{file}:{}", token.line)));
        allowed += source.matches("#[allow(unsafe_code)]").count();
    }
    assert!((1..=3).contains(&unsafes.len()), "{unsafes:?}");
    assert_eq!(allowed, unsafes.len());
}
