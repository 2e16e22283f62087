//! One direction of a simulated connection.

use super::would_block;
use crate::choice::{self, Kind};
use crate::reactor::Direction;
use crate::runtime::now;
use crate::runtime::world::{self, Place};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::time::Instant;

/// How many bytes may be on their way.
const ROOM: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Pipe {
    /// The connection's number.
    number: u64,
    packets: RefCell<VecDeque<Packet>>,
    /// Bytes that no one has read.
    size: Cell<usize>,
    /// The end is among the packets.
    is_closed: Cell<bool>,
    /// The end is a reset: the other side has left bytes unread.
    ends_in_reset: Cell<bool>,
    /// When the writer hears that the reader is gone: what it writes until then is lost.
    hears: Cell<Option<Instant>>,
    is_reset: Cell<bool>,
    reads_are_over: Cell<bool>,
    reader: Cell<Reader>,
    writer: Cell<Option<Place>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Reader {
    /// Not watched yet.
    Coming,
    At(Place),
    /// It has closed its end.
    Gone,
    /// Its host is down, and no one says so.
    Silent,
}

#[derive(Debug)]
struct Packet {
    /// When it is there; nothing while it is held back.
    at: Option<Instant>,
    /// No bytes: the end.
    bytes: Option<Vec<u8>>,
}

impl Pipe {
    pub(super) fn new(number: u64) -> Self {
        Self {
            number,
            packets: RefCell::default(),
            size: Cell::new(0),
            is_closed: Cell::new(false),
            ends_in_reset: Cell::new(false),
            hears: Cell::new(None),
            is_reset: Cell::new(false),
            reads_are_over: Cell::new(false),
            reader: Cell::new(Reader::Coming),
            writer: Cell::new(None),
        }
    }

    /// From now on the reader is told what comes.
    pub(super) fn set_reader(&self, place: Place) {
        self.reader.set(Reader::At(place));
        let packets = self.packets.borrow();
        packets.iter().filter_map(|packet| packet.at).for_each(|at| self.tell_reader(at));
        if self.is_reset.get() {
            self.tell_reader(now());
        }
    }

    pub(super) fn set_writer(&self, place: Place) {
        self.writer.set(Some(place));
    }

    pub(super) fn lose_writer(&self) {
        self.writer.set(None);
    }

    /// The reader has closed its end. Says whether it has left bytes unread.
    pub(super) fn abandon(&self) -> bool {
        self.reader.set(Reader::Gone);
        self.size.get() > 0
    }

    /// How many bytes are there, to be read.
    pub(super) fn arrived(&self) -> usize {
        let packets = self.packets.borrow();
        let there = packets.iter().take_while(|packet| packet.is_there());
        there.filter_map(|packet| packet.bytes.as_ref()).map(Vec::len).sum()
    }

    /// How many bytes may be written.
    pub(super) fn room(&self) -> usize {
        ROOM - self.size.get()
    }

    /// The reader's host is down.
    pub(super) fn go_silent(&self) {
        self.reader.set(Reader::Silent);
    }

    pub(super) fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.check_reset()?;
        let (mut packets, mut read) = (self.packets.borrow_mut(), 0);
        while let Some(bytes) = packets.front_mut().and_then(Packet::arrived).filter(|_| read < buf.len()) {
            let part = bytes.len().min(buf.len() - read);
            buf[read..read + part].copy_from_slice(&bytes[..part]);
            bytes.drain(..part);
            read += part;
            if bytes.is_empty() {
                packets.pop_front();
            }
        }
        if read == 0 {
            return self.answer_when_empty(packets.front());
        }
        if self.size.replace(self.size.get() - read) == ROOM {
            self.tell_writer(now());
        }
        Ok(read)
    }

    pub(super) fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.check_reset()?;
        let mut packets = self.packets.borrow_mut();
        let Some(bytes) = packets.front_mut().and_then(Packet::arrived) else {
            return self.answer_when_empty(packets.front());
        };
        let size = bytes.len().min(buf.len());
        buf[..size].copy_from_slice(&bytes[..size]);
        Ok(size)
    }

    fn answer_when_empty(&self, next: Option<&Packet>) -> io::Result<usize> {
        let is_over = next.is_some_and(|packet| packet.bytes.is_none() && packet.is_there());
        if is_over && self.ends_in_reset.get() {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if is_over || self.reads_are_over.get() { Ok(0) } else { would_block() }
    }

    pub(super) fn write(&self, buf: &[u8], is_apart: bool) -> io::Result<usize> {
        self.check_reset()?;
        if self.is_closed.get() || self.hears.get().is_some_and(|at| at <= now()) {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let size = buf.len().min(self.room());
        if size == 0 {
            return would_block();
        }
        self.size.set(self.size.get() + size);
        if self.reader.get() != Reader::Gone {
            self.send(Some(buf[..size].to_vec()), is_apart);
        } else if !is_apart {
            self.let_hear(now() + choice::delay(Kind::Packet, self.number)); // as the answer to these bytes
        }
        Ok(size)
    }

    /// The writer hears at this time that the reader is gone, if it does not hear it earlier.
    pub(super) fn let_hear(&self, at: Instant) {
        if self.hears.get().is_none() {
            self.hears.set(Some(at));
            self.tell_writer(at);
        }
    }

    /// When the end is there, if it is on its way.
    pub(super) fn end(&self) -> Option<Instant> {
        self.packets.borrow().back().filter(|last| last.bytes.is_none())?.at
    }

    /// The end follows what was written.
    pub(super) fn close(&self, is_apart: bool, in_reset: bool) {
        if !self.is_closed.replace(true) {
            self.ends_in_reset.set(in_reset);
            self.send(None, is_apart);
        }
    }

    pub(super) fn close_reads(&self) {
        self.reads_are_over.set(true);
        self.tell_reader(now());
    }

    fn send(&self, bytes: Option<Vec<u8>>, is_apart: bool) {
        let held = is_apart || self.packets.borrow().back().is_some_and(|last| last.at.is_none());
        let at = if held { None } else { Some(self.arrival()) };
        self.packets.borrow_mut().push_back(Packet { at, bytes });
        at.into_iter().for_each(|at| self.tell_reader(at));
    }

    /// What was held back is on its way.
    pub(super) fn release(&self) {
        let held = self.packets.borrow().iter().filter(|packet| packet.at.is_none()).count();
        let first = self.packets.borrow().len() - held;
        for place in first..first + held {
            let at = self.arrival();
            self.packets.borrow_mut()[place].at = Some(at);
            self.tell_reader(at);
        }
        if self.reader.get() == Reader::Gone && self.size.get() > 0 {
            self.let_hear(self.arrival());
        }
    }

    /// When what is sent now is there: not before what was sent earlier.
    fn arrival(&self) -> Instant {
        let at = now() + choice::delay(Kind::Packet, self.number);
        let packets = self.packets.borrow();
        packets.iter().rev().find_map(|packet| packet.at).map_or(at, |last| at.max(last))
    }

    fn check_reset(&self) -> io::Result<()> {
        if self.is_reset.get() { Err(ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }

    pub(super) fn reset(&self) {
        self.is_reset.set(true);
        self.tell_reader(now());
        self.tell_writer(now());
    }

    fn tell_reader(&self, at: Instant) {
        if let Reader::At(place) = self.reader.get() {
            world::announce(at, place, Direction::Read);
        }
    }

    pub(super) fn tell_writer(&self, at: Instant) {
        if let Some(place) = self.writer.get() {
            world::announce(at, place, Direction::Write);
        }
    }
}

impl Packet {
    fn is_there(&self) -> bool {
        self.at.is_some_and(|at| at <= now())
    }

    /// Its bytes, if they are there.
    fn arrived(&mut self) -> Option<&mut Vec<u8>> {
        if self.is_there() { self.bytes.as_mut() } else { None }
    }
}
