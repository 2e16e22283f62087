//! Exercise 10 (s5_sockets, I6): a UDP socket.
//!
//! Not solved yet.
//!
//! Datagrams have no connection: `send_to` names the receiver, `recv_from` says who sent. The rule of
//! readiness is that of a stream: flag set: try; `WouldBlock`: clear the flag, leave a waker,
//! wait. Here `WouldBlock` comes out to the caller. Mend that for both directions. The reactor, in
//! tests/ex10.rs, is that of s5: `poll_ready` leaves the waker if the flag is not set.
//!
//! Hint: one function for both, as `TcpStream::io` in s5. Two datagrams may come with one event: what
//! does a read that succeeded say of the flag?
//!
//! Check: `cargo test -p study --test ex10 -- --ignored`

use crate::{READ, Reactor, Udp, WRITE};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

pub(crate) struct UdpSocket {
    socket: mio::net::UdpSocket,
    slot: usize,
    reactor: Rc<Reactor>,
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
        let _ = (self.slot, WRITE); // and now?
        self.socket.send_to(datagram, to)
    }

    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let _ = (self.slot, READ); // and now?
        self.socket.recv_from(buf)
    }
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        self.reactor.deregister(&mut self.socket, self.slot);
    }
}
