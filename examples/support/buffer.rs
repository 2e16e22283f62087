//! What has arrived on a connection and was not used yet.

use shirr::net::TcpStream;
use std::io;

/// Room for an answer without much of a body. With a thousand connections open, more
/// would be memory touched for nothing.
const START: usize = 1024;

/// Above this, memory is given back once its content was used, and there is more only for
/// content that cannot be used in parts.
const KEEP: usize = 64 * 1024;

/// Bytes read from a stream, in memory that is used again for the next ones.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    filled: usize,
    /// The last read took all the room that there was.
    was_full: bool,
}

impl Buffer {
    pub(crate) fn received(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Reads what is there, into twice the room if there is none left or there was too
    /// little the last time. Zero bytes mean that the other end has closed.
    pub(crate) async fn fill(&mut self, stream: &TcpStream) -> io::Result<usize> {
        let room = self.bytes.len();
        if self.filled == room || (self.was_full && room < KEEP) {
            self.bytes.resize((room * 2).max(START), 0);
        }
        let n = stream.read(&mut self.bytes[self.filled..]).await?;
        self.filled += n;
        self.was_full = self.filled == self.bytes.len();
        Ok(n)
    }

    /// Forgets the first `n` bytes.
    pub(crate) fn consume(&mut self, n: usize) {
        self.bytes.copy_within(n..self.filled, 0);
        self.filled -= n;
        if self.bytes.len() > KEEP && self.filled == 0 {
            self.bytes = Vec::new();
        }
    }
}
