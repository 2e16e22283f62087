//! The spine: what a gather of requests needs from the waker down to `epoll_wait` and back. Its
//! files stand in the layers' own folders, and what else a layer has, in `branches/` below.
//!
//! A branch uses the spine as it likes. The spine names a branch only at the seams listed here,
//! so that a reader of the core may leave every `branches/` shut.

mod common;

use common::source::{Token, block_end, root, rust_files, tokens};
use std::collections::BTreeSet;
use std::fs;

const LAYERS: [&str; 7] = ["wake", "task", "reactor", "runtime", "time", "net", "gather"];

/// The file of the spine, and what of a branch it names.
const SEAMS: [(&str, &str); 18] = [
    // The slab that gives back what a burst has taken, and what is kept in any case.
    ("wake/ready.rs", "KEPT"),
    ("task/slab.rs", "ShrinkingSlab"),
    ("reactor/mod.rs", "KEPT"),
    ("reactor/sources.rs", "ShrinkingSlab"),
    ("reactor/timers.rs", "ShrinkingSlab"),
    ("runtime/turn.rs", "KEPT"),
    // The memory of tasks that have ended.
    ("task/slab.rs", "spares"),
    ("task/spawned.rs", "spares"),
    // What ends a wait at a deadline, and the clock.
    ("reactor/mod.rs", "Alarm"),
    ("reactor/mod.rs", "Clock"),
    // Helper threads, whose queue ends with the runtime.
    ("runtime/context.rs", "Helpers"),
    ("runtime/context.rs", "IDLE"),
    // Names, several addresses, and whose fault an error of `accept` is.
    ("net/connect.rs", "Target"),
    ("net/connect.rs", "ToAddrs"),
    ("net/connect.rs", "connect_to_any"),
    ("net/listener.rs", "Blame"),
    ("net/listener.rs", "ToAddrs"),
    ("net/listener.rs", "lookup_host"),
];

fn is_spine(file: &str) -> bool {
    LAYERS.iter().any(|layer| file.starts_with(&format!("{layer}/")))
        && !file.contains("/branches/")
        && !file.ends_with("/tests.rs")
}

fn spine() -> Vec<(String, String)> {
    rust_files("src").into_iter().filter(|(file, _)| is_spine(file)).collect()
}

/// A file as words, without comments and unit tests.
fn code(source: &str) -> Vec<Token> {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut tokens = tokens(source);
    while let Some(at) = tokens.windows(7).position(|seven| seven.iter().zip(TEST).all(|(a, b)| a.is(b))) {
        let open = (at..).find(|at| tokens[*at].is("{") || tokens[*at].is(";")).unwrap();
        let end = if tokens[open].is("{") { block_end(&tokens, open) } else { open + 1 };
        tokens.drain(at..end);
    }
    tokens
}

fn code_lines(source: &str) -> usize {
    code(source).iter().map(|token| token.line).collect::<BTreeSet<_>>().len()
}

/// The paths that a `use` names, each from its first part to its last. `at` is behind `use`.
fn leaves(tokens: &[Token], at: &mut usize, path: &[String]) -> Vec<Vec<String>> {
    let (mut path, mut found) = (path.to_vec(), Vec::new());
    loop {
        let token = &tokens[*at];
        *at += 1;
        match token.text.as_str() {
            "::" => {}
            "{" => {
                while !tokens[*at].is("}") {
                    found.extend(leaves(tokens, at, &path));
                    *at += usize::from(tokens[*at].is(","));
                }
                *at += 1;
                return found;
            }
            "as" => *at += 1,
            "," | "}" | ";" => {
                *at -= 1;
                found.push(path);
                return found;
            }
            part => path.push(part.to_owned()),
        }
    }
}

/// Every path that a file imports, those from its own layer's module made whole.
fn imports(file: &str, source: &str) -> Vec<Vec<String>> {
    let (tokens, layer) = (code(source), file.split('/').next().unwrap());
    let begins = (0..tokens.len()).filter(|at| tokens[*at].is("use"));
    let paths = begins.flat_map(|at| leaves(&tokens, &mut (at + 1), &[]));
    let whole = |path: Vec<String>| match path[0].as_str() {
        "super" | "branches" => {
            let own = ["crate".to_owned(), layer.to_owned()];
            own.into_iter().chain(path.into_iter().filter(|part| part != "super")).collect()
        }
        _ => path,
    };
    paths.map(whole).collect()
}

