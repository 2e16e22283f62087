//! The spine: what a gather of requests needs from the waker down to `epoll_wait` and back. Its
//! files are in the layers' own folders, and what else a layer has, in `branches/` below.
//!
//! A branch uses the spine as it likes. The spine names a branch only at the seams listed here,
//! so that a reader of the core may leave every `branches/` shut: in a `use`, by a path in the
//! code, or as a method that a branch gives to a type of the spine.

use crate::common::source::{Token, block_end, root, rust_files, tokens};
use std::collections::BTreeSet;
use std::fs;

const LAYERS: [&str; 7] = ["wake", "task", "reactor", "runtime", "time", "net", "gather"];

/// How many code lines the spine may have.
const MOST_LINES: usize = 2_700;

/// The file of the spine, and what of a branch it names.
const SEAMS: [(&str, &str); 50] = [
    // The slab that gives back what a burst has taken, and the memory of the ready queue.
    ("reactor/mod.rs", "KEPT"),
    ("reactor/sources.rs", "ShrinkingSlab"),
    ("reactor/timers.rs", "ShrinkingSlab"),
    ("runtime/event_loop.rs", "give_back_room"),
    ("task/slab.rs", "ShrinkingSlab"),
    ("task/slab.rs", "reserve_slots"),
    ("wake/slots.rs", "make_room"),
    // The memory of tasks and gathers that have ended.
    ("gather/batch.rs", "spare"),
    ("gather/run.rs", "retire"),
    ("task/slab.rs", "pool"),
    ("task/spawned.rs", "pool"),
    // Aborts, and the id of a task.
    ("runtime/event_loop.rs", "abort"),
    ("task/join.rs", "id"),
    // Messages that merge, and counts.
    ("wake/inbox.rs", "Unheard"),
    ("wake/ready.rs", "WakeCounts"),
    ("runtime/mod.rs", "metrics"),
    // A set of times in order.
    ("reactor/timers.rs", "Wheel"),
    // What ends a wait at a deadline, and the clock.
    ("reactor/mod.rs", "Alarm"),
    ("reactor/mod.rs", "Clock"),
    ("runtime/context.rs", "system_now"),
    ("runtime/context.rs", "was_held_here"),
    ("runtime/event_loop.rs", "wait_while_paused"),
    // What differs between systems, and waiters that poll through a trait.
    ("reactor/source.rs", "NEWS"),
    ("reactor/sources.rs", "SHORT_MEANS_DRAINED"),
    ("reactor/source.rs", "share"),
    ("reactor/source.rs", "shares"),
    // A runtime's settings, and its helper threads.
    ("runtime/context.rs", "Builder"),
    ("runtime/mod.rs", "builder"),
    ("runtime/context.rs", "Helpers"),
    ("runtime/context.rs", "IDLE"),
    // A read or write of nothing, which gives way.
    ("net/read.rs", "consume_budget"),
    ("net/write.rs", "consume_budget"),
    // Names, several addresses, errors of `accept`, the listener's queue.
    ("net/connect.rs", "Target"),
    ("net/connect.rs", "ToAddrs"),
    ("net/connect.rs", "connect_to_any"),
    ("net/listener.rs", "ToAddrs"),
    ("net/listener.rs", "first_of"),
    ("net/listener.rs", "incoming"),
    ("net/listener.rs", "widen"),
    // A limit on the children.
    ("gather/plain.rs", "Refills"),
    ("gather/plain.rs", "fmt_as"),
    ("gather/run.rs", "Refills"),
    ("gather/run.rs", "refill_all"),
    // Who chooses, by feature: the next task, what comes between turns, the world. These are hooks.
    ("runtime/event_loop.rs", "passes_over_events"),
    ("runtime/event_loop.rs", "simulate"),
    ("task/slab.rs", "ends_turn"),
    ("wake/ready.rs", "bring_forward"),
    // mio's socket or, by feature, one that may be simulated.
    ("net/connect.rs", "socket"),
    ("net/listener.rs", "socket"),
    ("net/stream.rs", "socket"),
];

