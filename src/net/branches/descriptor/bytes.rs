//! Bytes through a descriptor, where the value inside reads and writes by a shared reference.
//!
//! That a transfer was short says nothing here: a terminal gives a line at a time, and a Unix
//! socket stops where descriptors were sent along.

use super::Async;
use crate::net::branches::whole;
use crate::runtime::consume_budget;
use crate::wake::budget;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::task::{Context, Poll};

impl<T: AsFd> Async<T>
where
    for<'a> &'a T: Read,
{
    /// Reads what is there, at least one byte and at most `buf.len()`, and returns how many. Zero:
    /// the end, or `buf` is empty. Cancel safe.
    ///
    /// # Errors
    /// The system's.
    pub async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            consume_budget().await; // it must not wait for bytes that it would not take
            return Ok(0);
        }
        self.read_with(|mut io| io.read(buf)).await
    }

    /// Fills `buf` whole. Not cancel safe.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when the end comes first. The system's.
    pub async fn read_exact(&self, mut buf: &mut [u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match self.read(buf).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => buf = &mut buf[n..],
            }
        }
        Ok(())
    }

    /// Reads to the end, and appends all to `buf`; as
    /// [`TcpStream::read_to_end`](crate::net::TcpStream::read_to_end), also when dropped early.
    ///
    /// # Errors
    /// The system's.
    pub async fn read_to_end(&self, buf: &mut Vec<u8>) -> io::Result<usize> {
        whole::read_to_end(buf, async |room| self.read(room).await).await
    }

    /// Reads to the end, and appends the text to `buf`. Not cancel safe.
    ///
    /// # Errors
    /// [`InvalidData`](io::ErrorKind::InvalidData) when it is not UTF-8; `buf` is as it was.
    /// The system's.
    pub async fn read_to_string(&self, buf: &mut String) -> io::Result<usize> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes).await?;
        whole::push_text(buf, &bytes)
    }

    /// Reads what is there now, without waiting; zero at the end.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when there is nothing. The system's.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.try_read_with(|mut io| io.read(buf))
    }

    /// [`read`](Self::read) as a poll.
    ///
    /// # Errors
    /// The system's.
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return budget::poll_step(cx).map(|()| Ok(0));
        }
        self.poll_read_with(cx, |mut io| io.read(buf))
    }
}

impl<T: AsFd> Async<T>
where
    for<'a> &'a T: Write,
{
    /// Writes some of `buf`, and returns how many bytes. It waits while the system takes none.
    /// Cancel safe.
    ///
    /// # Errors
    /// The system's, as [`BrokenPipe`](io::ErrorKind::BrokenPipe) when no one reads any more.
    pub async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        if buf.is_empty() {
            consume_budget().await;
            return Ok(0);
        }
        self.write_with(|mut io| io.write(buf)).await
    }

    /// Writes `buf` whole. Not cancel safe: dropped early, an unknown part was written.
    ///
    /// # Errors
    /// The system's.
    pub async fn write_all(&self, mut buf: &[u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match self.write(buf).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => buf = &buf[n..],
            }
        }
        Ok(())
    }

    /// Writes what the system takes now, without waiting.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) when it takes nothing. The system's.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.try_write_with(|mut io| io.write(buf))
    }

    /// [`write`](Self::write) as a poll.
    ///
    /// # Errors
    /// The system's.
    pub fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return budget::poll_step(cx).map(|()| Ok(0));
        }
        self.poll_write_with(cx, |mut io| io.write(buf))
    }
}
