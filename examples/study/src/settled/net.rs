// From s5: src/bin/s5_sockets.rs, line for line.

type Socket = mio::net::TcpStream;

/// A socket that the reactor watches, until it is dropped.
struct TcpStream {
    socket: Socket,
    slot: usize,
    reactor: Rc<Reactor>,
}

impl TcpStream {
    /// Asks the kernel to watch a new socket, which is worth a try in both directions. The token comes
    /// back with its events.
    fn watch(mut socket: Socket) -> io::Result<Self> {
        let reactor = Rc::clone(&current().reactor);
        let side = || Side { ready: true, waiters: Vec::new() };
        let slot = reactor.sources.borrow_mut().insert([side(), side()]);
        let both = mio::Interest::READABLE | mio::Interest::WRITABLE;
        reactor.poll.borrow().registry().register(&mut socket, mio::Token(slot), both)?;
        Ok(Self { socket, slot, reactor })
    }

    /// Flag set: try. `WouldBlock`: clear the flag, leave a waker, wait (I6). `poll_fn` makes a future of a
    /// closure: each poll calls it.
    async fn io<T>(&self, way: usize, mut attempt: impl FnMut(&Socket) -> io::Result<T>) -> io::Result<T> {
        poll_fn(|cx| {
            if self.side(way).ready {
                let answer = attempt(&self.socket);
                let blocks = answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
                tell_try(self.slot, way == READ, blocks);
                if !blocks {
                    return Poll::Ready(answer);
                }
                // Only `wait` sets the flag: news that came since the try lies in the kernel until then.
                self.side(way).ready = false;
            }
            let waker = cx.waker().clone(); // with nothing borrowed (I3)
            self.side(way).waiters.push(waker);
            Poll::Pending
        })
        .await
    }

    /// `way` is a direction, `READ` or `WRITE`. Each borrow above ends in its line (I3).
    fn side(&self, way: usize) -> RefMut<'_, Side> {
        RefMut::map(self.reactor.sources.borrow_mut(), |sources| &mut sources[self.slot][way])
    }

    /// `&Socket` is `Read`, too, so no `&mut self` is needed.
    async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io(READ, |mut socket| socket.read(buf)).await
    }
}
