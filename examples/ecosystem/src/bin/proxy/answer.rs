//! What becomes of a request: an answer from memory, one that others wait for too, or the
//! upstream's as it comes.

use crate::cache::{Cache, Kept};
use crate::upstream::{self, Answered, Trouble, Upstream, failed};
use crate::{Args, Content};
use ecosystem::{BodyLimit, Failure};
use futures_util::future::{FutureExt, LocalBoxFuture, Shared, WeakShared};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::rc::Rc;

/// The largest body that is kept; its length has to be known beforehand.
const LARGEST: u64 = 1 << 20;

/// What a fetch has come to, for all clients that wait for it.
#[derive(Clone)]
enum Fetched {
    Kept(Rc<Kept>),
    /// It may not be kept: the first has this answer, the others ask for one of their own.
    Passed(StatusCode, Rc<Cell<Option<upstream::Answer>>>),
}

type Fetch = LocalBoxFuture<'static, Result<Fetched, Trouble>>;
type Answer = (&'static str, Response<Content>);

/// What all clients share; one thread has it, so nothing is locked.
pub(crate) struct Proxy {
    pub(crate) args: Args,
    upstream: Rc<Upstream>,
    cache: RefCell<Cache>,
    /// Those under way. Weak: a fetch ends with the last client that waits for it.
    fetches: RefCell<HashMap<Rc<str>, WeakShared<Fetch>>>,
    /// How many answers there were of each kind.
    counts: RefCell<BTreeMap<&'static str, u64>>,
}

impl Proxy {
    pub(crate) fn new(args: Args) -> Self {
        let (upstream, cache) = (Rc::new(Upstream::new(&args)), Cache::new(64 << 20).into());
        Self { args, upstream, cache, fetches: RefCell::default(), counts: RefCell::default() }
    }

    pub(crate) async fn answer(self: Rc<Self>, request: Request<Incoming>) -> Response<Content> {
        if request.uri().path() == "/-/metrics" {
            return text(StatusCode::OK, &self.metrics());
        }
        let (head, body) = request.into_parts();
        let (head, bare) = (Request::from_parts(head, ()), body.is_end_stream());
        let (how, mut answer) = match key(&head).filter(|_| bare) {
            Some(key) => self.from_memory(key, head).await,
            None => self.relay(self.upstream.ask(head, (!bare).then(|| self.limited(body))).await),
        };
        *self.counts.borrow_mut().entry(how).or_default() += 1;
        answer.headers_mut().insert("x-cache", HeaderValue::from_static(how));
        answer
    }

    /// An answer that is kept, or may be when it has come.
    async fn from_memory(self: &Rc<Self>, key: Rc<str>, head: Request<()>) -> Answer {
        let kept = self.cache.borrow_mut().get(&key);
        if let Some(fresh) = kept.as_ref().filter(|kept| kept.is_fresh()) {
            return ("hit", fresh.answer());
        }
        let fetched = self.fetch(key, head.clone()).await;
        let failed = match &fetched {
            Ok(Fetched::Passed(status, _)) => status.is_server_error(),
            other => other.is_err(),
        };
        if let Some(stale) = kept.filter(|kept| failed && kept.helps_out()) {
            return ("stale", stale.answer());
        }
        match fetched {
            Err(trouble) => self.relay(Err(trouble)),
            Ok(Fetched::Kept(kept)) => ("miss", kept.answer()),
            Ok(Fetched::Passed(_, first)) => match first.take() {
                Some(response) => self.relay(Ok(response)),
                None => self.relay(self.upstream.ask(head, None).await),
            },
        }
    }

    /// Joins the fetch under way for this key, or begins one.
    fn fetch(self: &Rc<Self>, key: Rc<str>, head: Request<()>) -> Shared<Fetch> {
        let mut fetches = self.fetches.borrow_mut();
        if let Some(under_way) = fetches.get(&key).and_then(WeakShared::upgrade) {
            return under_way;
        }
        fetches.retain(|_, fetch| fetch.upgrade().is_some());
        let fetch = Rc::clone(self).fetch_alone(Rc::clone(&key), head).boxed_local().shared();
        fetches.extend(fetch.downgrade().map(|weak| (key, weak)));
        fetch
    }

    async fn fetch_alone(self: Rc<Self>, key: Rc<str>, head: Request<()>) -> Result<Fetched, Trouble> {
        let response = self.upstream.ask(head, None).await?;
        let small = response.body().size_hint().upper().is_some_and(|len| len <= LARGEST);
        let Some(times) = Kept::times(&response, self.args.stale).filter(|_| small) else {
            return Ok(Fetched::Passed(response.status(), Rc::new(Cell::new(Some(response)))));
        };
        let (head, body) = response.into_parts();
        let body = self.limited(body).collect().await.map_err(|error| failed(&*error))?;
        let kept = Rc::new(Kept::new(Response::from_parts(head, body.to_bytes()), times));
        self.cache.borrow_mut().put(key, Rc::clone(&kept));
        Ok(Fetched::Kept(kept))
    }

    /// The upstream's own answer, of which nothing is kept.
    fn relay(&self, answered: Answered) -> Answer {
        match answered {
            Ok(response) => ("pass", response.map(|body| self.limited(body))),
            Err((status, why)) => ("failed", text(status, &why)),
        }
    }

    fn limited(&self, body: impl Body<Data = Bytes, Error: Into<Failure>> + Unpin + 'static) -> Content {
        Box::pin(BodyLimit::new(body, self.args.limit))
    }

    /// In the text format of Prometheus.
    fn metrics(&self) -> String {
        let (mut page, cached) = (String::new(), self.cache.borrow().metrics());
        for (how, number) in &*self.counts.borrow() {
            let _ = writeln!(page, "proxy_answers_total{{cache=\"{how}\"}} {number}");
        }
        for (name, number) in cached.into_iter().chain(self.upstream.metrics()) {
            let _ = writeln!(page, "proxy_{name} {number}");
        }
        page
    }
}

/// What an answer is kept under, if anybody could have made this request.
fn key(head: &Request<()>) -> Option<Rc<str>> {
    let own = |name: &str| name.starts_with("if-") || ["authorization", "cookie", "range"].contains(&name);
    let anyones = *head.method() == Method::GET && !head.headers().keys().any(|name| own(name.as_str()));
    head.uri().path_and_query().filter(|_| anyones).map(|path| path.to_string().into())
}

/// Removes what is between two neighbours only: RFC 9110, 7.6.1.
pub(crate) fn end_to_end(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok());
    let known = ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];
    for name in named.chain(known.map(HeaderName::from_static)).collect::<Vec<_>>() {
        headers.remove(name);
    }
}

/// A body that is in memory.
pub(crate) fn whole(bytes: Bytes) -> Content {
    Box::pin(Full::new(bytes).map_err(|never| match never {}))
}

fn text(status: StatusCode, text: &str) -> Response<Content> {
    let mut response = Response::new(whole(text.to_owned().into()));
    *response.status_mut() = status;
    response
}
