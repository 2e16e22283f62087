// From s5: src/bin/s5_sockets.rs, line for line.

/// `poll` fills `events`. The token of an event is the slot of its socket.
struct Reactor {
    poll: RefCell<mio::Poll>,
    events: RefCell<mio::Events>,
    sources: RefCell<Slab<[Side; 2]>>,
}

/// One direction of a socket: whether a try may succeed, and which tasks wait for that.
struct Side {
    ready: bool,
    waiters: Vec<Waker>,
}

const READ: usize = 0;
const WRITE: usize = 1;

impl Reactor {
    /// The only place where the loop sleeps: an event of the kernel ends it, or the time. Then
    /// delivers what has come.
    fn wait(&self, at_most: Option<Duration>) {
        say!("the loop sleeps until a timer is due, or the kernel has news");
        // Not in the `match`: what is borrowed in its first line stays so to its end (I3).
        let polled = self.poll.borrow_mut().poll(&mut self.events.borrow_mut(), at_most);
        match polled {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => panic!("{error}"),
            _ => self.deliver(),
        }
    }

    /// Every task that waits for the socket is woken (I5), and tries again (I6).
    fn deliver(&self) {
        let mut woken = Vec::new();
        for event in &*self.events.borrow() {
            let (slot, mut sources) = (event.token().0, self.sources.borrow_mut());
            let Some(sides) = sources.get_mut(slot) else { continue }; // no such slot
            // An error, or an end of what can be read, may answer a try in both directions; if not, a try too
            // many does no harm (I6).
            let closed = event.is_error() || event.is_read_closed();
            for (side, ready) in sides.iter_mut().zip([event.is_readable(), event.is_writable()]) {
                if ready || closed {
                    side.ready = true;
                    woken.extend(side.waiters.drain(..).map(|waker| (slot, waker)));
                }
            }
        }
        // Nothing is borrowed any more: a waker may be any code, a combinator's, say (I3).
        for (slot, waker) in woken {
            acting(Actor::Socket(slot), || waker.wake());
        }
    }
}
