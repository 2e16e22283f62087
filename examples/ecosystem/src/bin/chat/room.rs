//! Rooms, which all clients share without a lock, since all of them are on one thread.

use async_broadcast::{Receiver, Sender, broadcast};
use async_tungstenite::tungstenite::Message;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// How many lines a room keeps for those members that have not taken them yet.
pub(crate) const QUEUED: usize = 64;

type Rooms = HashMap<String, Sender<Message>>;

/// All rooms, by name. `None` once the server ends, so that no client comes in any more.
#[derive(Clone)]
pub(crate) struct House {
    rooms: Rc<RefCell<Option<Rooms>>>,
}

/// A client's place in a room, given up when dropped.
pub(crate) struct Seat {
    house: House,
    room: String,
    name: String,
    lines: Sender<Message>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self { rooms: Rc::new(RefCell::new(Some(Rooms::new()))) }
    }

    /// Takes a place, and the room's lines from now on. They are to be read, or dropped: the
    /// room waits for its slowest reader.
    pub(crate) fn join(&self, room: String, name: String) -> Option<(Seat, Receiver<Message>)> {
        let mut rooms = self.rooms.borrow_mut();
        let rooms = rooms.as_mut()?;
        let (lines, heard) = match rooms.get(&room) {
            Some(lines) if !lines.is_closed() => (lines.clone(), lines.new_receiver()),
            _ => broadcast(QUEUED), // the last reader closes its channel
        };
        rooms.insert(room.clone(), lines.clone());
        Some((Seat { house: self.clone(), room, name, lines }, heard))
    }

    /// Ends every room once its members have heard what was said, and with it the clients.
    pub(crate) fn close(&self) {
        for lines in self.rooms.take().unwrap_or_default().values() {
            lines.close();
        }
    }
}

impl Seat {
    pub(crate) async fn arrive(&self) {
        self.queue(format!("* {} is here", self.name)).await;
    }

    /// Passes on what the client says. A line break would let it speak in another's name, and
    /// an escape sequence would reach the others' terminals: control characters become spaces.
    pub(crate) async fn say(&self, text: &str) {
        self.queue(format!("{}: {}", self.name, text.replace(char::is_control, " "))).await;
    }

    pub(crate) async fn leave(self) {
        self.queue(format!("* {} has left", self.name)).await;
    }

    /// Waits for room in the queue; all members get the lines in the same order. An error says
    /// that the room is closed, which its members hear from their queues.
    async fn queue(&self, line: String) {
        let _ = self.lines.broadcast(Message::text(line)).await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(rooms) = &mut *self.house.rooms.borrow_mut() {
            if rooms.get(&self.room).is_some_and(Sender::is_closed) {
                rooms.remove(&self.room);
            }
        }
    }
}
