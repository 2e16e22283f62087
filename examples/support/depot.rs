//! What `download` downloads: a list of files with sizes and checksums, and a server that
//! has them.
//!
//! The list is text, a line a file: `CRC-32 SIZE NAME`. It comes from another machine, which
//! may mean harm: it is checked as a whole before anything else is fetched.

use super::web::server::{Answer, Server};
use std::collections::hash_map::{self, HashMap};
use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

/// The name of the list itself.
pub(crate) const LIST: &str = "files.txt";

/// The most files that a list may have.
const MAX_FILES: usize = 100_000;

/// The largest file: it is in memory until it is checked, and a session takes no longer body.
const MAX_SIZE: u64 = 64 * 1024 * 1024;

/// The longest name that Linux, macOS and Windows take.
const MAX_NAME: usize = 255;

/// A file as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) size: u64,
    /// It finds damage by chance, not by intent; against that, take SHA-256.
    crc32: u32,
}

impl Entry {
    fn new(name: String, content: &[u8]) -> Self {
        Self { name, size: content.len() as u64, crc32: crc32fast::hash(content) }
    }

    /// # Errors
    /// When this is not the file's content; the text says what is wrong with it.
    pub(crate) fn check(&self, content: &[u8]) -> Result<(), String> {
        let (size, crc32) = (content.len() as u64, crc32fast::hash(content));
        if size != self.size {
            return Err(format!("it has {size} bytes, the list says {}", self.size));
        }
        if crc32 != self.crc32 {
            return Err(format!("its checksum is {crc32:08x}, the list says {:08x}", self.crc32));
        }
        Ok(())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x} {} {}", self.crc32, self.size, self.name)
    }
}

impl FromStr for Entry {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut words = line.splitn(3, ' ');
        let (Some(crc32), Some(size), Some(name)) = (words.next(), words.next(), words.next()) else {
            return Err(format!("{} is not of the form: CRC-32 SIZE NAME", quoted(line)));
        };
        let (crc32, size) = (parse_crc32(crc32)?, parse_size(size)?);
        check_name(name).map_err(|reason| format!("{} cannot name a file: {reason}", quoted(name)))?;
        Ok(Self { name: name.to_owned(), size, crc32 })
    }
}

/// The text for a message: the beginning will do, and what a terminal would obey is escaped.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

fn parse_crc32(digits: &str) -> Result<u32, String> {
    let all_digits = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = all_digits.then(|| u32::from_str_radix(digits, 16).ok()).flatten();
    number.ok_or_else(|| format!("{} is not a CRC-32 of eight hexadecimal digits", quoted(digits)))
}

fn parse_size(digits: &str) -> Result<u64, String> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{} is not a number of bytes", quoted(digits)));
    }
    // Only digits, so what does not fit is too large.
    let size = digits.parse().ok().filter(|size| *size <= MAX_SIZE);
    size.ok_or_else(|| format!("{} bytes are more than the {MAX_SIZE} that are taken", quoted(digits)))
}

/// Takes what has one meaning everywhere: POSIX's portable filename character set (POSIX.1,
/// 3.282). Such a name leads out of no folder, and needs no escapes in a URL or on a terminal.
/// One with a dot first would be a folder (`.`, `..`), hidden, or a temporary file of ours.
fn check_name(name: &str) -> Result<(), String> {
    let portable = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !name.bytes().all(portable) {
        return Err("a name is made of ASCII letters, digits, '.', '_' and '-'".into());
    }
    if name.len() > MAX_NAME {
        return Err(format!("a name has {MAX_NAME} characters at most"));
    }
    if name.is_empty() || name.starts_with(['.', '-']) || name.ends_with('.') {
        return Err("a name begins with a letter, a digit or '_', and does not end with '.'".into());
    }
    if is_device(name) {
        return Err("it is a device on Windows".into());
    }
    Ok(())
}

/// The names that Windows keeps for itself, also with an extension; the list is that of Go's
/// `module.CheckFilePath`.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let numbered = numbered.is_some_and(|number| matches!(number.as_bytes(), [b'1'..=b'9']));
    numbered || ["con", "prn", "aux", "nul"].contains(&&*stem)
}

/// Reads a list. No two names in it mean one file, also where case does not count.
pub(crate) fn parse_list(text: &str) -> Result<Vec<Entry>, String> {
    if text.lines().nth(MAX_FILES).is_some() {
        return Err(format!("the list has more than {MAX_FILES} files"));
    }
    let mut names = HashMap::new();
    let entries = (1..).zip(text.lines()).map(|(number, line)| {
        let entry = line.parse().and_then(|entry| note_name(&mut names, entry));
        entry.map_err(|error| format!("line {number}: {error}"))
    });
    entries.collect()
}

/// Gives the entry back if its name is the first of its kind. ASCII's cases are all there are.
fn note_name(names: &mut HashMap<String, String>, entry: Entry) -> Result<Entry, String> {
    match names.entry(entry.name.to_ascii_lowercase()) {
        hash_map::Entry::Vacant(place) => {
            place.insert(entry.name.clone());
            Ok(entry)
        }
        hash_map::Entry::Occupied(first) if *first.get() == entry.name => {
            Err(format!("{:?} is in the list twice", entry.name))
        }
        hash_map::Entry::Occupied(first) => {
            Err(format!("{:?} is the same file as {:?} where case does not count", entry.name, first.get()))
        }
    }
}

/// Starts a server that has so many files, and takes `delay` for each.
pub(crate) fn start(files: u32, delay: Duration) -> io::Result<Server> {
    let mut contents: HashMap<String, Vec<u8>> = HashMap::new();
    let mut list = String::new();
    for number in 1..=files {
        let (name, content) = (format!("file-{number:04}.bin"), content(number));
        list += &format!("{}\n", Entry::new(name.clone(), &content));
        contents.insert(format!("/{name}"), content);
    }
    contents.insert(format!("/{LIST}"), list.into_bytes());
    Server::start(move |path| match contents.get(path) {
        Some(content) => Answer { after: delay, status: "200 OK", body: content.clone() },
        None => Answer { after: delay, status: "404 Not Found", body: Vec::new() },
    })
}

/// Some tens of kilobytes that look random and are the same in every run.
fn content(number: u32) -> Vec<u8> {
    let words = 2_000 + number as usize * 577 % 10_000;
    let step = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(number.into()));
    std::iter::successors(Some(1), step).take(words).flat_map(u64::to_le_bytes).collect()
}
