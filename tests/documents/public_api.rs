//! What the crate exports, read from its source, beside the lists of the tests that promise
//! something of all of it: a form of gather or a type that is new is missing in none of them.

use crate::common::source::{Token, impl_type, root, rust_files, tokens};
use crate::forms::FORMS;
use std::collections::BTreeSet;
use std::fs;

type Names = BTreeSet<String>;

/// What a file exports by `pub use`: the path's first part, and the name that users write.
fn exports(tokens: &[Token]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for at in 2..tokens.len() {
        if !(tokens[at - 2].is("pub") && tokens[at - 1].is("use")) {
            continue;
        }
        let statement: Vec<_> = tokens[at..].iter().take_while(|token| !token.is(";")).collect();
        // The last part of a path; after an `as`, the new name.
        let is_last = |i: usize| statement.get(i + 1).is_none_or(|next| next.is(",") || next.is("}"));
        let names = (0..statement.len()).filter(|i| is_last(*i) && !statement[*i].is("}"));
        let names = names.filter(|i| !statement[*i].is(","));
        found.extend(names.map(|i| (statement[0].text.clone(), statement[i].text.clone())));
    }
    found
}

/// What stands behind these two words.
fn after<'a>(tokens: &'a [Token], first: &'a str, second: &'a str) -> impl Iterator<Item = &'a str> {
    let triples = tokens.windows(3).filter(move |t| t[0].is(first) && t[1].is(second));
    triples.map(|t| t[2].text.as_str())
}

/// The text of a module's file, `path` being where it is below `src`, without an ending.
fn module_file(path: &str) -> Vec<Token> {
    let files = [format!("src/{path}.rs"), format!("src/{path}/mod.rs")];
    let text = files.iter().find_map(|file| fs::read_to_string(root().join(file)).ok());
    tokens(&text.unwrap_or_else(|| panic!("no file of the module {path}")))
}

/// The public types of a module and of those below it, as users write them after `shirr::`.
fn public_types(file: &str, module: &str, types: &mut Names) {
    let tokens = module_file(file);
    let below = |name: &str| if file == "lib" { name.to_owned() } else { format!("{file}/{name}") };
    let is_type = |name: &&str| name.starts_with(char::is_uppercase);
    let exported = exports(&tokens);
    for (first, _) in exported.iter().filter(|(_, name)| name == "*") {
        public_types(&below(first), module, types);
    }
    // A module of another name elsewhere, `pub use net::descriptor as io`.
    for (name, file) in renamed_modules(&tokens) {
        public_types(&file, &format!("{module}{name}::"), types);
    }
    for name in after(&tokens, "pub", "mod") {
        public_types(&below(name), &format!("{module}{name}::"), types);
    }
    let declared =
        ["struct", "enum", "type", "union"].into_iter().flat_map(|kind| after(&tokens, "pub", kind));
    let names = exported.iter().map(|(_, name)| name.as_str()).chain(declared).filter(is_type);
    types.extend(names.map(|name| format!("{module}{name}")));
}

/// The modules that a file exports under another name: that name, and the file of the module,
/// which is a branch of its layer.
fn renamed_modules(tokens: &[Token]) -> Vec<(String, String)> {
    let renames = tokens.windows(7).filter(|t| t[0].is("pub") && t[1].is("use") && t[5].is("as"));
    let modules = renames.filter(|t| t[6].text.starts_with(char::is_lowercase));
    modules.map(|t| (t[6].text.clone(), format!("{}/branches/{}", t[2].text, t[4].text))).collect()
}

/// Those of which `tests/send_sync.rs` asks what they are, `traits!(net::TcpStream)`.
fn asked(tokens: &[Token]) -> Names {
    let asks = (3..tokens.len()).filter(|at| tokens[at - 3].is("traits") && tokens[at - 1].is("("));
    let path = |at: usize| {
        let path = tokens[at..].iter().take_while(|token| token.is_word() || token.is("::"));
        path.map(|token| token.text.as_str()).collect()
    };
    asks.map(path).collect()
}

/// The forms of gather, as users call and name them: what the root exports of that layer, its
/// macros, and the methods that make another future of one.
fn public_forms(root: &str, layer: &[(String, String)]) -> Names {
    let exported = exports(&tokens(root)).into_iter().filter(|(first, _)| first == "gather");
    let mut forms: Names = exported.map(|(_, name)| name).filter(|name| !name.starts_with("__")).collect();
    for (_, text) in layer {
        let tokens = tokens(text);
        let mut of = String::new();
        for at in 0..tokens.len().saturating_sub(3) {
            let is = |texts: &[&str]| tokens[at..].iter().zip(texts).all(|(token, text)| token.is(text));
            if is(&["impl"]) {
                of = impl_type(&tokens[at + 1..]);
            } else if is(&["macro_export", "]", "macro_rules", "!"]) {
                forms.insert(format!("{}!", tokens[at + 4].text));
            } else if is(&["pub", "fn"]) && takes_itself(&tokens[at..]) {
                forms.insert(format!("{of}::{}", tokens[at + 2].text));
            }
        }
    }
    forms
}