/// What each layer has in its branches, by the layer's name.
fn of_branches() -> BTreeSet<(String, String)> {
    let files = rust_files("src").into_iter();
    let lists = files.filter(|(file, _)| file.ends_with("/branches/mod.rs"));
    let exported = lists.flat_map(|(file, source)| {
        let layer = file.split('/').next().unwrap().to_owned();
        let named = imports(&file, &source).into_iter();
        named.map(move |path| (layer.clone(), path.last().unwrap().clone())).collect::<Vec<_>>()
    });
    exported.collect()
}

/// Where a file of the spine names a branch.
fn seams(file: &str, source: &str, branches: &BTreeSet<(String, String)>) -> Vec<(String, String)> {
    let named = imports(file, source).into_iter().filter_map(|path| {
        let [first, layer, .., last] = &path[..] else { return None };
        let of_a_branch =
            path.iter().any(|part| part == "branches") || branches.contains(&(layer.clone(), last.clone()));
        (first == "crate" && of_a_branch).then(|| last.clone())
    });
    // A layer passes its branches on to the users; that is no use.
    let passed_on = |name: &String| file.ends_with("/mod.rs") && !used(source, name);
    named.filter(|name| !passed_on(name)).map(|name| (file.to_owned(), name)).collect()
}

/// Whether a file says a name more often than in its imports; a method is not the import.
fn used(source: &str, name: &str) -> bool {
    code(source).windows(2).filter(|pair| !pair[0].is(".") && pair[1].is(name)).count() > 1
}

/// Breaks if a file of the spine imports anything of a branch that is not listed above, or if a
/// seam is listed that is gone.
#[test]
fn the_spine_names_a_branch_only_at_its_seams() {
    let branches = of_branches();
    assert!(branches.len() > 20, "the lists of the branches are not read: {branches:?}");
    let found: BTreeSet<_> =
        spine().iter().flat_map(|(file, source)| seams(file, source, &branches)).collect();
    let listed: BTreeSet<_> =
        SEAMS.iter().map(|(file, name)| ((*file).to_owned(), (*name).to_owned())).collect();
    let (new, gone): (Vec<_>, Vec<_>) =
        (found.difference(&listed).collect(), listed.difference(&found).collect());
    assert!(new.is_empty() && gone.is_empty(), "not listed: {new:#?}\nlisted, and gone: {gone:#?}");
}

#[test]
fn a_branch_is_found_however_it_is_imported() {
    let branches = BTreeSet::from([("net".to_owned(), "Halves".to_owned())]);
    for source in [
        "use super::branches::Halves;",
        "use super::Halves;",
        "use crate::net::{TcpStream, branches::{Halves}};",
        "use crate::{wake::Key, net::Halves as H};",
    ] {
        assert_eq!(seams("net/read.rs", source, &branches).len(), 1, "{source}");
    }
    for source in ["use super::TcpStream;", "use crate::time::Halves;", "// use super::Halves;"] {
        assert_eq!(seams("net/read.rs", source, &branches), [], "{source}");
    }
}

#[test]
fn comments_blank_lines_and_unit_tests_are_no_code() {
    let source =
        "//! What.\n\nfn f() {\n    // why\n    g();\n}\n\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
    assert_eq!(code_lines(source), 3);
}

/// Breaks if a line of code joins or leaves the spine, and the documents say otherwise.
#[test]
fn the_documents_quote_how_large_the_spine_is() {
    let spine = spine();
    let lines: usize = spine.iter().map(|(_, source)| code_lines(source)).sum();
    let quote = format!("{lines} code lines in {} files", spine.len());
    println!("the spine: {quote}");
    for document in ["README.md", "DESIGN.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        assert!(text.contains(&quote), "{document} does not say that the spine has {quote}");
    }
}
