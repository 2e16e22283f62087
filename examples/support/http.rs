//! Bytes to HTTP/1 answers. No socket here: whoever reads from one hands over what has
//! arrived so far, as often as there is more.
//!
//! ```text
//!   head ──► a body of known length ──┐
//!        ├─► chunks, then trailers ───┼──► the response
//!        └─► until the stream ends ───┘
//! ```

use super::error::{Error, Kind};
use httparse::{Header, Status};

/// The longest head, chunk line or trailer section that is taken.
const MAX_HEAD: usize = 64 * 1024;

/// The longest body that is taken.
const MAX_BODY: usize = 64 * 1024 * 1024;

const MAX_FIELDS: usize = 100;

/// A whole answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The connection is good for another request: both sides keep it open, and nothing
    /// came after the answer.
    pub(crate) reusable: bool,
}

/// How far one answer has been understood.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    head: Option<Head>,
    /// Where that begins which was not understood yet.
    at: usize,
    /// What the chunks so far contained.
    chunks: Vec<u8>,
}

#[derive(Debug)]
struct Head {
    status: u16,
    keep_alive: bool,
    framing: Framing,
}

/// How the end of the body is known.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Parser {
    /// Goes on with all that was `received` since the answer's beginning. Returns the
    /// response once it is whole.
    ///
    /// # Errors
    /// When this can become no answer, or one that is too long.
    pub(crate) fn advance(&mut self, received: &[u8]) -> Result<Option<Response>, Error> {
        let Some(framing) = self.framing(received)? else { return Ok(None) };
        match framing {
            Framing::Length(length) => match received.get(self.at..self.at + length) {
                Some(body) => Ok(self.response(body.to_vec(), received.len() == self.at + length)),
                None => Ok(None),
            },
            Framing::Chunked => self.take_chunks(received),
            Framing::UntilClose => check_body(received.len() - self.at).map(|()| None),
        }
    }

    /// The stream has ended where [`advance`](Self::advance) wanted more.
    ///
    /// # Errors
    /// When the answer is not whole by now.
    pub(crate) fn finish(mut self, received: &[u8]) -> Result<Response, Error> {
        let until_close = self.head.as_ref().is_some_and(|head| matches!(head.framing, Framing::UntilClose));
        let response = if until_close { self.response(received[self.at..].to_vec(), false) } else { None };
        response.ok_or_else(|| {
            let text = format!("the connection was closed after {} bytes of an answer", received.len());
            Error::new(Kind::Truncated, text)
        })
    }

    fn framing(&mut self, received: &[u8]) -> Result<Option<Framing>, Error> {
        while self.head.is_none() {
            let Some((head, length)) = parse_head(&received[self.at..])? else {
                check_head(received.len())?;
                return Ok(None);
            };
            self.at += length;
            // 1xx heads, of which there may be several, only announce the real one.
            if head.status >= 200 {
                self.head = Some(head);
            }
        }
        Ok(self.head.as_ref().map(|head| head.framing))
    }

    fn response(&mut self, body: Vec<u8>, nothing_left: bool) -> Option<Response> {
        let head = self.head.take()?;
        Some(Response { status: head.status, body, reusable: head.keep_alive && nothing_left })
    }

    fn take_chunks(&mut self, received: &[u8]) -> Result<Option<Response>, Error> {
        loop {
            let rest = &received[self.at..];
            let Some((line, size)) = parse_chunk_line(rest)? else { return Ok(None) };
            if size == 0 {
                return self.take_trailers(received, line);
            }
            check_body(self.chunks.len().saturating_add(size))?;
            let Some(chunk) = rest.get(line..line + size + 2) else { return Ok(None) };
            let Some(chunk) = chunk.strip_suffix(b"\r\n") else {
                return Err(Error::malformed("a chunk is longer than it says"));
            };
            self.chunks.extend_from_slice(chunk);
            self.at += line + size + 2;
        }
    }

    fn take_trailers(&mut self, received: &[u8], line: usize) -> Result<Option<Response>, Error> {
        let rest = &received[self.at + line..];
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        match httparse::parse_headers(rest, &mut fields).map_err(not_http)? {
            Status::Complete((length, _)) => {
                let body = std::mem::take(&mut self.chunks);
                Ok(self.response(body, rest.len() == length))
            }
            Status::Partial => check_head(rest.len()).map(|()| None),
        }
    }
}

