//! monoio on io_uring, or on epoll where the kernel has no io_uring to give.
//!
//! Without its feature `sync`, which is off by default, its wakers must stay on their thread,
//! so it has no part in `remote_wake`.
//!
//! It polls a task that wakes itself again before all others, so giving way gives them no turn.

use super::{Http, Net, Runtime, Time};
use hyper::rt;
use monoio::buf::IoBuf;
use monoio::io::IntoPollIo;
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::time::TimeDriver;
use monoio::{FusionDriver, FusionRuntime, IoUringDriver, LegacyDriver, RuntimeBuilder};
use monoio_compat::hyper::MonoioIo;
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Clone, Copy)]
pub(crate) struct Monoio;

impl Runtime for Monoio {
    const NAME: &'static str = "monoio";

    type Engine = FusionRuntime<TimeDriver<IoUringDriver>, TimeDriver<LegacyDriver>>;

    fn start() -> (Self::Engine, Self) {
        let built = RuntimeBuilder::<FusionDriver>::new().enable_timer().build();
        (built.expect("the system has descriptors left for a runtime"), Self)
    }

    fn block_on<T: 'static>(engine: &mut Self::Engine, future: impl Future<Output = T> + 'static) -> T {
        engine.block_on(future)
    }

    fn spawn<T: 'static>(
        self,
        future: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + Unpin + 'static {
        monoio::spawn(future)
    }

    fn detach(self, future: impl Future<Output = ()> + 'static) {
        drop(monoio::spawn(future));
    }
}

impl Time for Monoio {
    fn sleep(self, time: Duration) -> impl Future<Output = ()> + 'static {
        monoio::time::sleep(time)
    }

    async fn timeout<T>(self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        monoio::time::timeout(limit, future).await.ok()
    }
}

impl Net for Monoio {
    type Listener = TcpListener;
    type Stream = TcpStream;

    async fn bind(self) -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        (listener, addr)
    }

    async fn accept(self, listener: &TcpListener) -> TcpStream {
        listener.accept().await.unwrap().0
    }

    async fn connect(self, addr: SocketAddr) -> TcpStream {
        TcpStream::connect_addr(addr).await.unwrap()
    }

    fn set_nodelay(stream: &TcpStream) {
        stream.set_nodelay(true).unwrap();
    }

    async fn read(stream: &mut TcpStream, buffer: Vec<u8>) -> (usize, Vec<u8>) {
        let (n, buffer) = stream.read(buffer).await;
        (n.unwrap(), buffer)
    }

    async fn write_all(stream: &mut TcpStream, buffer: Vec<u8>, length: usize) -> Vec<u8> {
        let (written, slice) = stream.write_all(buffer.slice(..length)).await;
        written.unwrap();
        slice.into_inner()
    }
}

impl Http for Monoio {
    /// hyper tries first and then waits for a wake, which a ring cannot do: monoio then asks an
    /// epoll that its ring watches, and reads without the ring.
    fn for_hyper(stream: TcpStream) -> impl rt::Read + rt::Write + Unpin + 'static {
        MonoioIo::new(stream.into_poll_io().unwrap())
    }
}
