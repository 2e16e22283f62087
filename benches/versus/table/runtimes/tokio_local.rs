//! tokio's `LocalRuntime`, with tasks that need not be `Send`. Its timers and sockets are those of
//! [`Tokio`].

use super::{Http, Net, Runtime, Time, Tokio, Udp};
use hyper::rt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::{Builder, LocalRuntime};
use tokio::task::{JoinHandle, spawn_local};

#[derive(Clone, Copy)]
pub(crate) struct TokioLocal;

impl Runtime for TokioLocal {
    const NAME: &'static str = "tokio LocalRuntime";

    type Engine = LocalRuntime;

    fn start() -> (Self::Engine, Self) {
        let built = Builder::new_current_thread().enable_all().build_local(Default::default());
        (built.expect("the system has descriptors left for a runtime"), Self)
    }

    fn block_on<T: 'static>(engine: &mut Self::Engine, future: impl Future<Output = T> + 'static) -> T {
        engine.block_on(future)
    }

    fn spawn<T: 'static>(
        self,
        future: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + Unpin + 'static {
        Joined(spawn_local(future))
    }

    fn detach(self, future: impl Future<Output = ()> + 'static) {
        drop(spawn_local(future));
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

impl Time for TokioLocal {
    fn sleep(self, time: Duration) -> impl Future<Output = ()> + 'static {
        Tokio.sleep(time)
    }

    fn timeout<T>(self, limit: Duration, future: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
        Tokio.timeout(limit, future)
    }
}

impl Net for TokioLocal {
    type Listener = <Tokio as Net>::Listener;
    type Stream = <Tokio as Net>::Stream;

    fn bind(self) -> impl Future<Output = (Self::Listener, SocketAddr)> {
        Tokio.bind()
    }

    fn accept(self, listener: &Self::Listener) -> impl Future<Output = Self::Stream> {
        Tokio.accept(listener)
    }

    fn connect(self, addr: SocketAddr) -> impl Future<Output = Self::Stream> {
        Tokio.connect(addr)
    }

    fn set_nodelay(stream: &Self::Stream) {
        Tokio::set_nodelay(stream);
    }

    fn read(stream: &mut Self::Stream, buffer: Vec<u8>) -> impl Future<Output = (usize, Vec<u8>)> {
        Tokio::read(stream, buffer)
    }

    fn write_all(stream: &mut Self::Stream, buffer: Vec<u8>, length: usize) -> impl Future<Output = Vec<u8>> {
        Tokio::write_all(stream, buffer, length)
    }
}

impl Udp for TokioLocal {
    type Socket = <Tokio as Udp>::Socket;

    fn bind_udp(self) -> impl Future<Output = Self::Socket> {
        Tokio.bind_udp()
    }

    fn local_addr(socket: &Self::Socket) -> SocketAddr {
        Tokio::local_addr(socket)
    }

    fn connect_udp(socket: &Self::Socket, addr: SocketAddr) -> impl Future<Output = ()> {
        Tokio::connect_udp(socket, addr)
    }

    fn send(socket: &Self::Socket, datagram: &[u8]) -> impl Future<Output = ()> {
        Tokio::send(socket, datagram)
    }

    fn recv(socket: &Self::Socket, buffer: &mut [u8]) -> impl Future<Output = usize> {
        Tokio::recv(socket, buffer)
    }

    fn send_to(socket: &Self::Socket, datagram: &[u8], addr: SocketAddr) -> impl Future<Output = ()> {
        Tokio::send_to(socket, datagram, addr)
    }

    fn recv_from(socket: &Self::Socket, buffer: &mut [u8]) -> impl Future<Output = (usize, SocketAddr)> {
        Tokio::recv_from(socket, buffer)
    }
}

impl Http for TokioLocal {
    fn for_hyper(stream: Self::Stream) -> impl rt::Read + rt::Write + Unpin + 'static {
        Tokio::for_hyper(stream)
    }
}
