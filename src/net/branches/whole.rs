//! All that the other end will ever send.

use crate::net::TcpStream;
use std::io;

/// The least room that reading to the end offers to one system call.
const CHUNK: usize = 8 * 1024;

impl TcpStream {
    /// Reads until the other end closes its direction, appends all to `buf`, and returns how
    /// many bytes that were. There is no bound: a program that cannot trust the other end uses
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
        read_to_end(buf, async |room| self.read(room).await).await
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
        push_text(buf, &bytes)
    }
}

/// [`TcpStream::read_to_end`] of whatever `read` reads from.
pub(super) async fn read_to_end(
    buf: &mut Vec<u8>,
    read: impl AsyncFn(&mut [u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    let start = buf.len();
    let mut grown = Grown { filled: start, buf };
    loop {
        match read(grown.room()).await? {
            0 => return Ok(grown.filled - start),
            n => grown.filled += n,
        }
    }
}

/// Appends the bytes if they are text, and returns how many.
pub(super) fn push_text(buf: &mut String, bytes: &[u8]) -> io::Result<usize> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
    buf.push_str(std::str::from_utf8(bytes).map_err(invalid)?);
    Ok(bytes.len())
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
