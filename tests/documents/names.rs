//! DESIGN.md leads through the source by names; this holds them to the source.
//!
//! What counts as a name is a span in backticks, outside fenced blocks:
//!
//! | written | must be |
//! |---|---|
//! | `event_loop.rs`, `wake/ready.rs`, `src/lib.rs` | the end of the path of a file in src, tests, examples or benches |
//! | `wake/`, `src/net/` | the same for a folder |
//! | `Ready::pop`, `Ready::pop()`, `Message::Wake` | a function, constant or variant in an `impl`, `trait` or `enum` of that type in src |
//! | `wake::send`, `reactor::open()` | something that src declares in the module of that name, or in one inside it |
//! | `block_on()`, `gather(iter)`, `read().await` | a function in src |
//!
//! Whatever is not ours is written so that it shows: with its crate in front
//! (`mio::Poll::poll`, `std::mem::drop()`), as a system call (`epoll_wait(2)`), as a method
//! of one of the types listed in [`FOREIGN`] (`Waker::wake`), or as a bare word (`epoll_wait`).
//! Bare words are not checked. In a fenced block marked `text`, that is in a picture, words
//! that end in `.rs` are held to the first line of the table. A link within the package,
//! `[waker.rs](src/wake/waker.rs)`, must lead to something, here and in README.md.
//!
//! In the unpacked package, what lies in a folder that is only in the repository is left alone.

use crate::common::source::{Names, left_out, root, tokens};
use std::fs;

/// Crates that are not this one. A path that begins with one of them is not checked.
const CRATES: [&str; 11] = [
    "std",
    "core",
    "alloc",
    "mio",
    "slab",
    "crossbeam_queue",
    "futures",
    "tokio",
    "libc",
    "asyncio",
    "hyper",
];

/// Types that are not ours, so that their methods may be named without their crate.
const FOREIGN: [&str; 29] = [
    "Any",
    "Arc",
    "AtomicBool",
    "Box",
    "Cell",
    "Condvar",
    "Context",
    "Drop",
    "Duration",
    "ErrorKind",
    "Events",
    "Future",
    "Instant",
    "Interest",
    "IntoFuture",
    "Iterator",
    "JoinSet",
    "Mutex",
    "Option",
    "Pin",
    "Poll",
    "Rc",
    "RefCell",
    "Result",
    "SegQueue",
    "Slab",
    "Vec",
    "VecDeque",
    "Waker",
];

/// How many names of each kind were checked.
#[derive(Debug, Default)]
struct Seen {
    paths: usize,
    functions: usize,
}

/// Whether a span is good, `None` when it is no name of ours.
fn check(span: &str, names: &Names, seen: &mut Seen) -> Option<bool> {
    let is_path_char = |c: char| c.is_alphanumeric() || "_-./".contains(c);
    let is_path = span.ends_with(".rs") || (span.ends_with('/') && !span.contains("//"));
    if is_path && span.len() > 3 && span.chars().all(is_path_char) {
        seen.paths += 1;
        return Some(names.has_path(span));
    }
    let (path, arguments) = match span.trim_end_matches(".await").split_once('(') {
        Some((path, rest)) => (path, Some(rest.strip_suffix(')')?)),
        None => (span, None),
    };
    let all: Vec<&str> = path.split("::").collect();
    let is_name = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !all.iter().all(is_name) || CRATES.contains(&all[0]) {
        return None;
    }
    let good = match all.strip_prefix(&["shirr"]).or(all.strip_prefix(&["crate"])).unwrap_or(&all) {
        [name] => {
            // A capital begins a variant or a type, a lone digit is a page of the manual.
            let section = arguments?.len() == 1 && arguments?.starts_with(|c: char| c.is_ascii_digit());
            if section || name.starts_with(char::is_uppercase) {
                return None;
            }
            names.functions.contains(*name)
        }
        [.., owner, name] if names.types.contains(*owner) => {
            names.members.contains(&format!("{owner}::{name}"))
        }
        [.., owner, _] if FOREIGN.contains(owner) => return None,
        [.., owner, name] => names.items.contains(&format!("{owner}::{name}")),
        [] => return None,
    };
    seen.functions += 1;
    Some(good)
}

