//! An HTTP client that keeps its connections, named after aiohttp's.

use super::connection::{Connection, is_quiet};
use super::error::{Error, Kind};
use super::http::Response;
use super::permits::Permits;
use super::url::Url;
use shirr::net::{TcpStream, lookup_host};
use shirr::time::timeout;
use shirr::{AbortHandle, spawn};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::Duration;

/// Makes GET requests over keep-alive connections, and follows no redirects.
///
/// Its methods take `&self`; put it into an `Rc` to use it from the children of a gather.
/// No borrow of a `RefCell` lasts across an await: another child may run there.
#[derive(Debug)]
pub(crate) struct ClientSession {
    /// One permit a connection; `None` without a limit.
    limit: Option<Permits>,
    timeout: Duration,
    /// By authority, as in `localhost:8080`.
    hosts: RefCell<HashMap<String, Rc<Host>>>,
    counts: Cell<Counts>,
}

/// What a session has done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Connections opened.
    pub(crate) connections: usize,
    /// Bytes of bodies read.
    pub(crate) body_bytes: usize,
}

#[derive(Debug)]
struct Host {
    /// What the name stands for, good or bad, once it is known.
    addrs: RefCell<Option<Result<Rc<[SocketAddr]>, Error>>>,
    /// One permit: a thousand requests to one name look it up once.
    lookup: Permits,
    /// The last one used is taken first: it is the least likely to be closed by now.
    idle: RefCell<Vec<Idle>>,
}

/// A kept connection, and the task that closes it when the server does.
#[derive(Debug)]
struct Idle {
    connection: Connection,
    _watch: Watch,
}

/// Ends the task when dropped.
#[derive(Debug)]
struct Watch(AbortHandle);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ClientSession {
    /// A session that has at most `limit` connections in use at a time, any number if that
    /// is zero, and gives a request `timeout` from the moment it may have a connection.
    pub(crate) fn new(limit: usize, timeout: Duration) -> Self {
        let limit = (limit > 0).then(|| Permits::new(limit));
        Self { limit, timeout, hosts: RefCell::default(), counts: Cell::default() }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts.get()
    }

    /// Makes one request, on a kept connection if there is one.
    ///
    /// Cancel safe: dropped early, its connection is closed and its place is free.
    ///
    /// # Errors
    /// When there is no answer; one with an error status is an answer.
    pub(crate) async fn get(&self, url: &Url) -> Result<Response, Error> {
        // Locals are dropped last to first, so by the time that this permit is given back
        // the connection is, too, or is closed.
        let _permit = match &self.limit {
            Some(limit) => Some(limit.acquire().await),
            None => None,
        };
        let host = self.host(url);
        let answered = timeout(self.timeout, self.exchange(url, &host)).await;
        let response = answered.unwrap_or_else(|_| {
            Err(Error::new(Kind::Timeout, format!("no whole answer within {:?}", self.timeout)))
        })?;
        self.count(|counts| counts.body_bytes += response.body.len());
        Ok(response)
    }

    async fn exchange(&self, url: &Url, host: &Rc<Host>) -> Result<Response, Error> {
        if let Some(mut kept) = host.take_idle() {
            let answer = kept.exchange(url.request()).await;
            // The server may give it up at any time, also while the request is on its way. A
            // GET can safely be sent again, but only once: a new connection has no such excuse.
            if !kept.was_given_up(&answer) {
                return host.keep(kept, answer);
            }
        }
        let addrs = host.addrs(url).await?;
        let mut fresh = Connection::open(&addrs).await?;
        self.count(|counts| counts.connections += 1);
        let answer = fresh.exchange(url.request()).await;
        host.keep(fresh, answer)
    }

    fn host(&self, url: &Url) -> Rc<Host> {
        let mut hosts = self.hosts.borrow_mut();
        if let Some(host) = hosts.get(url.authority()) {
            return Rc::clone(host);
        }
        let host = Host { addrs: RefCell::default(), lookup: Permits::new(1), idle: RefCell::default() };
        Rc::clone(hosts.entry(url.authority().to_owned()).or_insert(Rc::new(host)))
    }

    fn count(&self, add: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        add(&mut counts);
        self.counts.set(counts);
    }
}

impl Host {
    /// A connection on which nothing came since its last answer. The watch may not know yet:
    /// the loop has not asked the kernel just now.
    fn take_idle(&self) -> Option<Connection> {
        loop {
            let Idle { connection, .. } = self.idle.borrow_mut().pop()?;
            if is_quiet(connection.stream()) {
                return Some(connection);
            }
        }
    }

    /// Back into the pool with a connection that is good for another request.
    fn keep(
        self: &Rc<Self>,
        connection: Connection,
        answer: Result<Response, Error>,
    ) -> Result<Response, Error> {
        if answer.as_ref().is_ok_and(|response| response.reusable) {
            let watching = spawn(watch(Rc::clone(connection.stream()), Rc::downgrade(self)));
            let _watch = Watch(watching.abort_handle());
            self.idle.borrow_mut().push(Idle { connection, _watch });
        }
        answer
    }

    fn forget(&self, stream: &Rc<TcpStream>) {
        let mut idle = self.idle.borrow_mut();
        let place = idle.iter().position(|kept| Rc::ptr_eq(kept.connection.stream(), stream));
        let ended = place.map(|place| idle.remove(place));
        drop(idle); // before the connection: no foreign drop under a borrow
        drop(ended);
    }

    /// The host's addresses, looked up by the first who asks while the others wait.
    async fn addrs(&self, url: &Url) -> Result<Rc<[SocketAddr]>, Error> {
        if let Some(known) = self.known_addrs() {
            return known;
        }
        let _turn = self.lookup.acquire().await;
        if let Some(known) = self.known_addrs() {
            return known;
        }
        let found = match lookup_host((url.host(), url.port())).await {
            Ok(addrs) => Ok(addrs.into()),
            Err(error) => Err(Error::new(Kind::Resolve, error.to_string())),
        };
        self.addrs.replace(Some(found.clone()));
        found
    }

    fn known_addrs(&self) -> Option<Result<Rc<[SocketAddr]>, Error>> {
        self.addrs.borrow().clone()
    }
}

/// Closes an idle connection as soon as something comes, be it the end, also when nobody asks
/// for the host again.
async fn watch(stream: Rc<TcpStream>, host: Weak<Host>) {
    // "Readable" is a guess: only the try tells.
    while stream.readable().await.is_ok() && is_quiet(&stream) {}
    if let Some(host) = host.upgrade() {
        host.forget(&stream);
    }
}
