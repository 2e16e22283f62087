//! What `download` downloads: a list of files with sizes and checksums, and a server that
//! has them.
//!
//! The list is text, a line a file: `CRC-32 SIZE NAME`.

use super::web::server::{Answer, Server};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::path::{Component, Path};
use std::str::FromStr;
use std::time::Duration;

/// The name of the list itself.
pub(crate) const LIST: &str = "files.txt";

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
        let wrong = || format!("{line:?} is not of the form: CRC-32 SIZE NAME");
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().ok_or_else(wrong);
        let crc32 = u32::from_str_radix(word()?, 16).map_err(|_| wrong())?;
        let size = word()?.parse().map_err(|_| wrong())?;
        let name = word()?.to_owned();
        check_name(&name)?;
        Ok(Self { name, size, crc32 })
    }
}

/// The name comes from somebody else: it must not lead out of the folder.
fn check_name(name: &str) -> Result<(), String> {
    let mut parts = Path::new(name).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(part)), None) if part == name => Ok(()),
        _ => Err(format!("{name:?} is not the name of a file in a folder")),
    }
}

/// Reads a list. Each name may stand in it once, so that no two downloads write one file.
pub(crate) fn parse_list(text: &str) -> Result<Vec<Entry>, String> {
    let entries = text.lines().map(str::parse).collect::<Result<Vec<Entry>, _>>()?;
    let mut names = HashSet::new();
    match entries.iter().find(|entry| !names.insert(&entry.name)) {
        None => Ok(entries),
        Some(twice) => Err(format!("{:?} is in the list twice", twice.name)),
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
