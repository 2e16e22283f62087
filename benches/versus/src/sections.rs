//! Generated sections of a document whose rest is written by hand.
//!
//! A section called `versus` lies between two lines, each of which is there once:
//!
//! ```text
//! <!-- versus: generated, do not edit -->
//! <!-- /versus -->
//! ```
//!
//! Several programs fill sections of the same document, each its own.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

/// `document` with `content` in the section `name`, and everything outside it as it was.
///
/// # Errors
/// When one of the section's markers is not there exactly once, when they are in the wrong
/// order, or when `content` has such a line itself. The text names the marker.
pub(crate) fn replace(document: &str, name: &str, content: &str) -> Result<String, String> {
    let section = find(document, name)?;
    if let Some(marker) = markers(name).iter().find(|marker| content.contains(*marker)) {
        return Err(format!("what is to be written has `{marker}` in it"));
    }
    let (before, after) = (&document[..section.start], &document[section.end..]);
    Ok(format!("{before}\n{}\n\n{after}", content.trim_end()))
}

/// Where the section `name` is, without its markers.
///
/// # Errors
/// When one of these is not there exactly once, or they are in the wrong order.
pub(crate) fn find(document: &str, name: &str) -> Result<Range<usize>, String> {
    let [begin, end] = markers(name);
    let (opening, closing) = (only_line(document, &begin)?, only_line(document, &end)?);
    if closing.start < opening.end {
        return Err(format!("the line `{end}` stands before `{begin}`"));
    }
    Ok(opening.end..closing.start)
}

fn markers(name: &str) -> [String; 2] {
    [format!("<!-- {name}: generated, do not edit -->"), format!("<!-- /{name} -->")]
}

/// Where the only line is that says `wanted`, with its end.
fn only_line(document: &str, wanted: &str) -> Result<Range<usize>, String> {
    let mut found = None;
    let mut start = 0;
    for line in document.split_inclusive('\n') {
        let range = start..start + line.len();
        start = range.end;
        if line.trim_end() == wanted && found.replace(range).is_some() {
            return Err(format!("the line `{wanted}` is there twice"));
        }
    }
    found.ok_or_else(|| format!("there is no line `{wanted}`"))
}

/// Writes the whole file or, where that fails, leaves what was there: the text goes to a file
/// beside it, which then takes its name.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        // Else the new name may reach the disk before the text does.
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&beside, path));
    if renamed.is_err() {
        // There may be none; what failed first is what is told.
        let _ = fs::remove_file(&beside);
    }
    renamed
}