/// What a file calls by the name of a branch's method, and is the socket's, or of what a seam gives.
const OTHERS: [(&str, &str); 4] = [
    ("net/connect.rs", "peer_addr"),
    ("net/connect.rs", "take_error"),
    ("net/connect.rs", "try_io"),
    ("net/listener.rs", "poll_accept"),
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

pub(super) fn code_lines(source: &str) -> usize {
    code(source).iter().map(|token| token.line).collect::<BTreeSet<_>>().len()
}

/// What a `use` names: a path from its first part to its last, and the name that it has from
/// there on.
struct Import {
    path: Vec<String>,
    name: String,
}

/// What the `use` names whose words begin at `at`.
fn leaves(tokens: &[Token], at: &mut usize, path: &[String]) -> Vec<Import> {
    let (mut path, mut name, mut found) = (path.to_vec(), None, Vec::new());
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
            "as" => {
                name = Some(tokens[*at].text.clone());
                *at += 1;
            }
            "," | "}" | ";" => {
                *at -= 1;
                if path.len() > 1 && path.last().is_some_and(|part| part == "self") {
                    path.pop();
                }
                let name = name.unwrap_or_else(|| path.last().unwrap().clone());
                found.push(Import { path, name });
                return found;
            }
            part => path.push(part.to_owned()),
        }
    }
}

/// A path of that file as it is from the root of the crate.
fn whole(file: &str, path: &[String]) -> Vec<String> {
    let module: Vec<_> = file.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    let up = path.iter().take_while(|part| *part == "super").count();
    let own = match path[0].as_str() {
        "super" => &module[..module.len().saturating_sub(up)],
        "self" | "branches" => &module[..],
        _ => return path.to_vec(),
    };
    let own = ["crate"].iter().chain(own).map(|part| (*part).to_owned());
    own.chain(path.iter().filter(|part| *part != "super" && *part != "self").cloned()).collect()
}

/// Every path that a file imports, from the root of the crate.
fn imports(file: &str, source: &str) -> Vec<Import> {
    let tokens = code(source);
    let begins = (0..tokens.len()).filter(|at| tokens[*at].is("use") && !tokens[at + 1].is("<"));
    let found = begins.flat_map(|at| leaves(&tokens, &mut (at + 1), &[]));
    found.map(|Import { path, name }| Import { path: whole(file, &path), name }).collect()
}

/// The code of a file without its imports.
fn code_below_imports(source: &str) -> Vec<Token> {
    let mut tokens = code(source);
    while let Some(at) = tokens.windows(2).position(|two| two[0].is("use") && !two[1].is("<")) {
        let end = (at..).find(|at| tokens[*at].is(";")).unwrap();
        tokens.drain(at..=end);
    }
    tokens
}

/// What the branches have that the spine could name.
#[derive(Default)]
struct Branches {
    /// What each layer has from them, by the layer's name.
    names: BTreeSet<(String, String)>,
    /// What they give to types of the spine.
    methods: BTreeSet<String>,
}

fn branches() -> Branches {
    let mut branches = Branches::default();
    let types = spine_types();
    for (file, source) in rust_files("src") {
        let layer = file.split('/').next().unwrap();
        let is_list = file.ends_with("/branches/mod.rs");
        if is_list || file == format!("{layer}/mod.rs") {
            let named = imports(&file, &source).into_iter();
            let named = named.filter(|import| is_list || import.path.iter().any(|part| part == "branches"));
            branches.names.extend(named.map(|import| (layer.to_owned(), import.name)));
        }
        if file.contains("/branches/") {
            branches.methods.extend(methods(&code(&source), &types));
        }
    }
    // A name that the spine gives to a method of its own says nothing.
    for (_, source) in spine() {
        methods(&code(&source), &types).iter().for_each(|own| _ = branches.methods.remove(own));
    }
    branches
}

fn spine_types() -> BTreeSet<String> {
    let declares = |token: &Token| ["struct", "enum"].iter().any(|word| token.is(word));
    let types = |(_, source): &(String, String)| {
        let tokens = code(source);
        let pairs = tokens.windows(2).filter(|pair| declares(&pair[0]));
        pairs.map(|pair| pair[1].text.clone()).collect::<Vec<_>>()
    };
    spine().iter().flat_map(types).collect()
}

