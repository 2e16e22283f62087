// From s5: src/bin/s5_sockets.rs, line for line.

impl Reactor {
    fn new() -> Self {
        let poll = mio::Poll::new().expect("the system has descriptors");
        let events = RefCell::new(mio::Events::with_capacity(1024));
        Self { poll: RefCell::new(poll), events, sources: RefCell::default() }
    }
}

/// Whether a try to read may succeed now, and one to write. An error, or an end of what can be read, may
/// answer both; a try too many does no harm (I6).
fn news(event: &mio::event::Event) -> [bool; 2] {
    let closed = event.is_error() || event.is_read_closed();
    [event.is_readable() || closed, event.is_writable() || closed]
}

impl TcpStream {
    /// `Socket::connect` only begins to connect. Until that is over, `is_connected` says `WouldBlock`, as a
    /// write would; so this waits as one.
    async fn connect(server: SocketAddr) -> io::Result<Self> {
        let stream = Self::watch(Socket::connect(server)?)?;
        stream.io(WRITE, is_connected).await?;
        Ok(stream)
    }

    async fn write_all(&self, mut buf: &[u8]) -> io::Result<()> {
        while !buf.is_empty() {
            let n = self.io(WRITE, |mut socket| socket.write(buf)).await?;
            buf = &buf[n..];
        }
        Ok(())
    }
}

/// A connect that failed left an error. A socket that is not connected yet has no peer.
fn is_connected(socket: &Socket) -> io::Result<()> {
    match socket.take_error()? {
        Some(error) => Err(error),
        None => socket.peer_addr().map(drop).map_err(|_| io::ErrorKind::WouldBlock.into()),
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        self.reactor.poll.borrow().registry().deregister(&mut self.socket).expect("it is registered");
        let _sides = self.reactor.sources.borrow_mut().remove(self.slot); // dropped at the end (I3)
    }
}