/// Whether a function's first argument is `self`, by value.
fn takes_itself(function: &[Token]) -> bool {
    let open = function.iter().position(|token| token.is("(")).unwrap();
    let first = if function[open + 1].is("mut") { open + 2 } else { open + 1 };
    function[first].is("self")
}

/// What is in one and not in the other.
fn missing(of: &Names, list: &Names) -> Vec<String> {
    of.difference(list).cloned().collect()
}

/// Breaks if a form is exported that the tests over all forms do not run over.
#[test]
fn the_tests_over_all_forms_of_gather_know_each_that_the_crate_exports() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let public = public_forms(&lib, &rust_files("src/gather"));
    let listed: Names = FORMS.iter().flat_map(|(_, names)| *names).map(|name| (*name).to_owned()).collect();
    assert!(public.contains("gather") && public.contains("gather!") && public.contains("Gather::settled"));
    let new = missing(&public, &listed);
    assert!(
        new.is_empty(),
        "new forms: {new:?}; give each a variant of `Form` in tests/gather/forms.rs, \
        make it in `Form::over`, and name it in `FORMS`"
    );
    let gone = missing(&listed, &public);
    assert!(
        gone.is_empty(),
        "no forms any more: {gone:?}; take them out of `FORMS` in tests/gather/forms.rs"
    );
}

/// Breaks if a type is exported of which no test says whether it is `Send`, `Sync` and `Unpin`.
#[test]
fn send_sync_asks_of_every_type_that_the_crate_exports() {
    let mut public = Names::new();
    public_types("lib", "", &mut public);
    assert!(public.contains("Runtime") && public.contains("net::TcpStream"), "{public:?}");
    assert!(public.contains("io::Async"), "{public:?}");
    for (_, text) in rust_files("src") {
        let tokens = tokens(&text);
        let traits = after(&tokens, "pub", "trait").map(str::to_owned).collect::<Vec<_>>();
        public.retain(|path| !traits.iter().any(|name| path.rsplit("::").next() == Some(name)));
    }
    let asked = asked(&tokens(&fs::read_to_string(root().join("tests/send_sync.rs")).unwrap()));
    let new = missing(&public, &asked);
    assert!(
        new.is_empty(),
        "new types: {new:?}; say in tests/send_sync.rs what each is, as \
        `assert_eq!(traits!(net::TcpStream), \"--U\");` does"
    );
}

const MADE_UP_ROOT: &str = "
    pub use gather::{Gather, race, gather}; // pub use gather::comment;
    #[doc(hidden)] pub use gather::{child as __child};
    pub use task::Id; pub(crate) use wake::Key;";

const MADE_UP_LAYER: &str = "
    #[macro_export] macro_rules! race { () => {} }
    macro_rules! inner { () => {} }
    impl<I, F> Gather<I, F> where I: Iterator {
        pub fn limit(mut self, n: usize) -> Self { self }
        pub fn first(self) -> First<I> { First(self) }
        pub(super) fn inner(self) {}
        pub fn len(&self) -> usize { 0 }
        pub fn new<const N: usize>(children: [I; N]) -> Self { .. }
    }";

#[test]
fn exports_macros_and_methods_that_take_a_gather_are_forms() {
    let forms = public_forms(MADE_UP_ROOT, &[(String::new(), MADE_UP_LAYER.to_owned())]);
    let expected = ["Gather", "Gather::first", "Gather::limit", "gather", "race", "race!"];
    assert_eq!(forms.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(exports(&tokens("pub use a::b::C;")), [("a".into(), "C".into())]);
    assert_eq!(exports(&tokens("pub use recording::*;")), [("recording".into(), "*".into())]);
}

#[test]
fn a_module_under_another_name_is_found_in_the_branches_of_its_layer() {
    let tokens = tokens("pub use net::descriptor as io; pub use time::sleep; pub use a::b as C;");
    assert_eq!(renamed_modules(&tokens), [("io".to_owned(), "net/branches/descriptor".to_owned())]);
}

#[test]
fn a_type_is_asked_for_by_its_path_without_its_parameters() {
    let text = "assert_eq!(traits!(net::Incoming<'static>), \"\"); traits!(Id); // traits!(Runtime)";
    assert_eq!(asked(&tokens(text)).into_iter().collect::<Vec<_>>(), ["Id", "net::Incoming"]);
}
