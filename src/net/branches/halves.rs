//! The two directions of a connection as two values.
//!
//! Since every operation of a stream takes `&self`, a half is nothing but a reference, of
//! whatever kind, that shows one direction.

use crate::net::stream::TcpStream;
use std::error::Error;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::ops::Deref;
use std::rc::Rc;
use std::task::{Context, Poll};

/// The reading direction of a [`TcpStream`]: of a borrowed one
/// ([`split`](TcpStream::split)), or its own ([`OwnedReadHalf`]).
///
/// Its methods are the stream's, which has their documentation. [`AsRef`] gives the stream
/// itself, say for its addresses.
#[derive(Debug)]
pub struct ReadHalf<S>(S);

/// The writing direction of a [`TcpStream`]: of a borrowed one
/// ([`split`](TcpStream::split)), or its own ([`OwnedWriteHalf`]).
///
/// Its methods are the stream's, which has their documentation. [`AsRef`] gives the stream
/// itself, say for its addresses.
#[derive(Debug)]
pub struct WriteHalf<S>(S);

/// A [`ReadHalf`] that keeps the connection open.
pub type OwnedReadHalf = ReadHalf<Rc<TcpStream>>;

/// A [`WriteHalf`] that keeps the connection open, and closes the writing direction when it
/// is dropped, so that the other end reads to the end.
pub type OwnedWriteHalf = WriteHalf<Closing>;

/// A share in a connection; when it is dropped, the writing direction is closed.
#[derive(Debug)]
pub struct Closing {
    stream: Rc<TcpStream>,
    armed: bool,
}

impl Deref for Closing {
    type Target = TcpStream;

    fn deref(&self) -> &TcpStream {
        &self.stream
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if self.armed {
            let _ = self.stream.shutdown(Shutdown::Write); // an error: it is closed already
        }
    }
}

impl TcpStream {
    /// The two directions as two values, for as long as the stream is borrowed: for code that
    /// wants to be given one. [`into_split`](Self::into_split) is for two tasks.
    ///
    /// ```
    /// use shirr::net::{TcpStream, WriteHalf};
    /// # use shirr::net::TcpListener;
    /// use std::io;
    ///
    /// # shirr::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (other, _) = listener.accept().await?;
    /// async fn ask(writer: &WriteHalf<&TcpStream>) -> io::Result<()> {
    ///     writer.write_all(b"a question").await
    /// }
    ///
    /// let (reader, writer) = stream.split();
    /// ask(&writer).await?;
    /// # other.write_all(b"an answer").await?;
    /// # other.shutdown(std::net::Shutdown::Write)?;
    /// let mut answer = String::new();
    /// reader.read_to_string(&mut answer).await?;
    /// # assert_eq!(answer, "an answer");
    /// # Ok::<(), io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn split(&self) -> (ReadHalf<&Self>, WriteHalf<&Self>) {
        (ReadHalf(self), WriteHalf(self))
    }

    /// The two directions as two values that can go to two tasks. The connection is closed
    /// when both are dropped, its writing direction with the [`OwnedWriteHalf`].
    ///
    /// ```
    /// # use shirr::net::{TcpListener, TcpStream};
    /// # shirr::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (other, _) = listener.accept().await?;
    /// let (reader, writer) = stream.into_split();
    /// let question = shirr::spawn(async move { writer.write_all(b"that was all").await });
    /// # let mut heard = String::new();
    /// # other.read_to_string(&mut heard).await?;
    /// # assert_eq!(heard, "that was all");
    /// # drop(other);
    /// let mut answer = Vec::new();
    /// reader.read_to_end(&mut answer).await?;
    /// # question.await.unwrap()?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let stream = Rc::new(self);
        (ReadHalf(Rc::clone(&stream)), WriteHalf(Closing { stream, armed: true }))
    }
}

