// From s5: src/bin/s5_sockets.rs, line for line.

type Socket = mio::net::TcpStream;

/// A socket that the reactor watches, until it is dropped.
struct TcpStream {
    socket: Socket,
    slot: usize,
    reactor: Rc<Reactor>,
}

impl TcpStream {
    /// A new socket is worth a try, at reading and at writing. `register` asks the kernel to watch it,
    /// in both directions; the token is the number that comes back with its events.
    async fn connect(server: SocketAddr) -> io::Result<Self> {
        let (mut socket, reactor) = (Socket::connect(server)?, Rc::clone(&current().reactor));
        let side = || Side { ready: true, waiters: Vec::new() };
        let slot = reactor.sources.borrow_mut().insert([side(), side()]);
        let both = mio::Interest::READABLE | mio::Interest::WRITABLE;
        reactor.poll.borrow().registry().register(&mut socket, mio::Token(slot), both)?;
        let stream = Self { socket, slot, reactor };
        // `Socket::connect` has only begun to connect. Until that is over, `is_connected` says `WouldBlock`
        // as a write would; so this waits as one. The story tells it as the first try to write.
        stream.io(WRITE, is_connected).await?;
        Ok(stream)
    }

    /// Flag set: try. `WouldBlock`: clear the flag, leave a waker, wait (I6). `poll_fn` makes a future of a
    /// closure: each poll calls it.
    async fn io<T>(&self, side: usize, mut attempt: impl FnMut(&Socket) -> io::Result<T>) -> io::Result<T> {
        poll_fn(|cx| {
            while self.with(side, |side| side.ready) {
                let answer = attempt(&self.socket);
                let blocks = answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
                tell_try(self.slot, side == READ, blocks);
                if !blocks {
                    return Poll::Ready(answer);
                }
                // No event is lost here. What comes between the try and this stays in the kernel until the
                // loop's next `wait`: only that delivers, and it stands still while a task runs.
                self.with(side, |side| side.ready = false);
            }
            let waker = cx.waker().clone(); // with nothing borrowed: it may be any code (I3)
            self.with(side, |side| side.waiters.push(waker));
            Poll::Pending
        })
        .await
    }

    /// The borrow ends with `f`: `attempt` runs with nothing borrowed.
    fn with<T>(&self, side: usize, f: impl FnOnce(&mut Side) -> T) -> T {
        f(&mut self.reactor.sources.borrow_mut()[self.slot][side])
    }

    /// `Read` and `Write` are there for a `&Socket`, too: so `socket` may be one, if it is `mut`.
    async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io(READ, |mut socket| socket.read(buf)).await
    }
}
