//! Several buffers in one system call.

use crate::net::TcpStream;
use crate::reactor::Direction;
use crate::runtime::consume_budget;
use crate::wake::budget;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::ops::Deref;
use std::task::{Context, Poll};

/// How many buffers every system takes in one call (POSIX); Linux takes 1,024. Of more than
/// these the system may have left some alone, so they do not count as room that it had.
const SURELY_TAKEN: usize = 16;

/// How many bytes the system surely looked at.
fn room(bufs: &[impl Deref<Target = [u8]>]) -> usize {
    bufs.iter().take(SURELY_TAKEN).map(|buf| buf.len()).sum()
}

impl TcpStream {
    /// Like [`read`](Self::read), into several buffers, each filled before the next.
    ///
    /// Cancel safe: dropped early, no byte was taken.
    ///
    /// # Errors
    /// The system's.
    pub async fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let room = room(bufs);
        if bufs.iter().all(|buf| buf.is_empty()) {
            consume_budget().await;
            return Ok(0);
        }
        let n = self.source.io(Direction::Read, |mut socket| socket.read_vectored(bufs)).await?;
        Ok(self.note_read(n, room))
    }

    /// [`read_vectored`](Self::read_vectored) without waiting; zero at the end.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when there is nothing. The system's.
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let room = room(bufs);
        let n = self.source.try_once(Direction::Read, |mut socket| socket.read_vectored(bufs))?;
        Ok(self.note_read(n, room))
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
        let room = room(bufs);
        if bufs.iter().all(|buf| buf.is_empty()) {
            return budget::poll_step(cx).map(|()| Ok(0));
        }
        let read = self.source.poll_shared(Direction::Read, cx, |mut socket| socket.read_vectored(bufs));
        read.map_ok(|n| self.note_read(n, room))
    }

    /// Like [`write`](Self::write), from several buffers, one after another.
    ///
    /// Cancel safe: dropped early, no byte was written.
    ///
    /// # Errors
    /// The system's.
    pub async fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        if bufs.iter().all(|buf| buf.is_empty()) {
            consume_budget().await;
            return Ok(0);
        }
        let n = self.source.io(Direction::Write, |mut socket| socket.write_vectored(bufs)).await?;
        Ok(self.note_written(n, room(bufs)))
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

    /// [`write_vectored`](Self::write_vectored) without waiting.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when the system takes nothing. The system's.
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let n = self.source.try_once(Direction::Write, |mut socket| socket.write_vectored(bufs))?;
        Ok(self.note_written(n, room(bufs)))
    }

    /// [`write_vectored`](Self::write_vectored) as a poll; see [`poll_read`](Self::poll_read).
    ///
    /// # Errors
    /// The system's.
    pub fn poll_write_vectored(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if bufs.iter().all(|buf| buf.is_empty()) {
            return budget::poll_step(cx).map(|()| Ok(0));
        }
        let written = self.source.poll_shared(Direction::Write, cx, |mut socket| socket.write_vectored(bufs));
        written.map_ok(|n| self.note_written(n, room(bufs)))
    }
}