/// The names in a Markdown text that the package does not have.
fn unknown_names(markdown: &str, names: &Names, seen: &mut Seen) -> Vec<String> {
    let (mut unknown, mut prose, mut fence) = (Vec::new(), String::new(), None);
    for line in markdown.lines() {
        let mark = line.trim_start().strip_prefix("```");
        match (fence, mark) {
            (None, Some(kind)) => fence = Some(kind.trim()),
            (Some(_), Some(_)) => fence = None,
            (Some("text"), None) => {
                let words = line.split(|c: char| !(c.is_alphanumeric() || "_-./".contains(c)));
                let files = words.filter(|word| word.ends_with(".rs"));
                unknown
                    .extend(files.filter(|file| check(file, names, seen) != Some(true)).map(str::to_owned));
            }
            (Some(_), None) => {}
            (None, None) => prose.extend([line, "\n"]),
        }
    }
    // Every second piece between backticks is a span.
    let spans = prose.split('`').skip(1).step_by(2);
    unknown.extend(spans.filter(|span| check(span, names, seen) == Some(false)).map(str::to_owned));
    unknown
}

#[test]
fn every_file_and_function_that_the_design_names_exists() {
    let text = fs::read_to_string(root().join("DESIGN.md")).expect("DESIGN.md lies at the package's root");
    let (names, mut seen) = (Names::of_this_package(), Seen::default());
    let unknown = unknown_names(&text, &names, &mut seen);
    assert!(unknown.is_empty(), "DESIGN.md names what is not there: {unknown:#?}");
    assert!(seen.paths >= 10 && seen.functions >= 20, "it leads through the source by names: {seen:?}");
}

#[test]
fn every_file_that_the_guide_to_the_tests_names_exists() {
    let text = fs::read_to_string(root().join("tests/README.md")).unwrap();
    let (names, mut seen) = (Names::of_this_package(), Seen::default());
    let unknown = unknown_names(&text.replace("*.rs", ""), &names, &mut seen);
    assert!(unknown.is_empty(), "tests/README.md names what is not there: {unknown:#?}");
    assert!(seen.paths >= 30, "it leads to the tests by names: {seen:?}");
}

#[test]
fn every_file_and_function_that_the_readme_and_its_neighbours_name_exists() {
    let (names, mut seen) = (Names::of_this_package(), Seen::default());
    if !left_out().is_empty() {
        return; // they speak of the repository, of which a package has only a part
    }
    for file in ["README.md", "CONTRIBUTING.md", "SECURITY.md"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let ours = text.replace("`compat()`", ""); // tokio-util's
        let unknown = unknown_names(&ours, &names, &mut seen);
        assert!(unknown.is_empty(), "{file} names what is not there: {unknown:#?}");
    }
    assert!(seen.paths >= 10, "they lead to files by names: {seen:?}");
}

/// Where the links of a Markdown text lead that stay within the package.
fn links(markdown: &str) -> Vec<&str> {
    let targets = markdown.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    let inside = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    inside.map(|target| target.split('#').next().unwrap()).collect()
}

#[test]
fn every_link_of_the_readme_and_the_design_leads_somewhere() {
    let left_out = left_out();
    for file in ["README.md", "DESIGN.md"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let is_dead = |link: &&str| {
            !root().join(link).exists() && !left_out.iter().any(|folder| link.starts_with(folder))
        };
        let dead: Vec<_> = links(&text).into_iter().filter(is_dead).collect();
        assert!(dead.is_empty(), "{file}: {dead:#?}");
    }
    let index = fs::read_to_string(root().join("README.md")).unwrap();
    let to_source = links(&index).into_iter().filter(|link| link.starts_with("src/")).count();
    assert!(to_source >= 10, "the index says which file to read for what, {to_source} times");
}

