//! A body in chunks (RFC 9112 7.1), taken as it arrives.
//!
//! ```text
//!   ┌──► a size ──► so many bytes ──► a line's end ──┐
//!   │      └─ zero ──► trailers ──► done             │
//!   └────────────────────────────────────────────────┘
//! ```
//!
//! What is around the content is bounded by two rules of Go's `chunkedReader`: the
//! length of a line, and an *excess* of all lines, which content pays off.

use super::error::Error;
use super::head::{MAX_FIELDS, check_body, not_http};
use httparse::Status;

/// The longest line before a chunk; Go's `maxLineLength`.
const MAX_LINE: usize = 4096;

/// How far the lines may get ahead of the content.
const MAX_EXCESS: usize = 16 * 1024;

/// What a chunk may have around it for nothing; each byte of content pays for two more.
const FREE: usize = 16;

/// The longest trailer section that is taken.
const MAX_TRAILERS: usize = 64 * 1024;

/// How far a body in chunks has been understood.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    next: Next,
    excess: usize,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Size,
    /// A chunk's content, of which so much is missing.
    Content(usize),
    /// The end of the line after it.
    End,
    Trailers,
    Done,
}

impl Chunks {
    /// Goes on with what was `received` and not understood yet, and moves content into
    /// `body`. Returns how many bytes it understood, and whether the body is whole.
    ///
    /// # Errors
    /// When these are no chunks, or too much.
    pub(crate) fn take(&mut self, received: &[u8], body: &mut Vec<u8>) -> Result<(usize, bool), Error> {
        let mut at = 0;
        while let Some(n) = self.step(&received[at..], body)? {
            at += n;
        }
        Ok((at, self.next == Next::Done))
    }

    /// One part, or of content what is there; `None` when there is nothing to go on with.
    fn step(&mut self, rest: &[u8], body: &mut Vec<u8>) -> Result<Option<usize>, Error> {
        match (self.next, rest) {
            (Next::Done, _) | (_, []) => Ok(None),
            (Next::Size, _) => self.size(rest, body.len()),
            (Next::Content(left), _) => {
                let n = left.min(rest.len());
                body.extend_from_slice(&rest[..n]);
                self.next = if n == left { Next::End } else { Next::Content(left - n) };
                Ok(Some(n))
            }
            (Next::End, [b'\r', b'\n', ..]) => {
                self.next = Next::Size;
                Ok(Some(2))
            }
            (Next::End, b"\r") => Ok(None),
            (Next::End, _) => Err(Error::malformed("a chunk is longer than it says")),
            (Next::Trailers, _) => self.trailers(rest),
        }
    }

    fn size(&mut self, rest: &[u8], so_far: usize) -> Result<Option<usize>, Error> {
        let Some((line, size)) = parse_line(rest)? else { return Ok(None) };
        check_body(so_far.saturating_add(size))?;
        self.excess = (self.excess + line + 2).saturating_sub(FREE + 2 * size);
        if self.excess > MAX_EXCESS {
            return Err(Error::malformed("more around the chunks than in them"));
        }
        self.next = if size == 0 { Next::Trailers } else { Next::Content(size) };
        Ok(Some(line))
    }

    fn trailers(&mut self, rest: &[u8]) -> Result<Option<usize>, Error> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        match httparse::parse_headers(rest, &mut fields).map_err(not_http)? {
            Status::Complete((length, _)) if length <= MAX_TRAILERS => {
                self.next = Next::Done;
                Ok(Some(length))
            }
            Status::Partial if rest.len() < MAX_TRAILERS => Ok(None),
            _ => Err(Error::malformed(format!("trailers without an end in {MAX_TRAILERS} bytes"))),
        }
    }
}

/// The length of a chunk's first line and the size that it names.
fn parse_line(bytes: &[u8]) -> Result<Option<(usize, usize)>, Error> {
    let wrong = || Error::malformed("a chunk without a size");
    // Without a digit httparse would read a zero, and so the end of the body.
    if bytes.first().is_some_and(|first| !first.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    match httparse::parse_chunk_size(bytes).map_err(|_| wrong())? {
        // httparse lets a bare LF be part of an extension, where other readers end the line.
        Status::Complete((line, _)) if bytes[..line - 2].contains(&b'\n') => Err(wrong()),
        Status::Complete((line, size)) if line <= MAX_LINE => {
            Ok(Some((line, usize::try_from(size).unwrap_or(usize::MAX))))
        }
        Status::Partial if bytes.len() < MAX_LINE => Ok(None),
        _ => Err(Error::malformed(format!("a chunk's size without an end in {MAX_LINE} bytes"))),
    }
}
