//! One connection to a server: a request out, an answer in, then perhaps another.

use super::buffer::Buffer;
use super::error::{Error, Kind};
use super::http::{Parser, Response};
use shirr::net::TcpStream;
use std::net::SocketAddr;

/// A connection with the memory for its answers, so that a kept one needs no new memory.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Buffer,
}

impl Connection {
    pub(crate) async fn open(addrs: &[SocketAddr]) -> Result<Self, Error> {
        let stream = TcpStream::connect(addrs).await?;
        Ok(Self { stream, buffer: Buffer::default() })
    }

    /// Sends a request and reads its answer. Not cancel safe: a connection dropped in the
    /// middle has an answer on the way that belongs to nobody, and must not be used again.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Response, Error> {
        self.buffer.consume(self.buffer.received().len());
        self.stream.write_all(request).await?;
        let mut parser = Parser::default();
        loop {
            let n = self.buffer.fill(&self.stream).await?;
            let received = self.buffer.received();
            if n == 0 {
                return parser.finish(received);
            }
            if let Some(response) = parser.advance(received)? {
                return Ok(response);
            }
        }
    }

    /// Whether `error` means that the server had closed the connection before it saw the
    /// request: it is broken, and no byte of an answer came.
    pub(crate) fn was_closed(&self, error: &Error) -> bool {
        matches!(error.kind, Kind::Reset | Kind::Truncated) && self.buffer.received().is_empty()
    }
}
