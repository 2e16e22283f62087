//! Echo without a runtime: what the kernel costs, and next to nothing beside it.
//!
//! Written as one would in C for this one purpose: epoll, edge-triggered, asked for news only
//! when nothing is left to do, one buffer for all, a few numbers for each end. There is no
//! task, no waker, no flag that could be wrong, and no system call that could be left out:
//!
//! - a read is tried when an edge has said so, and again only if the one before filled the
//!   buffer, because a short one has emptied the socket;
//! - a write is tried at once, and again only after an edge when the kernel took a part.
//!
//! It is a full state machine all the same: no read is taken to be a whole message.

use crate::workloads::net::{ROOM, TRIPS, trips_each};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

/// As many as mio's users commonly take at once.
const EVENTS: usize = 1024;

/// Both ends of every connection.
pub(crate) struct Loop {
    epoll: OwnedFd,
    events: Vec<Event>,
    /// Client, server, client, server: an end's index is its name to epoll.
    ends: Vec<End>,
    /// Of a message.
    bytes: usize,
    buffer: [u8; ROOM],
}

struct End {
    socket: TcpStream,
    /// What the kernel had no room for; empty but for rare moments.
    unsent: Vec<u8>,
    /// Of a client's end.
    trips: Option<Trips>,
}

/// Where a client stands.
struct Trips {
    /// The round trip under way, whose number fills the message, and how many there are.
    now: u64,
    of: u64,
    /// The message's bytes, and how many of them have come back.
    bytes: usize,
    got: usize,
}

impl Loop {
    /// For messages of `bytes` bytes, which must leave room in a buffer.
    pub(crate) fn connect(connections: u64, bytes: usize) -> Self {
        assert!(bytes < ROOM);
        let epoll = epoll::create(CreateFlags::CLOEXEC).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut ends: Vec<End> = Vec::new();
        for _ in 0..connections {
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (server, _) = listener.accept().unwrap();
            for (socket, trips) in [(client, Some(Trips::new(bytes, 0))), (server, None)] {
                socket.set_nodelay(true).unwrap();
                socket.set_nonblocking(true).unwrap();
                let news = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
                epoll::add(&epoll, &socket, EventData::new_u64(ends.len() as u64), news).unwrap();
                ends.push(End { socket, unsent: Vec::new(), trips });
            }
        }
        Self { epoll, events: Vec::with_capacity(EVENTS), ends, bytes, buffer: [0; ROOM] }
    }

    /// Makes all the round trips, and returns how many bytes came back.
    pub(crate) fn echo(&mut self) -> u64 {
        let trips = trips_each(self.ends.len() / 2);
        let clients = self.ends.iter_mut().filter(|end| end.trips.is_some());
        for (end, of) in clients.zip(trips) {
            end.trips = Some(Trips::new(self.bytes, of));
            if of > 0 {
                self.buffer.fill(0);
                end.write(&self.buffer[..self.bytes]);
            }
        }
        let mut echoed = 0;
        while echoed < TRIPS * self.bytes as u64 {
            echoed += self.turn();
        }
        echoed
    }

    /// Waits for news and does what they ask for.
    fn turn(&mut self) -> u64 {
        self.events.clear();
        epoll::wait(&self.epoll, spare_capacity(&mut self.events), None).unwrap();
        let mut echoed = 0;
        for event in &self.events {
            let (end, flags) = (&mut self.ends[event.data.u64() as usize], event.flags);
            if flags.contains(EventFlags::OUT) && !end.unsent.is_empty() {
                end.write(&[]);
            }
            if flags.contains(EventFlags::IN) {
                echoed += end.read(&mut self.buffer);
            }
        }
        echoed
    }
}

impl Trips {
    fn new(bytes: usize, of: u64) -> Self {
        Self { now: 0, of, bytes, got: 0 }
    }
}

impl End {
    /// Reads until the socket is empty, and answers; returns how many bytes a client got back.
    fn read(&mut self, buffer: &mut [u8; ROOM]) -> u64 {
        let mut echoed = 0;
        loop {
            let n = match self.socket.read(buffer) {
                Ok(0) => panic!("the other end has gone"),
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return echoed,
                Err(error) => panic!("{error}"),
            };
            if self.trips.is_some() {
                self.came_back(buffer, n);
                echoed += n as u64;
            } else {
                self.write(&buffer[..n]);
            }
            if n < ROOM {
                return echoed;
            }
        }
    }

    /// A client's end has read `n` bytes: with the last of one round trip, the next begins, out
    /// of the same buffer, which has nothing else in it then.
    fn came_back(&mut self, buffer: &mut [u8; ROOM], n: usize) {
        let trips = self.trips.as_mut().expect("only a client's bytes come back");
        assert!(buffer[..n].iter().all(|byte| *byte == trips.now as u8));
        trips.got += n;
        if trips.got < trips.bytes {
            return;
        }
        assert_eq!(trips.got, trips.bytes);
        (trips.now, trips.got) = (trips.now + 1, 0);
        if trips.now < trips.of {
            let message = &mut buffer[..trips.bytes];
            message.fill(trips.now as u8);
            self.write(message);
        }
    }

    /// Writes what is left from before and then `bytes`, and keeps what the kernel does not take.
    fn write(&mut self, bytes: &[u8]) {
        if self.unsent.is_empty() {
            let written = written(self.socket.write(bytes));
            self.unsent.extend_from_slice(&bytes[written..]);
        } else {
            self.unsent.extend_from_slice(bytes);
            let written = written(self.socket.write(&self.unsent));
            self.unsent.drain(..written);
        }
    }
}

/// None, where it would block.
fn written(answer: io::Result<usize>) -> usize {
    match answer {
        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
        answer => answer.unwrap(),
    }
}
