//! Reading and writing as a poll and as one attempt.

use crate::net::TcpStream;
use crate::reactor::Direction;
use crate::runtime::consume_budget;
use crate::wake::budget;
use std::io::{self, Read, Write};
use std::task::{Context, Poll};

impl TcpStream {
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

    /// Reads what is there now, without waiting; returns how many bytes, zero at the end.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when there is nothing. The system's.
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
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let room = buf.len();
        let n = self.source.try_once(Direction::Read, |mut socket| socket.read(buf))?;
        Ok(self.note_read(n, room))
    }

    /// [`read`](Self::read) as a poll, for an implementation of a trait.
    ///
    /// Of the tasks that poll one direction so, the latest four are woken when there is more,
    /// as is each that awaits a method.
    ///
    /// A poll that is given up leaves its waker until the next event or the stream's drop: it
    /// may wake the task once more, and until then a paused clock
    /// ([`pause`](crate::time::pause)) counts it among the operations in flight.
    ///
    /// # Errors
    /// The system's.
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let room = buf.len();
        if room == 0 {
            return budget::poll_step(cx).map(|()| Ok(0));
        }
        let read = self.source.poll_shared(Direction::Read, cx, |mut socket| socket.read(buf));
        read.map_ok(|n| self.note_read(n, room))
    }

    /// Writes what the system takes now, without waiting; returns how many bytes.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when it takes nothing. The system's.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        let n = self.source.try_once(Direction::Write, |mut socket| socket.write(buf))?;
        Ok(self.note_written(n, buf.len()))
    }

    /// [`write`](Self::write) as a poll, for an implementation of a trait. Which tasks are
    /// woken is said at [`poll_read`](Self::poll_read).
    ///
    /// # Errors
    /// The system's.
    pub fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return budget::poll_step(cx).map(|()| Ok(0));
        }
        let written = self.source.poll_shared(Direction::Write, cx, |mut socket| socket.write(buf));
        written.map_ok(|n| self.note_written(n, buf.len()))
    }
}
