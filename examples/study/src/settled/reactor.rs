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
        let polled = self.poll.borrow_mut().poll(&mut self.events.borrow_mut(), at_most);
        if let Err(error) = polled {
            assert_eq!(error.kind(), io::ErrorKind::Interrupted, "{error}"); // by a signal
        }
        self.deliver();
    }

    /// Every task that waits for the socket is woken (I5), and tries again (I6).
    fn deliver(&self) {
        let mut woken = Vec::new();
        for event in &*self.events.borrow() {
            let slot = event.token().0;
            let mut sources = self.sources.borrow_mut();
            let Some(sides) = sources.get_mut(slot) else { continue }; // of no socket: the bell, in s6
            for (side, has_news) in sides.iter_mut().zip(news(event)) {
                if has_news {
                    side.ready = true;
                    woken.extend(side.waiters.drain(..).map(|waker| (slot, waker)));
                }
            }
        }
        // Nothing is borrowed any more: a waker may be foreign code (I3).
        for (slot, waker) in woken {
            acting(Actor::Socket(slot), || waker.wake());
        }
    }
}