/// The functions in blocks `impl Type`, for a type that is among `types`.
fn methods(tokens: &[Token], types: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at].is("impl")) {
        let Some(open) = (at..tokens.len()).find(|at| tokens[*at].is("{") || tokens[*at].is(";")) else {
            continue;
        };
        let (head, mut depth, mut target, mut of_a_trait) = (&tokens[at + 1..open], 0, None, false);
        for (at, token) in head.iter().enumerate() {
            match token.text.as_str() {
                "<" => depth += 1,
                ">" if !head[at - 1].is("-") => depth -= 1,
                "for" if depth == 0 => of_a_trait = true,
                "where" if depth == 0 => break,
                text if depth == 0 && token.is_word() => target = Some(text),
                _ => {}
            }
        }
        if !of_a_trait && target.is_some_and(|target| types.contains(target)) {
            let body = tokens[open..block_end(tokens, open)].windows(2);
            found.extend(body.filter(|pair| pair[0].is("fn")).map(|pair| pair[1].text.clone()));
        }
    }
    found
}

/// Where a file of the spine names a branch.
fn seams(file: &str, source: &str, branches: &Branches) -> Vec<(String, String)> {
    let imported = imported_seams(file, source, branches).into_iter();
    let all: BTreeSet<_> = imported.chain(seams_in_code(file, source, branches)).collect();
    all.into_iter().map(|name| (file.to_owned(), name)).collect()
}

fn imported_seams(file: &str, source: &str, branches: &Branches) -> Vec<String> {
    let of_a_branch = |Import { path, name }: &Import| match &path[..] {
        // All that a layer has, or a layer under another name, could be of a branch.
        [first, layer] if first == "crate" => LAYERS.contains(&layer.as_str()) && name != layer,
        [first, layer, .., last] if first == "crate" => {
            last == "*"
                || path.iter().any(|part| part == "branches")
                || branches.names.contains(&(layer.clone(), last.clone()))
        }
        _ => false,
    };
    // A layer passes its branches on to the users; that is no use.
    let passed_on = |import: &Import| file.ends_with("/mod.rs") && !used(source, &import.name);
    let found = imports(file, source).into_iter().filter(|import| of_a_branch(import) && !passed_on(import));
    found.map(|import| import.path.last().unwrap().clone()).collect()
}

fn seams_in_code(file: &str, source: &str, branches: &Branches) -> Vec<String> {
    let (tokens, own) = (code_below_imports(source), file.split('/').next().unwrap());
    let by_path = |before: &Token, name: &Token| match before.text.as_str() {
        "branches" => true,
        layer => {
            let layer = if layer == "self" || layer == "super" { own } else { layer };
            branches.names.contains(&(layer.to_owned(), name.text.clone()))
        }
    };
    let paths = tokens.windows(3).filter(|three| three[1].is("::") && by_path(&three[0], &three[2]));
    let calls = tokens.windows(3).filter(|three| {
        (three[0].is(".") || three[0].is("::"))
            && (three[2].is("(") || three[2].is("::"))
            && branches.methods.contains(&three[1].text)
    });
    let paths = paths.map(|three| three[2].text.clone());
    paths.chain(calls.map(|three| three[1].text.clone())).collect()
}

/// Whether a file says a name below its imports; a method is not the import.
fn used(source: &str, name: &str) -> bool {
    code_below_imports(source).windows(2).any(|pair| !pair[0].is(".") && pair[1].is(name))
}

/// Breaks if a file of the spine names anything of a branch that is not listed above, or if a
/// seam is listed that is gone.
#[test]
fn the_spine_names_a_branch_only_at_its_seams() {
    let branches = branches();
    let (names, methods) = (&branches.names, &branches.methods);
    assert!(names.len() > 20, "the lists of the branches are not read: {names:?}");
    assert!(methods.len() > 20, "what branches give to the spine is not read: {methods:?}");
    let mut found: BTreeSet<_> =
        spine().iter().flat_map(|(file, source)| seams(file, source, &branches)).collect();
    for (file, name) in OTHERS {
        assert!(found.remove(&(file.to_owned(), name.to_owned())), "{file} does not name {name} any more");
    }
    let listed: BTreeSet<_> =
        SEAMS.iter().map(|(file, name)| ((*file).to_owned(), (*name).to_owned())).collect();
    let (new, gone): (Vec<_>, Vec<_>) =
        (found.difference(&listed).collect(), listed.difference(&found).collect());
    assert!(new.is_empty() && gone.is_empty(), "not listed: {new:#?}\nlisted, and gone: {gone:#?}");
}

