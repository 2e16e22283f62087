//! A listener, and which there are.

use super::connection::{self, End};
use super::stream::TcpStream;
use super::{cuts, no_handle, registers, would_block};
use crate::choice;
use crate::reactor::Direction;
use crate::runtime::world::{self, Place};
use crate::runtime::{hosts, now};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind};
use std::iter;
use std::net::{IpAddr, SocketAddr};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

#[derive(Debug)]
pub(crate) enum TcpListener {
    System(mio::net::TcpListener),
    Simulated(Port),
}

/// Where connections are waited for. Dropped, it resets those that no one has accepted.
#[derive(Debug)]
pub(crate) struct Port {
    addr: SocketAddr,
    queue: Rc<Backlog>,
}

#[derive(Debug, Default)]
struct Backlog {
    waiting: RefCell<VecDeque<End>>,
    place: Rc<Cell<Option<Place>>>,
}

// As of a connection's end.
impl UnwindSafe for Port {}
impl RefUnwindSafe for Port {}

thread_local! {
    static PORTS: RefCell<HashMap<SocketAddr, Rc<Backlog>>> = RefCell::default();
}

registers!(TcpListener);

/// No one listens any more.
pub(super) fn clear() {
    let old = PORTS.take();
    drop(old);
}

/// The address of the host that runs now, for one that names no host: the loopback, or all.
fn on_this_host(addr: SocketAddr) -> SocketAddr {
    let names_none = addr.ip().is_loopback() || addr.ip().is_unspecified();
    SocketAddr::new(if names_none { hosts::own_addr() } else { addr.ip() }, addr.port())
}

/// A port where no one listens, if there is one: the numbers begin anew some day.
fn free_port(ip: IpAddr) -> Option<u16> {
    let is_free = |port: &u16| PORTS.with_borrow(|ports| !ports.contains_key(&SocketAddr::new(ip, *port)));
    iter::repeat_with(world::free_port).take(usize::from(u16::MAX)).find(is_free)
}

/// A connection to a listener of this world, as the client has it. To a host that is down, or that
/// is not reached and has no listener there, it is under way until the host is reached.
///
/// # Errors
/// When no one listens there, or this host has no port left.
pub(super) fn connect(server: SocketAddr) -> io::Result<End> {
    let own = hosts::own_addr();
    let client = SocketAddr::new(own, free_port(own).ok_or(ErrorKind::AddrNotAvailable)?);
    let server = on_this_host(server);
    let queue = PORTS.with_borrow(|ports| ports.get(&server).cloned());
    match queue {
        Some(queue) => {
            let (client, server) = connection::connect(client, server, &queue.place);
            queue.waiting.borrow_mut().push_back(server);
            Ok(client)
        }
        None if hosts::is_down(server.ip()) || cuts::are_apart([client.ip(), server.ip()]) => {
            Ok(connection::connect_to_no_one(client, server))
        }
        None => Err(ErrorKind::ConnectionRefused.into()),
    }
}

impl TcpListener {
    pub(crate) fn bind(addr: SocketAddr) -> io::Result<Self> {
        if !choice::is_closed() {
            return mio::net::TcpListener::bind(addr).map(Self::System);
        }
        let addr = on_this_host(addr);
        let port = if addr.port() == 0 { free_port(addr.ip()) } else { Some(addr.port()) };
        let port = port.ok_or(ErrorKind::AddrInUse)?;
        let (addr, queue) = (SocketAddr::new(addr.ip(), port), Rc::<Backlog>::default());
        if addr.ip() != hosts::own_addr() {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
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
        let place = Place::here(slot);
        self.queue.place.set(Some(place));
        let waiting = self.queue.waiting.borrow();
        let made = waiting.iter().filter_map(End::made);
        made.for_each(|made| world::announce(made.max(now()), place, Direction::Read));
    }

    /// The first that is made; those before it may take longer.
    fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let mut waiting = self.queue.waiting.borrow_mut();
        let made = waiting.iter().position(End::is_made);
        let Some(end) = made.and_then(|at| waiting.remove(at)) else { return would_block() };
        let peer = end.peer();
        Ok((TcpStream::Simulated(end), peer))
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.queue.place.set(None);
        let waiting = self.queue.waiting.take();
        waiting.into_iter().for_each(End::turn_away);
        let queue = PORTS.try_with(|ports| {
            let ports = &mut *ports.borrow_mut();
            let is_own = ports.get(&self.addr).is_some_and(|queue| Rc::ptr_eq(queue, &self.queue));
            is_own.then(|| ports.remove(&self.addr))
        });
        drop(queue);
    }
}
