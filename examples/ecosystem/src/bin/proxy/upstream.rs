//! Requests to the upstream: how many at a time, and by which connection.

use crate::answer::{end_to_end, whole};
use crate::{Args, Content};
use ecosystem::{Crowd, Failure, Guest, with_causes};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, StatusCode, Uri, Version};
use shirr::net::TcpStream;
use shirr::spawn;
use shirr::time::timeout;
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::rc::Rc;
use std::time::Duration;

/// Why there is no answer of the upstream's, as the client is told.
pub(crate) type Trouble = (StatusCode, Rc<str>);

pub(crate) fn failed(error: &(dyn Error + 'static)) -> Trouble {
    (StatusCode::BAD_GATEWAY, format!("the upstream failed: {}\n", with_causes(error)).into())
}

type Connection = SendRequest<Content>;

/// The server behind the proxy.
pub(crate) struct Upstream {
    url: Uri,
    limit: Duration,
    /// A guest is a request that the upstream has not finished. There are no more connections.
    requests: Crowd,
    /// The last that came goes first: those not needed grow old, and the upstream closes them.
    idle: RefCell<Vec<Connection>>,
    asked: Cell<usize>,
    connected: Cell<usize>,
}

impl Upstream {
    pub(crate) fn new(args: &Args) -> Self {
        let (url, requests) = (args.upstream.clone(), Crowd::new(args.requests));
        let (asked, connected) = (Cell::new(0), Cell::new(0));
        Self { url, limit: args.limit, requests, idle: RefCell::default(), asked, connected }
    }

    /// Asks when it is this request's turn, first come, first served. Headers that
    /// are between two neighbours stay there, both ways.
    pub(crate) async fn ask(
        self: &Rc<Self>,
        mut head: Request<()>,
        body: Option<Content>,
    ) -> Result<Response<Incoming>, Trouble> {
        let path = head.uri().path_and_query().map_or("/", |path| path.as_str());
        *head.uri_mut() = path.parse().expect("a path is a URI");
        *head.version_mut() = Version::HTTP_11;
        let host = self.url.authority().map_or("", |authority| authority.as_str());
        end_to_end(head.headers_mut());
        head.headers_mut().insert(HOST, HeaderValue::from_str(host).expect("an authority is ASCII"));
        let late = |_| (StatusCode::GATEWAY_TIMEOUT, Rc::from("the upstream takes too long\n"));
        let answered = timeout(self.limit, self.ask_in_turn(head, body)).await.map_err(late)?;
        let mut response = answered.map_err(|error| failed(&*error))?;
        end_to_end(response.headers_mut());
        Ok(response)
    }

    /// By an idle connection, or by a new one. The upstream may close an idle one just as it is
    /// used, and no proxy can know beforehand. What was not sent comes back; what was is sent
    /// again if that does no harm.
    async fn ask_in_turn(
        self: &Rc<Self>,
        head: Request<()>,
        body: Option<Content>,
    ) -> Result<Response<Incoming>, Failure> {
        let turn = self.requests.enter().await;
        self.asked.set(self.asked.get() + 1);
        let harmless = body.is_none() && head.method().is_idempotent();
        let mut request = head.clone().map(|()| body.unwrap_or_else(|| whole(Bytes::new())));
        while let Some(mut connection) = self.take_idle() {
            match connection.try_send_request(request).await {
                Ok(response) => return Ok(self.at_work(connection, turn, response)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None if harmless => request = head.clone().map(|()| whole(Bytes::new())),
                    None => return Err(error.into_error().into()),
                },
            }
        }
        let mut connection = self.connect().await?;
        let response = connection.send_request(request).await?;
        Ok(self.at_work(connection, turn, response))
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        let host = self.url.host().unwrap_or_default().trim_matches(['[', ']']); // around an IPv6 address
        let stream = TcpStream::connect((host, self.url.port_u16().unwrap_or(80))).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(stream).await?;
        self.connected.set(self.connected.get() + 1);
        drop(spawn(connection)); // its failure is the request's, too
        Ok(sender)
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        idle.retain(|connection| !connection.is_closed());
        idle.pop()
    }

    /// A task waits until the body has been read or is dropped. Then the connection is idle or
    /// closed, and the next request has its turn.
    fn at_work<T>(self: &Rc<Self>, mut connection: Connection, turn: Guest, response: T) -> T {
        let upstream = Rc::clone(self);
        drop(spawn(async move {
            if connection.ready().await.is_ok() {
                upstream.idle.borrow_mut().push(connection);
            }
            drop(turn);
        }));
        response
    }

    pub(crate) fn metrics(&self) -> [(&'static str, usize); 4] {
        [
            ("upstream_requests_total", self.asked.get()),
            ("upstream_connections_total", self.connected.get()),
            ("upstream_requests", self.requests.size()),
            ("upstream_idle_connections", self.idle.borrow().len()),
        ]
    }
}
