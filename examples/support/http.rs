//! Bytes to HTTP/1 answers. No socket here: the reader of one hands over what has arrived,
//! and forgets what was understood of it.
//!
//! ```text
//!   head ──► a body of known length ──┐
//!        ├─► chunks, then trailers ───┼──► the response
//!        └─► until the stream ends ───┘
//! ```
//!
//! Every part has a bound: the heads together here, the body in [`head`](super::head), and
//! what surrounds its chunks in [`chunks`](super::chunks). So a server can make its reader
//! keep the longest body and a buffer, and no more.

use super::chunks::Chunks;
use super::error::{Error, Kind};
use super::head::{Framing, Head, check_body};

/// How long the heads of an answer may be, the announcing ones with the real one.
const MAX_HEADS: usize = 64 * 1024;

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
    chunks: Chunks,
    body: Vec<u8>,
    /// How many bytes have been understood.
    understood: usize,
}

impl Parser {
    /// Goes on with what was `received` and not understood yet. Returns how much of it is
    /// understood now, and the response once it is whole.
    ///
    /// # Errors
    /// When this can become no answer, or one that is too long.
    pub(crate) fn advance(&mut self, received: &[u8]) -> Result<(usize, Option<Response>), Error> {
        let mut at = self.take_heads(received)?;
        let Some(framing) = self.head.as_ref().map(|head| head.framing) else { return Ok((at, None)) };
        let (n, is_whole) = self.take_body(framing, &received[at..])?;
        self.understood += n;
        at += n;
        let response = if is_whole { self.response(at == received.len()) } else { None };
        Ok((at, response))
    }

    /// The stream has ended where [`advance`](Self::advance) wanted more, with `left` bytes
    /// that are not understood.
    ///
    /// # Errors
    /// When the answer is not whole by now.
    pub(crate) fn finish(mut self, left: usize) -> Result<Response, Error> {
        let until_close = self.head.as_ref().is_some_and(|head| head.framing == Framing::UntilClose);
        let response = if until_close { self.response(false) } else { None };
        response.ok_or_else(|| {
            let received = self.understood + left;
            let text = format!("the connection was closed after {received} bytes of an answer");
            Error::new(Kind::Truncated, text)
        })
    }

    /// Returns how many bytes the heads in `received` have.
    fn take_heads(&mut self, received: &[u8]) -> Result<usize, Error> {
        let mut at = 0;
        while self.head.is_none() {
            let Some((head, length)) = Head::parse(&received[at..])? else {
                check_heads(self.understood + received.len() - at + 1)?;
                break;
            };
            at += length;
            self.understood += length;
            check_heads(self.understood)?;
            // 1xx heads, of which there may be several, only announce the real one.
            if head.status >= 200 {
                self.head = Some(head);
            }
        }
        Ok(at)
    }

    /// Returns how much of `rest` is the body's, and whether that is whole.
    fn take_body(&mut self, framing: Framing, rest: &[u8]) -> Result<(usize, bool), Error> {
        let missing = match framing {
            Framing::Length(length) => length - self.body.len(),
            Framing::Chunked => return self.chunks.take(rest, &mut self.body),
            Framing::UntilClose => {
                check_body(self.body.len() + rest.len())?;
                usize::MAX
            }
        };
        let n = rest.len().min(missing);
        self.body.extend_from_slice(&rest[..n]);
        Ok((n, n == missing))
    }

    fn response(&mut self, nothing_left: bool) -> Option<Response> {
        let head = self.head.take()?;
        let body = std::mem::take(&mut self.body);
        Some(Response { status: head.status, body, reusable: head.keep_alive && nothing_left })
    }
}

fn check_heads(length: usize) -> Result<(), Error> {
    if length > MAX_HEADS {
        return Err(Error::malformed(format!("heads without an end in {MAX_HEADS} bytes")));
    }
    Ok(())
}
