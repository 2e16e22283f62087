//! Requests to the upstream: how many at a time, and by which connection.

use crate::answer::{end_to_end, whole};
use crate::{Args, Content};
use ecosystem::{BodyUntil, Crowd, Failure, Guest, with_causes};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, StatusCode, Version};
use shirr::net::TcpStream;
use shirr::spawn;
use shirr::time::{now, timeout, timeout_at};
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::rc::Rc;

/// Why there is no answer of the upstream's, as the client is told.
pub(crate) type Trouble = (StatusCode, Rc<str>);

pub(crate) fn failed(error: &(dyn Error + 'static)) -> Trouble {
    (StatusCode::BAD_GATEWAY, format!("the upstream failed: {}\n", with_causes(error)).into())
}

/// The upstream's answer, which is cut off when its time is over.
pub(crate) type Answer = Response<BodyUntil<Incoming>>;
pub(crate) type Answered = Result<Answer, Trouble>;
type Connection = SendRequest<Content>;

/// The server behind the proxy.
pub(crate) struct Upstream {
    args: Args,
    /// A guest is a request that the upstream has not finished. There are no more connections.
    requests: Crowd,
    /// The last that came goes first: those not needed grow old, and the upstream closes them.
    idle: RefCell<Vec<Connection>>,
    asked: Cell<usize>,
    connected: Cell<usize>,
}

impl Upstream {
    pub(crate) fn new(args: &Args) -> Self {
        let (args, requests) = (args.clone(), Crowd::new(args.requests));
        Self { args, requests, idle: RefCell::default(), asked: Cell::new(0), connected: Cell::new(0) }
    }

    /// Asks when it is this request's turn, first come, first served. Headers that
    /// are between two neighbours stay there, both ways.
    pub(crate) async fn ask(self: &Rc<Self>, mut head: Request<()>, body: Option<Content>) -> Answered {
        // `to_string`, unlike `as_str`, begins with the slash that `GET http://host?query` lacks.
        let path = head.uri().path_and_query().map_or("/".to_owned(), ToString::to_string);
        *head.uri_mut() = path.parse().expect("a path is a URI");
        *head.version_mut() = Version::HTTP_11;
        let host = self.args.upstream.authority().map_or("", |authority| authority.as_str());
        end_to_end(head.headers_mut());
        head.headers_mut().insert(HOST, HeaderValue::from_str(host).expect("an authority is ASCII"));
        let deadline = now() + self.args.limit;
        let full = |_| (StatusCode::SERVICE_UNAVAILABLE, Rc::from("too many wait for the upstream\n"));
        let turn = timeout_at(deadline, self.requests.enter()).await.map_err(full)?;
        let late = |_| (StatusCode::GATEWAY_TIMEOUT, Rc::from("the upstream takes too long\n"));
        let answered = timeout_at(deadline, self.ask_in_turn(turn, head, body)).await.map_err(late)?;
        let mut response = answered.map_err(|error| failed(&*error))?;
        end_to_end(response.headers_mut());
        Ok(response)
    }

    /// By an idle connection, or by a new one. The upstream may close an idle one just as it is
    /// used, and no proxy can know beforehand. What was not sent comes back; what was is sent
    /// again if that does no harm.
    async fn ask_in_turn(
        self: &Rc<Self>,
        turn: Guest,
        head: Request<()>,
        body: Option<Content>,
    ) -> Result<Answer, Failure> {
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
        // An IPv6 address has brackets around it in a URL.
        let host = self.args.upstream.host().unwrap_or_default().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.args.upstream.port_u16().unwrap_or(80))).await?;
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

    /// A task waits until the body has been read or is dropped, and drops it when its time is
    /// over. Then the connection is idle or closed, and the next request has its turn.
    fn at_work(self: &Rc<Self>, mut connection: Connection, turn: Guest, from: Response<Incoming>) -> Answer {
        let (upstream, answer) = (Rc::clone(self), from.map(BodyUntil::new));
        let end = answer.body().end();
        drop(spawn(async move {
            let _ = timeout(upstream.args.answer, connection.ready()).await.map_err(|_| end());
            if connection.ready().await.is_ok() {
                upstream.idle.borrow_mut().push(connection);
            }
            drop(turn);
        }));
        answer
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
