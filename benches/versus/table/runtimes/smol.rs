//! What smol is made of, for one thread: async-executor's `LocalExecutor` and async-io, whose
//! timers and sockets belong to the process and are driven here by the thread that blocks.

use super::{Http, Net, Runtime, Time};
use async_executor::{LocalExecutor, StaticLocalExecutor};
use async_io::{Async, Timer};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use hyper::rt;
use smol_hyper::rt::FuturesIo;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Spawning asks for the executor. It is leaked, a few bytes each, so that tasks may have it,
/// and because the leaked form keeps no list of its tasks, which makes it faster.
#[derive(Clone, Copy)]
pub(crate) struct Smol(&'static StaticLocalExecutor);

impl Runtime for Smol {
    const NAME: &'static str = "smol";

    type Engine = &'static StaticLocalExecutor;

    fn start() -> (Self::Engine, Self) {
        let executor = LocalExecutor::new().leak();
        (executor, Self(executor))
    }

    fn block_on<T: 'static>(engine: &mut Self::Engine, future: impl Future<Output = T> + 'static) -> T {
        async_io::block_on(engine.run(future))
    }

    fn spawn<T: 'static>(
        self,
        future: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + Unpin + 'static {
        self.0.spawn(future)
    }

    fn detach(self, future: impl Future<Output = ()> + 'static) {
        self.0.spawn(future).detach();
    }
}

impl Time for Smol {
    async fn sleep(self, time: Duration) {
        Timer::after(time).await;
    }

    /// With the timer made at the call, as tokio's is.
    fn timeout<T>(self, limit: Duration, future: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
        let timer = Timer::after(limit);
        let over = async {
            timer.await;
            None
        };
        futures_lite::future::or(async { Some(future.await) }, over)
    }
}

impl Net for Smol {
    type Listener = Async<TcpListener>;
    type Stream = Async<TcpStream>;

    async fn bind(self) -> (Self::Listener, SocketAddr) {
        let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
        let addr = listener.get_ref().local_addr().unwrap();
        (listener, addr)
    }

    async fn accept(self, listener: &Self::Listener) -> Self::Stream {
        listener.accept().await.unwrap().0
    }

    async fn connect(self, addr: SocketAddr) -> Self::Stream {
        Async::<TcpStream>::connect(addr).await.unwrap()
    }

    fn set_nodelay(stream: &Self::Stream) {
        stream.get_ref().set_nodelay(true).unwrap();
    }

    async fn read(stream: &mut Self::Stream, mut buffer: Vec<u8>) -> (usize, Vec<u8>) {
        let n = stream.read(&mut buffer).await.unwrap();
        (n, buffer)
    }

    async fn write_all(stream: &mut Self::Stream, buffer: Vec<u8>, length: usize) -> Vec<u8> {
        stream.write_all(&buffer[..length]).await.unwrap();
        buffer
    }
}

impl Http for Smol {
    fn for_hyper(stream: Self::Stream) -> impl rt::Read + rt::Write + Unpin + 'static {
        FuturesIo::new(stream)
    }
}
