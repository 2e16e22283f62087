//! Writing to a TCP connection: each operation is one system call, tried until it does not
//! block, or a loop of such. Nothing is buffered here, so there is nothing to flush.

use super::TcpStream;
use crate::reactor::Direction;
use crate::runtime::consume_budget;
use std::io::{self, Write};

impl TcpStream {
    /// Writes some of `buf`, and returns how many bytes; the rest is for another call.
    ///
    /// The bytes are in the system's hands then, not yet at the other end. When the other
    /// end does not read, the system takes no more, and this waits. Cancel safe: dropped
    /// early, no byte was written.
    ///
    /// # Errors
    /// The system's, as [`BrokenPipe`](io::ErrorKind::BrokenPipe) when the other end is gone.
    pub async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        if buf.is_empty() {
            consume_budget().await;
            return Ok(0);
        }
        let n = self.source.io(Direction::Write, |mut socket| socket.write(buf)).await?;
        Ok(self.note_written(n, buf.len()))
    }

    /// Writes `buf` whole.
    ///
    /// Not cancel safe: dropped early, an unknown part of `buf` was written.
    ///
    /// # Errors
    /// The system's; how much was written before is then unknown.
    pub async fn write_all(&self, mut buf: &[u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match self.write(buf).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => buf = &buf[n..],
            }
        }
        Ok(())
    }

    /// Where the system took less than it was offered, it has no room for more.
    #[inline]
    pub(super) fn note_written(&self, n: usize, size: usize) -> usize {
        if n > 0 && n < size {
            self.source.was_short(Direction::Write);
        }
        n
    }
}
