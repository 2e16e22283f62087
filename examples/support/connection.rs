//! One connection to a server: a request out, an answer in, then perhaps another.

use super::buffer::Buffer;
use super::error::{Error, Kind};
use super::http::{Parser, Response};
use shirr::net::TcpStream;
use std::io;
use std::net::SocketAddr;

/// A connection with the memory for its answers, so that a kept one needs no new memory.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Buffer,
    /// Something has come since the last request.
    heard: bool,
}

impl Connection {
    pub(crate) async fn open(addrs: &[SocketAddr]) -> Result<Self, Error> {
        let stream = TcpStream::connect(addrs).await?;
        Ok(Self { stream, buffer: Buffer::default(), heard: false })
    }

    /// Sends a request and reads its answer. Not cancel safe: a connection dropped in the
    /// middle has an answer on the way that no request waits for, and must not be used again.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Response, Error> {
        self.heard = false;
        self.stream.write_all(request).await?;
        let mut parser = Parser::default();
        loop {
            if self.buffer.fill(&self.stream).await? == 0 {
                return parser.finish(self.buffer.received().len());
            }
            self.heard = true;
            let (understood, response) = parser.advance(self.buffer.received())?;
            self.buffer.consume(understood);
            if let Some(response) = response {
                return Ok(response);
            }
        }
    }

    /// Whether this outcome means that the server had given the connection up before it saw
    /// the request: it is broken and no byte of an answer came (Go's `errServerClosedIdle`),
    /// or the server says that it has waited too long (408, which Chrome, too, takes so on a
    /// kept connection).
    pub(crate) fn was_given_up(&self, outcome: &Result<Response, Error>) -> bool {
        match outcome {
            Ok(response) => response.status == 408,
            Err(error) => matches!(error.kind, Kind::Reset | Kind::Truncated) && !self.heard,
        }
    }

    /// Whether nothing came since the last answer: no byte and no end. What comes before a
    /// request is no answer to it, so a connection that is not quiet is of no use any more
    /// (urllib3's `is_connection_dropped`; Go's "Unsolicited response received on idle HTTP
    /// channel"). It asks the kernel: the loop may not have looked since the bytes came.
    pub(crate) fn is_quiet(&self) -> bool {
        self.stream.try_read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}
