//! A simulated connection: two ends, and a pipe from each to the other.
//!
//! While two hosts are apart ([`mod@super::cuts`]), what goes from one to the other is held back, and
//! comes when they are together again, as TCP has it. A host that is taken down says nothing to
//! its peers: they are half open.

use super::cuts;
use super::pipe::Pipe;
use crate::choice::{self, Kind};
use crate::reactor::Direction;
use crate::runtime::world::{self, Place};
use crate::runtime::{hosts, now};
use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::{Rc, Weak};
use std::time::Instant;

#[derive(Debug)]
pub(super) struct Connection {
    number: u64,
    /// The client's and the server's.
    addrs: [SocketAddr; 2],
    /// From when on it is made; nothing while the hosts are apart.
    made: Cell<Option<Instant>>,
    /// From the client, and from the server.
    pipes: [Pipe; 2],
    /// Where the server's listener is; nothing if there was none.
    listener: Option<Rc<Cell<Option<Place>>>>,
    /// The server's host knows nothing of it.
    is_refused: Cell<bool>,
}

/// One end. Dropped, it closes both directions; as the system does, by a reset if bytes are unread.
#[derive(Debug)]
pub(crate) struct End {
    connection: Rc<Connection>,
    /// 0 for the client's.
    side: usize,
    /// Its listener was closed before anyone accepted it.
    is_turned_away: Cell<bool>,
    pub(super) nodelay: Cell<bool>,
    pub(super) ttl: Cell<u32>,
}

// With the feature a socket is to be what it is without. No foreign code runs while anything of it
// is borrowed (I3).
impl UnwindSafe for End {}
impl RefUnwindSafe for End {}

thread_local! {
    static ALL: RefCell<Vec<Weak<Connection>>> = const { RefCell::new(Vec::new()) };
}

/// All that are there.
pub(super) fn all() -> Vec<Rc<Connection>> {
    ALL.with_borrow_mut(|all| {
        all.retain(|connection| connection.strong_count() > 0);
        all.iter().filter_map(Weak::upgrade).collect()
    })
}

/// None is there any more.
pub(super) fn clear() {
    ALL.take();
}

/// Two ends, the client's first.
pub(super) fn connect(
    client: SocketAddr,
    server: SocketAddr,
    listener: &Rc<Cell<Option<Place>>>,
) -> (End, End) {
    let connection = Connection::new([client, server], Some(Rc::clone(listener)));
    connection.release();
    (End::new(&connection, 0), End::new(&connection, 1))
}

/// To a host that is down, or that is not reached and has no listener there: it is refused when the
/// host is reached.
pub(super) fn connect_to_no_one(client: SocketAddr, server: SocketAddr) -> End {
    End::new(&Connection::new([client, server], None), 0)
}

impl Connection {
    fn new(addrs: [SocketAddr; 2], listener: Option<Rc<Cell<Option<Place>>>>) -> Rc<Self> {
        let number = world::next_connection();
        let connection = Rc::new(Self {
            number,
            addrs,
            made: Cell::new(None),
            pipes: [Pipe::new(number), Pipe::new(number)],
            listener,
            is_refused: Cell::new(false),
        });
        ALL.with_borrow_mut(|all| all.push(Rc::downgrade(&connection)));
        connection
    }

    pub(super) fn hosts(&self) -> [std::net::IpAddr; 2] {
        self.addrs.map(|addr| addr.ip())
    }

    /// What was held back goes on, unless the hosts are apart.
    pub(super) fn release(&self) {
        if self.is_apart() {
            return;
        }
        match &self.listener {
            Some(listener) if self.made.get().is_none() => self.make(listener),
            None if !hosts::is_down(self.addrs[1].ip()) => self.refuse(),
            _ => {}
        }
        self.pipes.iter().for_each(Pipe::release);
    }

    fn make(&self, listener: &Cell<Option<Place>>) {
        let made = now() + choice::delay(Kind::Connect, self.number);
        self.made.set(Some(made));
        self.pipes[0].tell_writer(made);
        if let Some(place) = listener.get() {
            world::announce(made, place, Direction::Read);
        }
    }

    fn refuse(&self) {
        self.is_refused.set(true);
        self.pipes[0].tell_writer(now());
    }

    /// Its server's host, or its client's, is up again and does not know it.
    pub(super) fn reset(&self) {
        self.pipes.iter().for_each(Pipe::reset);
        if self.listener.is_none() && !self.is_apart() {
            self.refuse();
        }
    }

    fn is_apart(&self) -> bool {
        cuts::are_apart(self.hosts())
    }
}

impl End {
    fn new(connection: &Rc<Connection>, side: usize) -> Self {
        let connection = Rc::clone(connection);
        let [is_turned_away, nodelay] = [false; 2].map(Cell::new);
        Self { connection, side, is_turned_away, nodelay, ttl: Cell::new(64) }
    }

    pub(super) fn turn_away(self) {
        self.is_turned_away.set(true);
    }

    pub(super) fn is_refused(&self) -> bool {
        self.connection.is_refused.get()
    }

    fn incoming(&self) -> &Pipe {
        &self.connection.pipes[1 - self.side]
    }

    fn outgoing(&self) -> &Pipe {
        &self.connection.pipes[self.side]
    }

    pub(super) fn local(&self) -> SocketAddr {
        self.connection.addrs[self.side]
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.connection.addrs[1 - self.side]
    }

    pub(super) fn is_made(&self) -> bool {
        self.made().is_some_and(|at| at <= now())
    }

    pub(super) fn made(&self) -> Option<Instant> {
        self.connection.made.get()
    }

    pub(super) fn register(&self, slot: usize) {
        let place = Place::here(slot);
        self.incoming().set_reader(place);
        self.outgoing().set_writer(place);
        if let Some(made) = self.made() {
            world::announce(made.max(now()), place, Direction::Write);
        }
    }

    pub(super) fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let size = self.share(buf.len().min(self.incoming().arrived()));
        let room = if size == 0 { buf.len() } else { size };
        self.incoming().read(&mut buf[..room])
    }

    pub(super) fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.incoming().peek(buf)
    }

    pub(super) fn write(&self, buf: &[u8]) -> io::Result<usize> {
        if choice::among(Kind::Reset, 2, self.connection.number) == 1 {
            self.connection.reset();
        }
        let size = self.share(buf.len().min(self.outgoing().room()));
        let size = if size == 0 { buf.len() } else { size };
        self.outgoing().write(&buf[..size], self.connection.is_apart())
    }

    /// How much of `size` bytes, which are there or have room, one try takes.
    fn share(&self, size: usize) -> usize {
        let shares = match size {
            0 | 1 => 1,
            2 | 3 => 2, // half is one byte
            _ => 3,
        };
        match choice::among(Kind::Share, shares, self.connection.number) {
            0 => size,
            1 => 1,
            _ => size / 2,
        }
    }

    pub(super) fn close_writes(&self) {
        self.outgoing().close(self.connection.is_apart(), false);
    }

    pub(super) fn close_reads(&self) {
        self.incoming().close_reads();
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.outgoing().lose_writer();
        if hosts::is_stopping() {
            self.incoming().go_silent();
        } else {
            let in_reset = self.incoming().abandon() || self.is_turned_away.get();
            self.outgoing().close(self.connection.is_apart(), in_reset);
            let end = self.outgoing().end().filter(|_| in_reset);
            end.into_iter().for_each(|at| self.incoming().let_hear(at));
        }
    }
}
