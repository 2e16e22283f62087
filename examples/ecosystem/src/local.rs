//! A stream for crates that ask for `Send`.

use futures_util::io::{AsyncRead, AsyncWrite};
use send_wrapper::SendWrapper;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A stream that may be where `Send` is asked for, as long as it stays on its thread.
///
/// # Panics
/// When another thread polls or drops it.
#[derive(Debug)]
pub struct Local<S>(SendWrapper<S>);

impl<S> Local<S> {
    /// A stream of this thread.
    pub fn new(stream: S) -> Self {
        Self(SendWrapper::new(stream))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Local<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Local<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_close(cx)
    }
}
