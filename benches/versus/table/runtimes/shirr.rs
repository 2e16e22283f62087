//! shirr.

use super::{Http, Net, Runtime, Time, Udp};
use hyper::rt;
use shirr::net::{TcpListener, TcpStream, UdpSocket};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[derive(Clone, Copy)]
pub(crate) struct Shirr;

impl Runtime for Shirr {
    const NAME: &'static str = "shirr";

    type Engine = shirr::Runtime;

    fn start() -> (Self::Engine, Self) {
        (shirr::Runtime::new().expect("the system has descriptors left for a runtime"), Self)
    }

    fn block_on<T: 'static>(engine: &mut Self::Engine, future: impl Future<Output = T> + 'static) -> T {
        engine.block_on(future)
    }

    fn spawn<T: 'static>(
        self,
        future: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + Unpin + 'static {
        Joined(shirr::spawn(future))
    }

    fn detach(self, future: impl Future<Output = ()> + 'static) {
        drop(shirr::spawn(future));
    }
}

/// Awaits a task that does not panic.
struct Joined<T>(shirr::JoinHandle<T>);

impl<T> Future for Joined<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0).poll(cx).map(Result::unwrap)
    }
}

impl Time for Shirr {
    fn sleep(self, time: Duration) -> impl Future<Output = ()> + 'static {
        shirr::time::sleep(time)
    }

    async fn timeout<T>(self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        shirr::time::timeout(limit, future).await.ok()
    }
}

impl Net for Shirr {
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

impl Udp for Shirr {
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

impl Http for Shirr {
    fn for_hyper(stream: TcpStream) -> impl rt::Read + rt::Write + Unpin + 'static {
        stream
    }
}
