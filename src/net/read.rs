//! Reading from a TCP connection: each operation is one system call, tried until it does
//! not block, or a loop of such.

use super::TcpStream;
use crate::reactor::Direction;
use crate::runtime::consume_budget;
use std::io::{self, Read};

impl TcpStream {
    /// Reads what is there, at least one byte and at most `buf.len()`, and returns how
    /// many bytes that were. Zero: the other end has closed its direction, or `buf` is
    /// empty.
    ///
    /// Cancel safe: dropped early, no byte was taken. So a `read_buf`, which appends to a buffer,
    /// is [four lines](crate::guide::recipes#a-buffer-that-grows).
    ///
    /// # Errors
    /// The system's.
    pub async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let room = buf.len();
        if room == 0 {
            consume_budget().await; // it must not wait for bytes that it would not take
            return Ok(0);
        }
        let n = self.source.io(Direction::Read, |mut socket| socket.read(buf)).await?;
        Ok(self.note_read(n, room))
    }

    /// Fills `buf` whole.
    ///
    /// Not cancel safe: dropped early, some bytes may be in `buf` and gone from the stream.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when the stream ends first; `buf`
    /// holds what came. The system's.
    pub async fn read_exact(&self, buf: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read(&mut buf[filled..]).await? {
                0 => {
                    let text = format!("the stream ended after {filled} of {} bytes", buf.len());
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
                }
                n => filled += n,
            }
        }
        Ok(())
    }

    /// Of `n` bytes where there was room for more, the system has no further ones.
    #[inline]
    pub(super) fn note_read(&self, n: usize, room: usize) -> usize {
        if n > 0 && n < room {
            self.source.was_short(Direction::Read);
        }
        n
    }
}
