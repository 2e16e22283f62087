//! compio on io_uring, or on polling where the kernel has no io_uring to give.

use super::{Http, Net, Runtime, Time};
use compio::buf::{IntoInner, IoBuf};
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::{TcpListener, TcpStream};
use compio::runtime::JoinHandle;
use cyper_core::HyperStream;
use hyper::rt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[derive(Clone, Copy)]
pub(crate) struct Compio;

impl Runtime for Compio {
    const NAME: &'static str = "compio";

    type Engine = compio::runtime::Runtime;

    fn start() -> (Self::Engine, Self) {
        let built = compio::runtime::Runtime::new();
        (built.expect("the system has descriptors left for a runtime"), Self)
    }

    fn block_on<T: 'static>(engine: &mut Self::Engine, future: impl Future<Output = T> + 'static) -> T {
        engine.block_on(future)
    }

    fn spawn<T: 'static>(
        self,
        future: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + Unpin + 'static {
        Joined(compio::runtime::spawn(future))
    }

    fn detach(self, future: impl Future<Output = ()> + 'static) {
        compio::runtime::spawn(future).detach();
    }
}

/// Awaits a task that does not panic.
struct Joined<T>(JoinHandle<T>);

impl<T> Future for Joined<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0).poll(cx).map(Result::unwrap)
    }
}

impl Time for Compio {
    fn sleep(self, time: Duration) -> impl Future<Output = ()> + 'static {
        compio::time::sleep(time)
    }

    async fn timeout<T>(self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        compio::time::timeout(limit, future).await.ok()
    }
}

impl Net for Compio {
    type Listener = TcpListener;
    type Stream = TcpStream;

    async fn bind(self) -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        (listener, addr)
    }

    async fn accept(self, listener: &TcpListener) -> TcpStream {
        listener.accept().await.unwrap().0
    }

    async fn connect(self, addr: SocketAddr) -> TcpStream {
        TcpStream::connect(addr).await.unwrap()
    }

    fn set_nodelay(stream: &TcpStream) {
        stream.set_nodelay(true).unwrap();
    }

    async fn read(stream: &mut TcpStream, buffer: Vec<u8>) -> (usize, Vec<u8>) {
        let read = stream.read(buffer).await;
        (read.0.unwrap(), read.1)
    }

    async fn write_all(stream: &mut TcpStream, buffer: Vec<u8>, length: usize) -> Vec<u8> {
        let written = stream.write_all(buffer.slice(..length)).await;
        written.0.unwrap();
        written.1.into_inner()
    }
}

impl Http for Compio {
    /// hyper lends its buffers for a moment only, so this reads and writes by way of its own.
    fn for_hyper(stream: TcpStream) -> impl rt::Read + rt::Write + Unpin + 'static {
        HyperStream::new_plain(stream)
    }
}
