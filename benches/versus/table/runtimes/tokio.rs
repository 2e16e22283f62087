//! tokio's current_thread runtime, with tasks spawned by `tokio::spawn`, its fastest way there.

use super::{Http, Net, Runtime, Time, Udp};
use hyper::rt;
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinHandle;

#[derive(Clone, Copy)]
pub(crate) struct Tokio;

impl Runtime for Tokio {
    const NAME: &'static str = "tokio";

    type Engine = tokio::runtime::Runtime;

    fn start() -> (Self::Engine, Self) {
        let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
        (built.expect("the system has descriptors left for a runtime"), Self)
    }

    fn block_on<T: 'static>(engine: &mut Self::Engine, future: impl Future<Output = T> + 'static) -> T {
        engine.block_on(future)
    }

    fn spawn<T: 'static>(
        self,
        future: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + Unpin + 'static {
        Joined(tokio::spawn(OneThread { inner: future }))
    }

    fn detach(self, future: impl Future<Output = ()> + 'static) {
        drop(tokio::spawn(OneThread { inner: future }));
    }
}

pin_project! {
    /// Passes for `Send`, which `tokio::spawn` asks for even on one thread, and which a workload
    /// cannot promise for every runtime. It is a claim to the compiler and no code.
    struct OneThread<T> {
        #[pin]
        inner: T,
    }
}

// SAFETY: the engine is never given to another thread, so its tasks are polled, ended and
// joined on this one; a waker that goes elsewhere has no way to a task's future or output.
#[allow(unsafe_code)]
unsafe impl<T> Send for OneThread<T> {}

impl<F: Future> Future for OneThread<F> {
    type Output = OneThread<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx).map(|inner| OneThread { inner })
    }
}

/// Awaits a task that does not panic.
struct Joined<T>(JoinHandle<OneThread<T>>);

impl<T> Future for Joined<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0).poll(cx).map(|output| output.unwrap().inner)
    }
}

impl Time for Tokio {
    fn sleep(self, time: Duration) -> impl Future<Output = ()> + 'static {
        tokio::time::sleep(time)
    }

    async fn timeout<T>(self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(limit, future).await.ok()
    }
}

impl Net for Tokio {
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

    async fn read(stream: &mut TcpStream, mut buffer: Vec<u8>) -> (usize, Vec<u8>) {
        let n = stream.read(&mut buffer).await.unwrap();
        (n, buffer)
    }

    async fn write_all(stream: &mut TcpStream, buffer: Vec<u8>, length: usize) -> Vec<u8> {
        stream.write_all(&buffer[..length]).await.unwrap();
        buffer
    }
}

impl Udp for Tokio {
    type Socket = UdpSocket;

    async fn bind_udp(self) -> UdpSocket {
        UdpSocket::bind("127.0.0.1:0").await.unwrap()
    }

    fn local_addr(socket: &UdpSocket) -> SocketAddr {
        socket.local_addr().unwrap()
    }

    async fn connect_udp(socket: &UdpSocket, addr: SocketAddr) {
        socket.connect(addr).await.unwrap();
    }

    async fn send(socket: &UdpSocket, datagram: &[u8]) {
        socket.send(datagram).await.unwrap();
    }

    async fn recv(socket: &UdpSocket, buffer: &mut [u8]) -> usize {
        socket.recv(buffer).await.unwrap()
    }

    async fn send_to(socket: &UdpSocket, datagram: &[u8], addr: SocketAddr) {
        socket.send_to(datagram, addr).await.unwrap();
    }

    async fn recv_from(socket: &UdpSocket, buffer: &mut [u8]) -> (usize, SocketAddr) {
        socket.recv_from(buffer).await.unwrap()
    }
}

impl Http for Tokio {
    fn for_hyper(stream: TcpStream) -> impl rt::Read + rt::Write + Unpin + 'static {
        TokioIo::new(stream)
    }
}
