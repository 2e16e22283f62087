//! Reading this crate's own source: its files, a file as words without comments and texts,
//! and the names that it declares.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folders that the repository has and the package has not: `exclude` and the workspace's
/// members. None in the repository; cargo leaves the manifest as it was there in the package.
pub(crate) fn left_out() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml.orig")).unwrap_or_default();
    let lists = manifest.split("\nexclude = [").skip(1).chain(manifest.split("\nmembers = [").skip(1));
    let texts = lists.flat_map(|list| list.split(']').next().unwrap().split('"').skip(1).step_by(2));
    texts.map(|folder| format!("{folder}/")).collect()
}

/// Every Rust file below a folder of the package, as a path from that folder with `/`
/// between its parts, and its text; in order.
pub(crate) fn rust_files(folder: &str) -> Vec<(String, String)> {
    let top = root().join(folder);
    let mut files = Vec::new();
    collect(&top, &mut files);
    files.sort();
    let name = |path: &PathBuf| {
        let parts = path.strip_prefix(&top).unwrap().iter();
        parts.map(|part| part.to_str().unwrap()).collect::<Vec<_>>().join("/")
    };
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    // A folder that is not there holds nothing.
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// A word, a `::`, or another sign by itself.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(is_word_char)
    }
}

/// The code of a file: no comment, no string, no character, no lifetime.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let (len, keep) = match first {
            c if c.is_whitespace() => (c.len_utf8(), false),
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            '"' => (string(rest, 1), false),
            '\'' => (quoted(rest), false),
            c if is_word_char(c) => word(rest),
            ':' if rest.starts_with("::") => (2, true),
            c => (c.len_utf8(), true),
        };
        if keep {
            tokens.push(Token { text: rest[..len].to_owned(), line });
        }
        line += rest[..len].matches('\n').count();
        at += len;
    }
    tokens
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(rest: &str) -> usize {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 && at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

/// The length of a string whose text begins at `from`.
fn string(rest: &str, from: usize) -> usize {
    let (bytes, mut at) = (rest.as_bytes(), from);
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// A character in quotes, or a lifetime, which has no second quote.
fn quoted(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    if rest[1..].starts_with('\\') {
        return chars.skip(2).find(|(_, c)| *c == '\'').map_or(rest.len(), |(at, _)| at + 1);
    }
    let second = chars.nth(1);
    match second {
        Some((at, '\'')) => at + 1,
        _ => 1 + rest[1..].find(|c| !is_word_char(c)).unwrap_or(rest.len() - 1),
    }
}

/// A word, or the string that it is the prefix of.
fn word(rest: &str) -> (usize, bool) {
    let len = rest.find(|c| !is_word_char(c)).unwrap_or(rest.len());
    let (prefix, after) = rest.split_at(len);
    let hashes = after.len() - after.trim_start_matches('#').len();
    match prefix {
        "r" | "br" | "cr" if after[hashes..].starts_with('"') => {
            let end = format!("\"{}", "#".repeat(hashes));
            let from = len + hashes + 1;
            (rest[from..].find(&end).map_or(rest.len(), |at| from + at + end.len()), false)
        }
        "b" | "c" if after.starts_with('"') => (string(rest, len + 1), false),
        "b" if after.starts_with('\'') => (len + quoted(after), false),
        _ => (len, true),
    }
}

/// The position behind the `}` that closes the `{` at `open`.
pub(crate) fn block_end(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// What src declares.
#[derive(Default)]
pub(crate) struct Names {
    /// Every Rust file, and every folder above one, as a path from the package's root.
    pub(crate) paths: HashSet<String>,
    pub(crate) types: HashSet<String>,
    pub(crate) functions: HashSet<String>,
    /// `Type::member`.
    pub(crate) members: HashSet<String>,
    /// `module::item`, for the module of the file and those above it.
    pub(crate) items: HashSet<String>,
    /// Folders of which it is not known what is in them ([`left_out`]).
    pub(crate) left_out: Vec<String>,
}

impl Names {
    pub(crate) fn of_this_package() -> Self {
        let mut names = Self { left_out: left_out(), ..Self::default() };
        for folder in ["src", "tests", "examples", "benches"] {
            for (file, source) in rust_files(folder) {
                names.add_path(&format!("{folder}/{file}"));
                if folder == "src" {
                    names.add_source(&file, &tokens(&source));
                }
            }
        }
        names
    }

    pub(crate) fn add_path(&mut self, path: &str) {
        self.paths.insert(path.to_owned());
        let slashes = path.match_indices('/');
        self.paths.extend(slashes.map(|(at, _)| path[..=at].to_owned()));
    }

    pub(crate) fn add_source(&mut self, file: &str, tokens: &[Token]) {
        let modules: Vec<_> = file.trim_end_matches(".rs").split('/').collect();
        for (at, pair) in tokens.windows(2).enumerate() {
            let (keyword, name) = (&pair[0], &pair[1].text);
            if keyword.is("impl") {
                self.add_members(tokens, at, &impl_type(&tokens[at + 1..]));
            }
            if !is_declared(keyword, &pair[1]) {
                continue;
            }
            self.items.extend(modules.iter().map(|module| format!("{module}::{name}")));
            if keyword.is("fn") {
                self.functions.insert(name.clone());
            } else if !keyword.is("const") && !keyword.is("static") && !keyword.is("mod") {
                self.types.insert(name.clone());
                self.add_members(tokens, at, name);
            }
        }
    }

    /// The functions, constants and variants in the block after `at`.
    fn add_members(&mut self, tokens: &[Token], at: usize, owner: &str) {
        let ends = |token: &Token| token.is("{") || token.is(";");
        let Some(open) = tokens[at..].iter().position(ends).map(|offset| at + offset) else { return };
        let body = if tokens[open].is("{") { &tokens[open..block_end(tokens, open)] } else { &[] };
        for pair in body.windows(2) {
            let variant = tokens[at].is("enum") && pair[1].text.starts_with(char::is_uppercase);
            if variant || is_declared(&pair[0], &pair[1]) {
                self.members.insert(format!("{owner}::{}", pair[1].text));
            }
        }
    }

    pub(crate) fn has_path(&self, path: &str) -> bool {
        let end = format!("/{path}");
        self.paths.iter().any(|known| known == path || known.ends_with(&end))
            || self.left_out.iter().any(|folder| path.starts_with(folder))
    }
}

fn is_declared(keyword: &Token, name: &Token) -> bool {
    const KEYWORDS: [&str; 9] = ["fn", "struct", "enum", "trait", "union", "type", "const", "static", "mod"];
    KEYWORDS.contains(&keyword.text.as_str()) && name.is_word() && !name.is("fn")
}

/// The type that an `impl` is for, without its parameters.
pub(crate) fn impl_type(after: &[Token]) -> String {
    let (mut depth, mut name) = (0, "");
    for (at, token) in after.iter().enumerate() {
        match token.text.as_str() {
            "<" => depth += 1,
            // Not the end of an arrow.
            ">" if !after[at - 1].is("-") => depth -= 1,
            "{" | "where" => break,
            _ if depth == 0 && token.is_word() && !token.is("for") => name = &token.text,
            _ => {}
        }
    }
    name.to_owned()
}
