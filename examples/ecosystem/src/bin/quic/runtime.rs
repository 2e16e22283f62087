//! shirr as quinn asks for a runtime: a UDP socket, a timer, and a way to spawn.
//!
//! quinn asks for `Send` and `Sync`, also where all is on one thread. What of shirr's is neither
//! goes into a [`SendWrapper`], which panics when another thread touches it. None does: quinn's
//! tasks run where they are spawned.

use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncTimer, AsyncUdpSocket, Runtime, UdpPoller};
use send_wrapper::SendWrapper;
use shirr::net::UdpSocket;
use shirr::time::{Sleep, now, sleep_until};
use std::fmt;
use std::io::{self, ErrorKind, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

/// The runtime of this thread.
#[derive(Debug)]
pub(crate) struct OnShirr;

impl Runtime for OnShirr {
    fn new_timer(&self, deadline: Instant) -> Pin<Box<dyn AsyncTimer>> {
        Box::pin(Timer(SendWrapper::new(sleep_until(deadline))))
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        drop(shirr::spawn(task)); // it runs on
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        Ok(Arc::new(Socket(SendWrapper::new(UdpSocket::from_std(socket)?))))
    }

    /// shirr's clock, which a test may have paused.
    fn now(&self) -> Instant {
        now()
    }
}

#[derive(Debug)]
struct Timer(SendWrapper<Sleep>);

impl AsyncTimer for Timer {
    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.0.reset(deadline);
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut *self.0).poll(cx)
    }
}

#[derive(Debug)]
struct Socket(SendWrapper<UdpSocket>);

/// A datagram a system call, by the defaults of the trait.
impl AsyncUdpSocket for Socket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Room { socket: self, waiting: None })
    }

    /// What cannot be sent for another reason than a full buffer is as good as lost on its way:
    /// QUIC sends it again, or gives up when its own time is over.
    fn try_send(&self, datagram: &Transmit<'_>) -> io::Result<()> {
        match self.0.try_send_to(datagram.contents, datagram.destination) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (len, addr) = ready!(self.0.poll_recv_from(cx, &mut bufs[0]))?;
        meta[0] = RecvMeta { addr, len, stride: len, ..RecvMeta::default() };
        Poll::Ready(Ok(1))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A wait for room to send. Each is a future of its own, so that each of quinn's connections is
/// woken.
struct Room {
    socket: Arc<Socket>,
    waiting: Option<SendWrapper<Waiting>>,
}

type Waiting = Pin<Box<dyn Future<Output = io::Result<()>>>>;

impl UdpPoller for Room {
    fn poll_writable(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket = Arc::clone(&self.socket);
        let waiting = self.waiting.get_or_insert_with(|| {
            SendWrapper::new(Box::pin(async move { socket.0.writable().await }) as Waiting)
        });
        let writable = ready!(waiting.as_mut().poll(cx));
        self.waiting = None;
        Poll::Ready(writable)
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("socket", &self.socket).finish_non_exhaustive()
    }
}
