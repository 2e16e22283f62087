//! futures-io's traits for any descriptor whose value reads and writes by a shared reference.

use crate::net::descriptor::Async;
use futures_io::{AsyncRead, AsyncWrite};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll};

/// For the value itself and for a reference to it.
macro_rules! by_its_descriptor {
    ($kind:ty) => {
        impl<T: AsFd> AsyncRead for $kind
        where
            for<'a> &'a T: Read,
        {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Async::poll_read(&self, cx, buf)
            }
        }

        impl<T: AsFd> AsyncWrite for $kind
        where
            for<'a> &'a T: Write,
        {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                Async::poll_write(&self, cx, buf)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.poll_write_with(cx, |mut io| io.flush())
            }

            fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(self.close_writing())
            }
        }
    };
}

by_its_descriptor!(Async<T>);
by_its_descriptor!(&Async<T>);