/// The head at the beginning of `bytes` and its length, if it is all there.
fn parse_head(bytes: &[u8]) -> Result<Option<(Head, usize)>, Error> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let Status::Complete(length) = response.parse(bytes).map_err(not_http)? else { return Ok(None) };
    let status = response.code.unwrap_or_default();
    if status < 100 || status == 101 {
        return Err(Error::malformed(format!("status {status} was not to be expected")));
    }
    let head = Head {
        status,
        keep_alive: keeps_alive(response.version == Some(1), response.headers),
        framing: framing(status, response.headers)?,
    };
    Ok(Some((head, length)))
}

/// HTTP/1.1 keeps a connection unless told otherwise, HTTP/1.0 closes it unless told
/// otherwise.
fn keeps_alive(is_1_1: bool, fields: &[Header<'_>]) -> bool {
    let says = |word: &str| {
        values(fields, "connection").any(|value| {
            let mut words = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            words.any(|found| found.eq_ignore_ascii_case(word.as_bytes()))
        })
    };
    if is_1_1 { !says("close") } else { says("keep-alive") }
}

fn framing(status: u16, fields: &[Header<'_>]) -> Result<Framing, Error> {
    if status < 200 || status == 204 || status == 304 {
        return Ok(Framing::Length(0));
    }
    let mut codings = values(fields, "transfer-encoding");
    if let Some(coding) = codings.next() {
        if coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none() {
            return Ok(Framing::Chunked);
        }
        return Err(Error::malformed("a transfer encoding other than chunked"));
    }
    let mut lengths = values(fields, "content-length");
    let Some(length) = lengths.next() else { return Ok(Framing::UntilClose) };
    if lengths.any(|other| other != length) {
        return Err(Error::malformed("two content lengths"));
    }
    parse_length(length).map(Framing::Length)
}

fn parse_length(digits: &[u8]) -> Result<usize, Error> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Error::malformed("a content length that is no number"));
    }
    // Only digits, so whatever does not fit is too large.
    let length =
        std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(usize::MAX);
    check_body(length).map(|()| length)
}

/// The length of a chunk's first line and the size that it names.
fn parse_chunk_line(bytes: &[u8]) -> Result<Option<(usize, usize)>, Error> {
    let wrong = || Error::malformed("a chunk without a size");
    // Without a digit the parser would read a zero, and so the end of the body.
    if bytes.first().is_some_and(|first| !first.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    match httparse::parse_chunk_size(bytes).map_err(|_| wrong())? {
        Status::Complete((length, size)) => Ok(Some((length, usize::try_from(size).unwrap_or(usize::MAX)))),
        Status::Partial => check_head(bytes.len()).map(|()| None),
    }
}

fn values<'a>(fields: &'a [Header<'a>], name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    let named = fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
    named.map(|field| field.value.trim_ascii())
}

fn check_head(length: usize) -> Result<(), Error> {
    if length > MAX_HEAD {
        return Err(Error::malformed(format!("a head without an end in {MAX_HEAD} bytes")));
    }
    Ok(())
}

fn check_body(length: usize) -> Result<(), Error> {
    if length > MAX_BODY {
        return Err(Error::new(Kind::Other, format!("the body is longer than {MAX_BODY} bytes")));
    }
    Ok(())
}

fn not_http(error: httparse::Error) -> Error {
    Error::malformed(format!("this is not HTTP/1: {error}"))
}
