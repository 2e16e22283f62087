//! A listener, and which there are.

use super::end::{self, End};
use super::stream::TcpStream;
use super::{no_handle, registers, would_block};
use crate::choice;
use crate::reactor::Direction;
use crate::runtime::{now, world};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

#[derive(Debug)]
pub(crate) enum TcpListener {
    System(mio::net::TcpListener),
    Simulated(Port),
}

/// Where connections are waited for. Dropped, it refuses those that no one has accepted.
#[derive(Debug)]
pub(crate) struct Port {
    addr: SocketAddr,
    queue: Rc<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: RefCell<VecDeque<End>>,
    slot: Cell<Option<usize>>,
}

thread_local! {
    static PORTS: RefCell<HashMap<SocketAddr, Rc<Queue>>> = RefCell::default();
}

registers!(TcpListener);

/// A connection to a listener of this world, as the client has it.
///
/// # Errors
/// When no one listens there.
pub(super) fn connect(server: SocketAddr) -> io::Result<End> {
    let queue = PORTS.with_borrow(|ports| ports.get(&server).cloned());
    let Some(queue) = queue else { return Err(ErrorKind::ConnectionRefused.into()) };
    let client = SocketAddr::from((Ipv4Addr::LOCALHOST, world::free_port()));
    let (client, server) = end::connect(client, server, world::next_connection());
    if let Some(slot) = queue.slot.get() {
        world::announce(server.made(), slot, Direction::Read);
    }
    queue.waiting.borrow_mut().push_back(server);
    Ok(client)
}

impl TcpListener {
    pub(crate) fn bind(addr: SocketAddr) -> io::Result<Self> {
        if !choice::is_closed() {
            return mio::net::TcpListener::bind(addr).map(Self::System);
        }
        let port = if addr.port() == 0 { world::free_port() } else { addr.port() };
        let (addr, queue) = (SocketAddr::new(addr.ip(), port), Rc::<Queue>::default());
        let is_free = PORTS.with_borrow_mut(|ports| {
            let is_free = !ports.contains_key(&addr);
            ports.entry(addr).or_insert_with(|| Rc::clone(&queue));
            is_free
        });
        if is_free { Ok(Self::Simulated(Port { addr, queue })) } else { Err(ErrorKind::AddrInUse.into()) }
    }

    pub(crate) fn from_std(socket: std::net::TcpListener) -> Self {
        Self::System(mio::net::TcpListener::from_std(socket))
    }

    /// The system's socket.
    ///
    /// # Panics
    /// When it is simulated.
    pub(crate) fn system(&self) -> &mio::net::TcpListener {
        match self {
            Self::System(socket) => socket,
            Self::Simulated(_) => no_handle(),
        }
    }

    pub(crate) fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match self {
            Self::System(socket) => socket.accept().map(|(socket, addr)| (TcpStream::System(socket), addr)),
            Self::Simulated(port) => port.accept(),
        }
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::System(socket) => socket.local_addr(),
            Self::Simulated(port) => Ok(port.addr),
        }
    }
}

impl Port {
    fn register(&self, slot: usize) {
        self.queue.slot.set(Some(slot));
        let waiting = self.queue.waiting.borrow();
        waiting.iter().for_each(|end| world::announce(end.made(), slot, Direction::Read));
    }

    /// The first that is made; those before it may take longer.
    fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let mut waiting = self.queue.waiting.borrow_mut();
        let made = waiting.iter().position(|end| end.made() <= now());
        let Some(end) = made.and_then(|at| waiting.remove(at)) else { return would_block() };
        let peer = end.peer;
        Ok((TcpStream::Simulated(end), peer))
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.queue.slot.set(None);
        let _ = PORTS.try_with(|ports| ports.borrow_mut().remove(&self.addr));
    }
}
