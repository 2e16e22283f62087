//! A type's name means one thing in all of `src/`.

use crate::common::source::{Token, block_end, rust_files, tokens};
use std::collections::BTreeMap;

/// The names that two types have, and why.
const EXCEPTIONS: [(&str, &str); 17] = [
    // `trace/nothing.rs` declares for builds without the feature what `trace/recording/` has.
    ("Caller", "the trace, with its feature and without"),
    ("Origin", "the trace, with its feature and without"),
    ("Sender", "the trace, with its feature and without"),
    ("Session", "the trace, with its feature and without"),
    ("Settings", "the trace, with its feature and without"),
    ("Alarm", "by feature, only one is compiled"),
    ("Story", "by feature, only one is compiled"),
    // With the feature `explore` these are in the place of mio's, and so have the names of mio's.
    ("TcpListener", "public, and the socket below it"),
    ("TcpStream", "public, and the socket below it"),
    // What a user names by `trace::` or `explore::` shows the thing of the same name.
    ("Direction", "public, `trace::Direction`"),
    ("Gather", "public, `trace::Gather`"),
    ("Host", "public, `explore::Host`"),
    ("Kind", "public, `trace::Kind` and `explore::Kind`"),
    ("Source", "public, `trace::Source`"),
    ("State", "public, `trace::State`"),
    ("Timer", "public, `trace::Timer` and `interop::hyper::Timer`"),
    ("ToAddrs", "the public trait, and the sealed one below it"),
];

/// The types and traits that a file declares; associated types are left out.
fn declared(source: &str) -> Vec<String> {
    const KEYWORDS: [&str; 5] = ["struct", "enum", "union", "trait", "type"];
    let (tokens, mut found, mut at) = (tokens(source), Vec::new(), 0);
    while at + 1 < tokens.len() {
        let name = &tokens[at + 1];
        if KEYWORDS.iter().any(|keyword| tokens[at].is(keyword)) && name.is_word() {
            found.push(name.text.clone());
        }
        at = if has_associated_types(&tokens, at) { end_of_item(&tokens, at) } else { at + 1 };
    }
    found
}

/// Whether a trait begins here, or an `impl` block. Elsewhere `impl` is a part of a type.
fn has_associated_types(tokens: &[Token], at: usize) -> bool {
    let begins = at == 0 || ["}", "{", ";", "]", "unsafe"].iter().any(|before| tokens[at - 1].is(before));
    tokens[at].is("trait") || tokens[at].is("impl") && begins
}

fn end_of_item(tokens: &[Token], at: usize) -> usize {
    let open = tokens[at..].iter().position(|token| token.is("{"));
    open.map_or(tokens.len(), |open| block_end(tokens, at + open))
}

/// By name, the files that declare it.
fn all_declared() -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for (file, source) in rust_files("src") {
        declared(&source).into_iter().for_each(|name| all.entry(name).or_default().push(file.clone()));
    }
    all
}

/// Breaks if a type gets the name of another one, or keeps its exception without need.
#[test]
fn no_two_types_have_one_name() {
    let mut twice = all_declared();
    assert!(twice.len() > 100, "few types are seen: {twice:?}");
    twice.retain(|_, files| files.len() > 1);
    let exceptions = EXCEPTIONS.map(|(name, _)| name);
    let stale: Vec<_> = exceptions.iter().filter(|name| !twice.contains_key(**name)).collect();
    assert!(stale.is_empty(), "these have one type now, so leave them out of EXCEPTIONS: {stale:?}");
    twice.retain(|name, _| !exceptions.contains(&name.as_str()));
    assert!(twice.is_empty(), "two types of one name: {twice:#?}");
}

#[test]
fn associated_types_are_not_seen_and_types_around_them_are() {
    let source = "trait A { type No; }\nimpl A for B<C> where C: D { type No = u8; }\n\
                  pub(crate) enum E<T> { F(T) }\nfn f() -> impl A { struct G; }\nmod m { type H = u8; }";
    assert_eq!(declared(source), ["A", "E", "G", "H"]);
}