#[test]
fn links_are_read_as_far_as_they_lead_into_the_package() {
    let text = "[a](src/a.rs), ![b](b.svg), [c](DESIGN.md#c), [d](https://d.invalid/), [e](#e)";
    assert_eq!(links(text), ["src/a.rs", "b.svg", "DESIGN.md"]);
}

/// A package with a file or two.
fn made_up() -> Names {
    let mut names = Names::default();
    let source = "pub(crate) struct Bell<F: Fn(u8) -> u8> { ring: F }\n\
                  impl<F: Fn(u8) -> u8> Bell<F> { pub(crate) fn strike(&self) {} const LOUD: u8 = 1; }\n\
                  impl<T> Clone for Bell<T> where T: Copy { fn clone(&self) -> Self { *self } }\n\
                  enum Tone { High, Low(u8) }\n\
                  trait Player { fn play(&self); }\n\
                  pub fn toll<'a>(bell: &'a str) {}\n";
    names.add_path("src/tower/bell.rs");
    names.add_path("src/lib.rs");
    names.add_source("tower/bell.rs", &tokens(source));
    names.add_source("lib.rs", &tokens("mod tower;"));
    names
}

#[test]
fn names_that_exist_pass() {
    let text = "Start at `toll()` in `src/tower/bell.rs` (or `bell.rs`, `tower/bell.rs`, `tower/`):\n\
                `toll(bell)`, `toll().await`, `shirr::toll()`, `bell::toll`, `tower::bell::toll()`,\n\
                `Bell::strike`, `Bell::strike()`, `Bell::clone`, `Bell::LOUD`, `Tone::High`,\n\
                `Tone::Low(3)`, `Player::play`, `bell::Bell`.\n\
                ```text\n  caller ---> toll, in bell.rs\n```\n";
    let mut seen = Seen::default();
    assert_eq!(unknown_names(text, &made_up(), &mut seen), [""; 0]);
    assert_eq!((seen.paths, seen.functions), (5, 14));
}

#[test]
fn names_that_do_not_exist_are_found() {
    let wrong = [
        "src/bell.rs",
        "ell.rs",
        "src/tower/bel.rs",
        "tower.rs",
        "towers/",
        "tol()",
        "strikes()",
        "Bell::toll",
        "Bell::ring",
        "Bell::strikes()",
        "Tone::Middle",
        "Player::strike",
        "Belle::strike",
        "steeple::toll",
        "bell::strikes",
        "shirr::tol()",
        "toll_twice(bell).await",
    ];
    for name in wrong {
        let text = format!("See `{name}`, and `toll()`.");
        assert_eq!(unknown_names(&text, &made_up(), &mut Seen::default()), [name]);
    }
    let picture = "```text\n a -> b (`bells.rs`)\n```\n";
    assert_eq!(unknown_names(picture, &made_up(), &mut Seen::default()), ["bells.rs"]);
}

#[test]
fn names_in_a_folder_that_the_package_leaves_out_are_left_alone() {
    let names = Names { left_out: vec!["belfry/".to_owned()], ..made_up() };
    let text = "`belfry/src/rope.rs`, `src/belfry/rope.rs`, `belfrys/rope.rs`, `toll()`";
    let unknown = unknown_names(text, &names, &mut Seen::default());
    assert_eq!(unknown, ["src/belfry/rope.rs", "belfrys/rope.rs"]);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let text = "`epoll_wait`, `epoll_wait(2)`, `mio::Poll::poll`, `std::mem::drop()`, `Waker::wake`,\n\
                `cell.borrow_mut().pop()`, `Some(x)`, `WouldBlock`, `cargo run --example toll`, `a + b`,\n\
                `#![deny(unsafe_code)]`, `EMFILE`, `../`, `.rs`, `&mut self`, `fn missing() {}`.\n\
                ```rust\nlet bell = missing(); // in missing.rs\n```\n";
    let mut seen = Seen::default();
    assert_eq!(unknown_names(text, &made_up(), &mut seen), [""; 0]);
    assert_eq!((seen.paths, seen.functions), (0, 0));
}
