//! Exercise 10, solved: only `WouldBlock` clears the flag.

use crate::{READ, Reactor, Udp, WRITE};
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::task::Poll;

pub(crate) struct UdpSocket {
    socket: mio::net::UdpSocket,
    slot: usize,
    reactor: Rc<Reactor>,
}

impl UdpSocket {
    /// Flag set: try. `WouldBlock`: clear the flag, leave a waker, wait (I6).
    async fn io<T>(
        &self,
        side: usize,
        mut attempt: impl FnMut(&mio::net::UdpSocket) -> io::Result<T>,
    ) -> io::Result<T> {
        poll_fn(|cx| {
            while self.reactor.poll_ready(self.slot, side, cx) {
                let answer = attempt(&self.socket);
                if !answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
                    return Poll::Ready(answer);
                }
                self.reactor.clear(self.slot, side);
            }
            Poll::Pending
        })
        .await
    }
}

impl Udp for UdpSocket {
    fn bind(reactor: &Rc<Reactor>) -> io::Result<Self> {
        let mut socket = mio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let slot = reactor.register(&mut socket)?;
        Ok(Self { socket, slot, reactor: Rc::clone(reactor) })
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    async fn send_to(&self, datagram: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.io(WRITE, |socket| socket.send_to(datagram, to)).await
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io(READ, |socket| socket.recv_from(buf)).await
    }
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        self.reactor.deregister(&mut self.socket, self.slot);
    }
}
