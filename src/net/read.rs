//! Reading from a TCP connection: each operation is one system call, tried until it does
//! not block, or a loop of such.

use super::stream::{SURELY_TAKEN, TcpStream};
use crate::reactor::Direction;
use crate::runtime::consume_budget;
use crate::wake::budget;
use std::io::{self, IoSliceMut, Read};
use std::task::{Context, Poll};

/// The least room that reading to the end offers to one system call.
const CHUNK: usize = 8 * 1024;

impl TcpStream {
    /// Reads what is there, at least one byte and at most `buf.len()`, and returns how
    /// many bytes that were. Zero: the other end has closed its direction, or `buf` is
    /// empty.
    ///
    /// Cancel safe: dropped early, no byte was taken.
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

    /// Like [`read`](Self::read), into several buffers, each filled before the next.
    ///
    /// Cancel safe: dropped early, no byte was taken.
    ///
    /// # Errors
    /// The system's.
    pub async fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let room = bufs.iter().take(SURELY_TAKEN).map(|buf| buf.len()).sum();
        if bufs.iter().all(|buf| buf.is_empty()) {
            consume_budget().await;
            return Ok(0);
        }
        let n = self.source.io(Direction::Read, |mut socket| socket.read_vectored(bufs)).await?;
        Ok(self.note_read(n, room))
    }

    /// Reads as [`read`](Self::read) does, and leaves the bytes where they are: the next
    /// read gets them again.
    ///
    /// Cancel safe: nothing is taken in any case.
    ///
    /// # Errors
    /// The system's.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            consume_budget().await;
            return Ok(0);
        }
        self.source.io(Direction::Read, |socket| socket.peek(buf)).await
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

    /// Reads until the other end closes its direction, appends all to `buf`, and returns how
    /// many bytes that were. There is no bound: who cannot trust the other end uses
    /// [`read`](Self::read) and counts.
    ///
    /// Cancel safe in this sense: dropped early, or after an error, `buf` has at its end
    /// what was read so far, and another call goes on from there.
    ///
    /// # Errors
    /// The system's.
    ///
    /// ```
    /// # use shirr::net::{TcpListener, TcpStream};
    /// # shirr::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (other, _) = listener.accept().await?;
    /// # other.write_all(b"all that there is").await?;
    /// # drop(other);
    /// let mut all = Vec::new();
    /// assert_eq!(stream.read_to_end(&mut all).await?, all.len());
    /// assert_eq!(all, b"all that there is");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn read_to_end(&self, buf: &mut Vec<u8>) -> io::Result<usize> {
        let start = buf.len();
        let mut grown = Grown { filled: start, buf };
        loop {
            match self.read(grown.room()).await? {
                0 => return Ok(grown.filled - start),
                n => grown.filled += n,
            }
        }
    }

    /// Reads until the other end closes its direction, appends the text to `buf`, and
    /// returns its length in bytes.
    ///
    /// Not cancel safe: dropped early, what was read is lost.
    ///
    /// # Errors
    /// [`InvalidData`](io::ErrorKind::InvalidData) when it is not UTF-8; `buf` is as it was.
    /// The system's.
    pub async fn read_to_string(&self, buf: &mut String) -> io::Result<usize> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes).await?;
        let text =
            std::str::from_utf8(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        buf.push_str(text);
        Ok(text.len())
    }

    /// Waits until there may be something to read, or the end, and takes nothing.
    ///
    /// It may be wrong: a [`try_read`](Self::try_read) after it can still find nothing, and
    /// the next `readable` waits for more. Cancel safe.
    ///
    /// # Errors
    /// When it would have to wait and the stream's runtime does not run on this thread.
    ///
    /// ```
    /// # use shirr::net::{TcpListener, TcpStream};
    /// # use std::io::ErrorKind::WouldBlock;
    /// # shirr::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (other, _) = listener.accept().await?;
    /// # other.write_all(b"some").await?;
    /// let mut buf = [0; 1024];
    /// let n = loop {
    ///     stream.readable().await?;
    ///     match stream.try_read(&mut buf) {
    ///         Err(error) if error.kind() == WouldBlock => continue,
    ///         read => break read?,
    ///     }
    /// };
    /// assert_eq!(&buf[..n], b"some");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.source.ready(Direction::Read).await
    }

    /// Reads what is there now, without waiting; returns how many bytes, zero at the end.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when there is nothing. The system's.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let room = buf.len();
        let n = self.source.try_io(Direction::Read, |mut socket| socket.read(buf))?;
        Ok(self.note_read(n, room))
    }

    /// [`read`](Self::read) as a poll, for those who implement a trait of their own.
    ///
    /// Of the tasks that poll one direction so, the latest four are woken when there is more,
    /// as is each that awaits a method.
    ///
    /// A poll that is given up leaves its waker until the next event or the stream's drop: it
    /// may wake the task once more, and until then a clock that stands
    /// ([`pause`](crate::time::pause)) counts it among the operations in flight.
    ///
    /// # Errors
    /// The system's.
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let room = buf.len();
        if room == 0 {
            return budget::poll_step(cx).map(|()| Ok(0));
        }
        let read = self.source.poll_io(Direction::Read, cx, |mut socket| socket.read(buf));
        read.map_ok(|n| self.note_read(n, room))
    }

    /// [`read_vectored`](Self::read_vectored) as a poll; see [`poll_read`](Self::poll_read).
    ///
    /// # Errors
    /// The system's.
    pub fn poll_read_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let room = bufs.iter().take(SURELY_TAKEN).map(|buf| buf.len()).sum();
        if bufs.iter().all(|buf| buf.is_empty()) {
            return budget::poll_step(cx).map(|()| Ok(0));
        }
        let read = self.source.poll_io(Direction::Read, cx, |mut socket| socket.read_vectored(bufs));
        read.map_ok(|n| self.note_read(n, room))
    }

    /// Of `n` bytes where there was room for more, the system has no further ones.
    #[inline]
    fn note_read(&self, n: usize, room: usize) -> usize {
        if n > 0 && n < room {
            self.source.was_short(Direction::Read);
        }
        n
    }
}

/// A vector with zeroed room at its end while it is read into. Zeroed once and not for
/// every read; cut off when dropped, and so also when a read is given up.
struct Grown<'a> {
    buf: &'a mut Vec<u8>,
    filled: usize,
}

impl Grown<'_> {
    /// The room, never empty. It doubles, so that the copying stays in proportion.
    fn room(&mut self) -> &mut [u8] {
        if self.filled == self.buf.len() {
            let more = CHUNK.max(self.filled).max(self.buf.capacity() - self.filled);
            self.buf.resize(self.filled + more, 0);
        }
        &mut self.buf[self.filled..]
    }
}

impl Drop for Grown<'_> {
    fn drop(&mut self) {
        self.buf.truncate(self.filled);
    }
}
