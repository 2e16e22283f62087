//! An HTTP client that keeps its connections, named after aiohttp's.

use super::connection::Connection;
use super::error::{Error, Kind};
use super::http::Response;
use super::permits::Permits;
use super::url::Url;
use shirr::net::lookup_host;
use shirr::time::{sleep, timeout};
use shirr::{JoinHandle, spawn};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::Duration;

/// How often idle connections are checked: no longer does one stay that the server has
/// closed. A task for each would know at once, but costs more with every request than the
/// check does, and its wait would hold a paused clock.
const SWEEP_EVERY: Duration = Duration::from_millis(250);

/// By authority, as in `localhost:8080`.
type Hosts = RefCell<BTreeMap<String, Rc<Host>>>;

/// Makes GET requests over keep-alive connections, and follows no redirects.
///
/// Its methods take `&self`; put it into an `Rc` to use it from the children of a gather.
/// No borrow of a `RefCell` lasts across an await: another child may run there.
#[derive(Debug)]
pub(crate) struct ClientSession {
    /// One permit a connection; `None` without a limit.
    limit: Option<Permits>,
    timeout: Duration,
    hosts: Rc<Hosts>,
    /// Closes idle connections; it ends when there are none.
    sweeper: RefCell<Option<JoinHandle<()>>>,
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
    idle: RefCell<Vec<Connection>>,
}

impl ClientSession {
    /// A session that has at most `limit` connections in use at a time, any number if that
    /// is zero, and gives a request `timeout` from the moment it may have a connection.
    pub(crate) fn new(limit: usize, timeout: Duration) -> Self {
        let limit = (limit > 0).then(|| Permits::new(limit));
        Self { limit, timeout, hosts: Rc::default(), sweeper: RefCell::default(), counts: Cell::default() }
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

    async fn exchange(&self, url: &Url, host: &Host) -> Result<Response, Error> {
        if let Some(mut kept) = host.take_idle() {
            let answer = kept.exchange(url.request()).await;
            // The server may give it up at any time, also while the request is on its way. A
            // GET can safely be sent again, but only once: a new connection has no such excuse.
            if !kept.was_given_up(&answer) {
                return self.keep(host, kept, answer);
            }
        }
        let addrs = host.addrs(url).await?;
        let mut fresh = Connection::open(&addrs).await?;
        self.count(|counts| counts.connections += 1);
        let answer = fresh.exchange(url.request()).await;
        self.keep(host, fresh, answer)
    }

    /// Back into the pool with a connection that is good for another request.
    fn keep(
        &self,
        host: &Host,
        connection: Connection,
        answer: Result<Response, Error>,
    ) -> Result<Response, Error> {
        if answer.as_ref().is_ok_and(|response| response.reusable) {
            host.idle.borrow_mut().push(connection);
            if self.sweeper.borrow().as_ref().is_none_or(JoinHandle::is_finished) {
                self.sweeper.replace(Some(spawn(sweep(Rc::downgrade(&self.hosts)))));
            }
        }
        answer
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

impl Drop for ClientSession {
    fn drop(&mut self) {
        if let Some(sweeper) = self.sweeper.take() {
            sweeper.abort();
        }
    }
}

impl Host {
    /// A connection on which nothing came since its last answer.
    fn take_idle(&self) -> Option<Connection> {
        loop {
            let kept = self.idle.borrow_mut().pop()?;
            if kept.is_quiet() {
                return Some(kept);
            }
        }
    }

    /// Closes the connections on which something came, be it the end. Returns how many are left.
    fn sweep(&self) -> usize {
        let mut idle = self.idle.borrow_mut();
        idle.retain(Connection::is_quiet);
        idle.len()
    }

    /// The host's addresses, looked up by the first request while the others wait.
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

/// Looks at all idle connections now and then, also while nothing is asked of their hosts.
async fn sweep(hosts: Weak<Hosts>) {
    loop {
        sleep(SWEEP_EVERY).await;
        let Some(hosts) = hosts.upgrade() else { return };
        if hosts.borrow().values().map(|host| host.sweep()).sum::<usize>() == 0 {
            return;
        }
    }
}
