//! A simulated connection: two ends, and a pipe from each to the other.

use super::would_block;
use crate::choice::{self, Kind};
use crate::reactor::Direction;
use crate::runtime::{now, world};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

/// How many bytes may be on their way in one direction.
const ROOM: usize = 64 * 1024;

/// One end of a connection. Dropped, it closes both directions.
#[derive(Debug)]
pub(crate) struct End {
    number: u64,
    incoming: Rc<Pipe>,
    outgoing: Rc<Pipe>,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
    /// When the connection is made.
    made: Instant,
    pub(super) nodelay: Cell<bool>,
    pub(super) ttl: Cell<u32>,
}

/// One direction.
#[derive(Debug, Default)]
struct Pipe {
    /// What is on its way, and when it is there.
    packets: RefCell<VecDeque<(Instant, Vec<u8>)>>,
    size: Cell<usize>,
    /// When the end of it is there, behind all packets.
    closed: Cell<Option<Instant>>,
    reset: Cell<bool>,
    /// No one reads any more.
    abandoned: Cell<bool>,
    /// The slots of the two ends, while these are watched.
    reader: Cell<Option<usize>>,
    writer: Cell<Option<usize>>,
}

/// Two ends, the client's first. The connection is made when its time has come.
pub(super) fn connect(client: SocketAddr, server: SocketAddr, number: u64) -> (End, End) {
    let (there, back) = (Rc::<Pipe>::default(), Rc::<Pipe>::default());
    let made = now() + choice::delay(Kind::Connect, number);
    let end = |incoming: &Rc<Pipe>, outgoing: &Rc<Pipe>, local, peer| End {
        number,
        incoming: Rc::clone(incoming),
        outgoing: Rc::clone(outgoing),
        local,
        peer,
        made,
        nodelay: Cell::new(false),
        ttl: Cell::new(64),
    };
    (end(&back, &there, client, server), end(&there, &back, server, client))
}

impl End {
    /// When the connection is made, which may be to come.
    pub(super) fn made(&self) -> Instant {
        self.made
    }

    pub(super) fn register(&self, slot: usize) {
        self.incoming.reader.set(Some(slot));
        self.outgoing.writer.set(Some(slot));
        world::announce(self.made.max(now()), slot, Direction::Write);
        let packets = self.incoming.packets.borrow();
        let arrivals = packets.iter().map(|(at, _)| *at).chain(self.incoming.closed.get());
        let arrivals = arrivals.chain(self.incoming.reset.get().then(now));
        arrivals.for_each(|at| world::announce(at, slot, Direction::Read));
    }

    pub(super) fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let room = self.share(buf.len());
        self.incoming.read(&mut buf[..room])
    }

    pub(super) fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.incoming.peek(buf)
    }

    pub(super) fn write(&self, buf: &[u8]) -> io::Result<usize> {
        if !self.outgoing.reset.get() && choice::among(Kind::Reset, 2, self.number) == 1 {
            self.outgoing.break_down();
            self.incoming.break_down();
        }
        let size = self.share(buf.len());
        self.outgoing.write(&buf[..size], self.number)
    }

    /// How much of `size` bytes one try takes.
    fn share(&self, size: usize) -> usize {
        match if size < 2 { 0 } else { choice::among(Kind::Share, 3, self.number) } {
            0 => size,
            1 => 1,
            _ => size / 2,
        }
    }

    pub(super) fn close_writes(&self) {
        self.outgoing.close(self.number);
    }

    pub(super) fn close_reads(&self) {
        self.incoming.closed.set(Some(now()));
        self.incoming.tell_reader(now());
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.outgoing.writer.set(None);
        self.incoming.reader.set(None);
        self.incoming.abandoned.set(true);
        self.outgoing.close(self.number);
    }
}

impl Pipe {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.check_reset()?;
        let (mut packets, mut read) = (self.packets.borrow_mut(), 0);
        while let Some((_, bytes)) = packets.front_mut().filter(|(at, _)| *at <= now() && read < buf.len()) {
            let part = bytes.len().min(buf.len() - read);
            buf[read..read + part].copy_from_slice(&bytes[..part]);
            bytes.drain(..part);
            read += part;
            if bytes.is_empty() {
                packets.pop_front();
            }
        }
        if read == 0 {
            return self.answer_when_empty(packets.is_empty());
        }
        let was_full = self.size.replace(self.size.get() - read) == ROOM;
        if let Some(slot) = self.writer.get().filter(|_| was_full) {
            world::announce(now(), slot, Direction::Write);
        }
        Ok(read)
    }

    fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.check_reset()?;
        let packets = self.packets.borrow();
        let Some((_, bytes)) = packets.front().filter(|(at, _)| *at <= now()) else {
            return self.answer_when_empty(packets.is_empty());
        };
        let size = bytes.len().min(buf.len());
        buf[..size].copy_from_slice(&bytes[..size]);
        Ok(size)
    }

    fn answer_when_empty(&self, nothing_is_coming: bool) -> io::Result<usize> {
        let is_over = self.closed.get().is_some_and(|at| at <= now());
        if is_over && nothing_is_coming { Ok(0) } else { would_block() }
    }

    fn write(&self, buf: &[u8], number: u64) -> io::Result<usize> {
        self.check_reset()?;
        if self.abandoned.get() || self.closed.get().is_some() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let size = buf.len().min(ROOM - self.size.get());
        if size == 0 {
            return would_block();
        }
        let at = self.arrival(number);
        self.size.set(self.size.get() + size);
        self.packets.borrow_mut().push_back((at, buf[..size].to_vec()));
        self.tell_reader(at);
        Ok(size)
    }

    /// When what is sent now is there: not before what was sent earlier.
    fn arrival(&self, number: u64) -> Instant {
        let at = now() + choice::delay(Kind::Packet, number);
        self.packets.borrow().back().map_or(at, |(last, _)| at.max(*last))
    }

    fn close(&self, number: u64) {
        if self.closed.get().is_none() && !self.reset.get() {
            let at = self.arrival(number);
            self.closed.set(Some(at));
            self.tell_reader(at);
        }
    }

    fn check_reset(&self) -> io::Result<()> {
        if self.reset.get() { Err(ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }

    fn break_down(&self) {
        self.reset.set(true);
        self.tell_reader(now());
        if let Some(slot) = self.writer.get() {
            world::announce(now(), slot, Direction::Write);
        }
    }

    fn tell_reader(&self, at: Instant) {
        if let Some(slot) = self.reader.get() {
            world::announce(at, slot, Direction::Read);
        }
    }
}