#[test]
fn a_branch_is_found_however_it_is_named() {
    let branches = Branches {
        names: BTreeSet::from([("net".to_owned(), "Halves".to_owned())]),
        methods: BTreeSet::from(["split".to_owned()]),
    };
    for (file, source) in [
        ("net/read.rs", "use super::branches::Halves;"),
        ("net/read.rs", "use super::Halves;"),
        ("net/read.rs", "use super::branches;"),
        ("net/read.rs", "use crate::net::{TcpStream, branches::{Halves}};"),
        ("net/read.rs", "use crate::{wake::Key, net::Halves as H};"),
        ("net/read.rs", "use crate::net::*;"),
        ("net/read.rs", "use super::*;"),
        ("net/read.rs", "use super::super::net::Halves;"),
        ("gather/plain.rs", "use crate::net as n;"),
        ("gather/plain.rs", "use crate::net::{self as n};"),
        ("net/read.rs", "fn f() { super::branches::g() }"),
        ("net/read.rs", "fn f(halves: super::Halves) {}"),
        ("gather/plain.rs", "fn f(halves: crate::net::Halves) {}"),
        ("gather/plain.rs", "use crate::net; fn f(halves: net::Halves) {}"),
        ("net/read.rs", "fn f(stream: TcpStream) { stream.split() }"),
        ("net/read.rs", "fn f(stream: TcpStream) { TcpStream::split(stream) }"),
        ("net/mod.rs", "use self::branches::Halves; fn f(halves: Halves) {}"),
        ("net/mod.rs", "use branches::halves::{Halves as H}; fn f(halves: H) {}"),
    ] {
        assert_eq!(seams(file, source, &branches).len(), 1, "{file}: {source}");
    }
    for (file, source) in [
        ("net/read.rs", "use super::TcpStream;"),
        ("net/read.rs", "use crate::time::Halves;"),
        ("net/read.rs", "// use super::Halves;"),
        ("gather/plain.rs", "use super::Halves; fn f(halves: super::Halves) {}"),
        (
            "gather/plain.rs",
            "use crate::net::{self, TcpStream}; fn f(x: net::TcpStream) -> impl Sized + use<> {}",
        ),
        ("net/read.rs", "#[cfg(test)] mod tests { use super::*; }"),
        ("net/mod.rs", "pub use branches::Halves;"),
    ] {
        assert_eq!(seams(file, source, &branches), [], "{file}: {source}");
    }
}

#[test]
fn the_methods_of_a_branch_are_those_in_blocks_for_a_type_of_the_spine() {
    let source = "impl<F: Fn() -> u8> Core<F> where F: Copy { fn a() { fn b() {} } }
                  impl Core { pub(crate) async fn c(&self) {} }
                  impl Clone for Core { fn d() {} } impl Other { fn e() {} } fn f(x: impl Copy) { g(x) }";
    let types = BTreeSet::from(["Core".to_owned(), "Copy".to_owned()]);
    assert_eq!(methods(&tokens(source), &types), ["a", "b", "c"]);
}

#[test]
fn comments_blank_lines_and_unit_tests_are_no_code() {
    let source =
        "//! What.\n\nfn f() {\n    // why\n    g();\n}\n\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
    assert_eq!(code_lines(source), 3);
}

/// Breaks if a line of code joins or leaves the spine, and the documents say otherwise, or if
/// there are too many.
#[test]
fn the_documents_quote_how_large_the_spine_is() {
    let spine = spine();
    let lines: usize = spine.iter().map(|(_, source)| code_lines(source)).sum();
    let quote = format!("{lines} code lines in {} files", spine.len());
    println!("the spine: {quote}");
    assert!(lines <= MOST_LINES, "the spine has {lines} code lines; what can be a branch?");
    for document in ["README.md", "DESIGN.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        assert!(text.contains(&quote), "{document} does not say that the spine has {quote}");
    }
}