impl OwnedReadHalf {
    /// Makes the stream whole again.
    ///
    /// # Errors
    /// When the halves are of two streams; the error gives both back.
    ///
    /// ```
    /// # use shirr::net::{TcpListener, TcpStream};
    /// # shirr::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// let (reader, writer) = stream.into_split();
    /// let stream: TcpStream = reader.reunite(writer)?;
    /// # drop(stream);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn reunite(self, mut writer: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
        if !Rc::ptr_eq(&self.0, &writer.0.stream) {
            return Err(ReuniteError(self, writer));
        }
        writer.0.armed = false;
        drop(writer);
        Ok(Rc::into_inner(self.0).expect("a stream's two halves are its only owners"))
    }
}

/// Two halves that were to be put together are not of one stream; here they are.
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these halves are of two different streams; reunite those that one into_split gave")
    }
}

impl Error for ReuniteError {}

impl<S: Deref<Target = TcpStream>> AsRef<TcpStream> for ReadHalf<S> {
    fn as_ref(&self) -> &TcpStream {
        &self.0
    }
}

impl<S: Deref<Target = TcpStream>> AsRef<TcpStream> for WriteHalf<S> {
    fn as_ref(&self) -> &TcpStream {
        &self.0
    }
}

impl<S: Deref<Target = TcpStream>> ReadHalf<S> {
    /// [`TcpStream::read`]; cancel safe.
    pub async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf).await
    }

    /// [`TcpStream::read_vectored`]; cancel safe.
    pub async fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.0.read_vectored(bufs).await
    }

    /// [`TcpStream::read_exact`]; not cancel safe.
    pub async fn read_exact(&self, buf: &mut [u8]) -> io::Result<()> {
        self.0.read_exact(buf).await
    }

    /// [`TcpStream::read_to_end`]; what was read is in `buf` when it is cancelled.
    pub async fn read_to_end(&self, buf: &mut Vec<u8>) -> io::Result<usize> {
        self.0.read_to_end(buf).await
    }

    /// [`TcpStream::read_to_string`]; not cancel safe.
    pub async fn read_to_string(&self, buf: &mut String) -> io::Result<usize> {
        self.0.read_to_string(buf).await
    }

    /// [`TcpStream::peek`]; cancel safe.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.peek(buf).await
    }

    /// [`TcpStream::readable`]; cancel safe.
    pub async fn readable(&self) -> io::Result<()> {
        self.0.readable().await
    }

    /// [`TcpStream::try_read`], which does not wait.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buf)
    }

    /// [`TcpStream::poll_read`], for an implementation of a trait.
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.poll_read(cx, buf)
    }
}

impl<S: Deref<Target = TcpStream>> WriteHalf<S> {
    /// [`TcpStream::write`]; cancel safe.
    pub async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf).await
    }

    /// [`TcpStream::write_vectored`]; cancel safe.
    pub async fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(bufs).await
    }

    /// [`TcpStream::write_all`]; not cancel safe.
    pub async fn write_all(&self, buf: &[u8]) -> io::Result<()> {
        self.0.write_all(buf).await
    }

    /// [`TcpStream::write_all_vectored`]; not cancel safe.
    pub async fn write_all_vectored(&self, bufs: &mut [IoSlice<'_>]) -> io::Result<()> {
        self.0.write_all_vectored(bufs).await
    }

    /// [`TcpStream::writable`]; cancel safe.
    pub async fn writable(&self) -> io::Result<()> {
        self.0.writable().await
    }

    /// [`TcpStream::try_write`], which does not wait.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.0.try_write(buf)
    }

    /// [`TcpStream::poll_write`], for an implementation of a trait.
    pub fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, buf)
    }

    /// Closes the writing direction: the other end reads to the end of what was written.
    ///
    /// # Errors
    /// The system's, as when the connection is gone already.
    pub fn shutdown(&self) -> io::Result<()> {
        self.0.shutdown(Shutdown::Write)
    }
}
