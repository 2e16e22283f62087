//! The head of an answer: its status, how the end of its body is known, and whether the
//! connection outlives it.

use super::error::{Error, Kind};
use httparse::{Header, ParserConfig, Status};
use std::mem::MaybeUninit;

/// The longest body that is taken.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// How many fields a head or a trailer section may have.
pub(crate) const MAX_FIELDS: usize = 100;

/// What a head says.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Both sides keep the connection open after this answer.
    pub(crate) keep_alive: bool,
    pub(crate) framing: Framing,
}

/// How the end of the body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Head {
    /// The head at the beginning of `bytes` and its length, if it is all there.
    ///
    /// # Errors
    /// When this can become no head.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Error> {
        // httparse would skip empty lines, which only a server has to (RFC 9112 2.2).
        if bytes.first().is_some_and(|first| *first != b'H') {
            return Err(not_http(httparse::Error::Version));
        }
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut []);
        // A client must take folded lines (RFC 9112 5.2), as Go and curl do.
        let parsed = ParserConfig::default()
            .allow_obsolete_multiline_headers_in_responses(true)
            .parse_response_with_uninit_headers(&mut response, bytes, &mut fields);
        let Status::Complete(length) = parsed.map_err(not_http)? else { return Ok(None) };
        Self::new(&response).map(|head| Some((head, length)))
    }

    fn new(response: &httparse::Response<'_, '_>) -> Result<Self, Error> {
        let (status, fields) = (response.code.unwrap_or_default(), &*response.headers);
        if status < 100 || status == 101 {
            return Err(Error::malformed(format!("status {status} was not to be expected")));
        }
        let is_1_1 = response.version == Some(1);
        let keep_alive = keeps_alive(is_1_1, fields) && !is_dubious(is_1_1, status, fields);
        Ok(Self { status, keep_alive, framing: framing(status, fields)? })
    }
}

/// HTTP/1.1 keeps a connection unless told otherwise, HTTP/1.0 closes it unless told
/// otherwise. `close` wins over `keep-alive` (RFC 9112 9.3).
fn keeps_alive(is_1_1: bool, fields: &[Header<'_>]) -> bool {
    !connection_says(fields, "close") && (is_1_1 || connection_says(fields, "keep-alive"))
}

/// Whether this word is in the list of a `Connection` field.
pub(crate) fn connection_says(fields: &[Header<'_>], word: &str) -> bool {
    values(fields, "connection").any(|value| {
        let mut words = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        words.any(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    })
}

/// Whether the head contradicts itself about the body. Another reader may see its end
/// elsewhere, so the connection closes after it (RFC 9112 6.1 and 6.3).
fn is_dubious(is_1_1: bool, status: u16, fields: &[Header<'_>]) -> bool {
    let is_coded = values(fields, "transfer-encoding").next().is_some();
    let mut lengths = values(fields, "content-length");
    match status {
        204 => is_coded || lengths.any(|length| length != b"0"),
        _ => is_coded && (!is_1_1 || lengths.next().is_some()),
    }
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

/// What the fields of this name say.
pub(crate) fn values<'a>(fields: &'a [Header<'a>], name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    let named = fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
    named.map(|field| field.value.trim_ascii())
}

/// # Errors
/// When a body of this length is not taken.
pub(crate) fn check_body(length: usize) -> Result<(), Error> {
    if length > MAX_BODY {
        return Err(Error::new(Kind::Other, format!("the body is longer than {MAX_BODY} bytes")));
    }
    Ok(())
}

pub(crate) fn not_http(error: httparse::Error) -> Error {
    Error::malformed(format!("this is not HTTP/1: {error}"))
}
