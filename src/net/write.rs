//! Writing to a TCP connection: each operation is one system call, tried until it does not
//! block, or a loop of such. Nothing is buffered here, so there is nothing to flush.

use super::stream::{SURELY_TAKEN, TcpStream};
use crate::reactor::Direction;
use crate::runtime::consume_budget;
use crate::wake::budget;
use std::io::{self, IoSlice, Write};
use std::task::{Context, Poll};

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

    /// Like [`write`](Self::write), from several buffers, one after another.
    ///
    /// Cancel safe: dropped early, no byte was written.
    ///
    /// # Errors
    /// The system's.
    pub async fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let size = bufs.iter().take(SURELY_TAKEN).map(|buf| buf.len()).sum();
        if bufs.iter().all(|buf| buf.is_empty()) {
            consume_budget().await;
            return Ok(0);
        }
        let n = self.source.io(Direction::Write, |mut socket| socket.write_vectored(bufs)).await?;
        Ok(self.note_written(n, size))
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

    /// Writes all of several buffers, one after another. `bufs` is used up: afterwards its
    /// slices are empty or cut off.
    ///
    /// Not cancel safe: dropped early, an unknown part was written.
    ///
    /// # Errors
    /// The system's; how much was written before is then unknown.
    ///
    /// ```
    /// # use shirr::net::{TcpListener, TcpStream};
    /// # shirr::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (other, _) = listener.accept().await?;
    /// use std::io::IoSlice;
    ///
    /// let mut parts = [IoSlice::new(b"head, "), IoSlice::new(b"body")];
    /// stream.write_all_vectored(&mut parts).await?;
    /// # let mut all = [0; 10];
    /// # other.read_exact(&mut all).await?;
    /// # assert_eq!(&all, b"head, body");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn write_all_vectored(&self, mut bufs: &mut [IoSlice<'_>]) -> io::Result<()> {
        IoSlice::advance_slices(&mut bufs, 0); // which passes over empty ones
        while !bufs.is_empty() {
            match self.write_vectored(bufs).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => IoSlice::advance_slices(&mut bufs, n),
            }
        }
        Ok(())
    }

    /// Waits until the system may take something, or the connection is gone, and writes
    /// nothing.
    ///
    /// It may be wrong: a [`try_write`](Self::try_write) after it can still find no room,
    /// and the next `writable` waits for some. Cancel safe.
    ///
    /// # Errors
    /// When it would have to wait and the stream's runtime does not run on this thread.
    pub async fn writable(&self) -> io::Result<()> {
        self.source.ready(Direction::Write).await
    }

    /// Writes what the system takes now, without waiting; returns how many bytes.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when it takes nothing. The system's.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        let n = self.source.try_io(Direction::Write, |mut socket| socket.write(buf))?;
        Ok(self.note_written(n, buf.len()))
    }

    /// [`write`](Self::write) as a poll, for those who implement a trait of their own; who is
    /// woken is said at [`poll_read`](Self::poll_read).
    ///
    /// # Errors
    /// The system's.
    pub fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return budget::poll_step(cx).map(|()| Ok(0));
        }
        let written = self.source.poll_io(Direction::Write, cx, |mut socket| socket.write(buf));
        written.map_ok(|n| self.note_written(n, buf.len()))
    }

    /// [`write_vectored`](Self::write_vectored) as a poll; see [`poll_read`](Self::poll_read).
    ///
    /// # Errors
    /// The system's.
    pub fn poll_write_vectored(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let size = bufs.iter().take(SURELY_TAKEN).map(|buf| buf.len()).sum();
        if bufs.iter().all(|buf| buf.is_empty()) {
            return budget::poll_step(cx).map(|()| Ok(0));
        }
        let written = self.source.poll_io(Direction::Write, cx, |mut socket| socket.write_vectored(bufs));
        written.map_ok(|n| self.note_written(n, size))
    }

    /// Where the system took less than it was offered, it has no room for more.
    #[inline]
    fn note_written(&self, n: usize, size: usize) -> usize {
        if n > 0 && n < size {
            self.source.was_short(Direction::Write);
        }
        n
    }
}
