//! hyper on shirr: a server of HTTP/1.1 that streams both ways and leaves no client hanging.
//!
//! `cargo run --release -p ecosystem --bin http_server`, and then, say,
//! `curl http://127.0.0.1:8080/count/3`. A shirr `TcpStream` goes into hyper as it is, and
//! nothing here is `Send`. Every wait for a client has a limit, as nginx has them by default;
//! `--help` lists them. Ctrl-C or SIGTERM stops accepting, lets what is in flight be finished,
//! and ends. Start reading at `converse`.

use clap::Parser;
use ecosystem::{BodyLimit, CONNECTIONS, Crowd, CtrlC, Failure, Guest, Stalled, WriteLimit};
use ecosystem::{connections, exit_code, limit, seconds, with_causes};
use futures_util::future::{Either, select};
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use shirr::interop::hyper::Timer;
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{sleep, timeout};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::time::Duration;

/// Serves HTTP/1.1 until Ctrl-C or SIGTERM.
///
/// GET / says hello, /count/N streams N lines, /slow/MS takes so many milliseconds. A POST to
/// /echo has its body sent back while it comes, one to /size is told how many bytes it has.
#[derive(Debug, Parser)]
struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// How many may be connected at the same time; those above wait until another leaves
    #[arg(long, value_name = "N", default_value_t = CONNECTIONS, value_parser = connections)]
    connections: usize,

    /// How long requests in flight may take to finish after Ctrl-C
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    grace: Duration,

    #[command(flatten)]
    limits: Limits,
}

/// What each wait for a client, and for a handler, may take.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Limits {
    /// How long the head of a request may take to come, from the connection's begin or from the
    /// answer before; then the connection is closed
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    head: Duration,

    /// How long the body of a request may stall; then the answer is a 408, or ends if it has begun
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    body: Duration,

    /// How long an answer may take to begin, from the end of the request's head; then it is a 503
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    answer: Duration,

    /// How long a client may leave unread what it is sent; then the connection is reset. It
    /// counts from when the system takes no more, which is after some megabytes
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    write: Duration,
}

/// Any body: known at once, made while it is sent, or the request's own.
type Answer = Pin<Box<dyn Body<Data = Bytes, Error = Failure>>>;

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Answer> {
    let body: Answer = Box::pin(Full::new(text.into()).map_err(|never| match never {}));
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

/// `1` to `n`, a line each. hyper asks for the next only when there is room to write it, so
/// a million lines are never in memory together.
fn count(n: u64) -> Answer {
    let lines = stream::iter(1..=n).map(|i| Ok(Frame::data(Bytes::from(format!("{i}\n")))));
    Box::pin(StreamBody::new(lines))
}

/// How many bytes a body has, of which no more than a frame is in memory.
async fn size(mut body: BodyLimit<Incoming>) -> Result<usize, Failure> {
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        size += frame?.data_ref().map_or(0, Bytes::len);
    }
    Ok(size)
}

async fn answer(request: Request<BodyLimit<Incoming>>) -> Result<Response<Answer>, Failure> {
    let path = request.uri().path().trim_start_matches('/');
    let (name, number) = path.split_once('/').unwrap_or((path, ""));
    Ok(match (name, number.parse()) {
        ("", _) => text(StatusCode::OK, "Hello from shirr!\n"),
        ("echo", _) => Response::new(Box::pin(request.into_body())),
        ("size", _) => text(StatusCode::OK, format!("{} bytes\n", size(request.into_body()).await?)),
        ("count", Ok(n)) => Response::new(count(n)),
        ("slow", Ok(ms)) => {
            sleep(Duration::from_millis(ms)).await;
            text(StatusCode::OK, format!("{ms} ms later\n"))
        }
        _ => text(StatusCode::NOT_FOUND, "Try /, /echo, /size, /count/10 or /slow/1000.\n"),
    })
}

/// An answer within the limits, or one that says which of them is over.
async fn answer_in_time(request: Request<Incoming>, limits: Limits) -> Result<Response<Answer>, Failure> {
    let request = request.map(|body| BodyLimit::new(body, limits.body));
    match timeout(limits.answer, answer(request)).await {
        Err(_) => Ok(text(StatusCode::SERVICE_UNAVAILABLE, "This takes too long.\n")),
        Ok(Err(error)) if error.is::<Stalled>() => {
            let mut late = text(StatusCode::REQUEST_TIMEOUT, format!("{error}\n"));
            late.headers_mut().insert(CONNECTION, HeaderValue::from_static("close")); // RFC 9110, 15.5.9
            Ok(late)
        }
        Ok(answered) => answered,
    }
}

/// One client, for as many requests as it has. hyper needs the timer for the limit of the head.
///
/// A client may close its end behind its last request, as `nc -N` does, and still reads the
/// answer. Told so, hyper does not look for that end while a handler is at work; it cannot tell
/// it from that of a client that is gone. The handler then works for nothing, until its answer
/// cannot be written or its limit is over.
async fn converse(client: TcpStream, stop: CtrlC, limits: Limits, _guest: Guest) {
    let _ = client.set_nodelay(true); // if the client is gone by now, hyper will say so
    let service = service_fn(|request| answer_in_time(request, limits));
    let mut http = http1::Builder::new();
    http.timer(Timer).header_read_timeout(limits.head).half_close(true);
    let mut connection = pin!(http.serve_connection(WriteLimit::new(client, limits.write), service));
    let ended = match select(connection.as_mut(), pin!(stop.pressed())).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            connection.as_mut().graceful_shutdown(); // the request in flight is the last
            connection.await
        }
    };
    if let Err(error) = ended {
        eprintln!("a connection ended early: {}", with_causes(&error));
    }
}

/// Accepts until Ctrl-C; the listener closes with the return.
async fn accept(listener: TcpListener, stop: &CtrlC, limits: Limits, crowd: &Crowd) -> Result<(), Failure> {
    let mut clients = pin!(crowd.admit(&listener, stop.clone().pressed()));
    while let Some(client) = clients.next().await {
        let (client, guest) = client?;
        drop(shirr::spawn(converse(client, stop.clone(), limits, guest)));
    }
    Ok(())
}

async fn serve(args: Args) -> Result<(), Failure> {
    let (stop, crowd) = (CtrlC::handled()?, Crowd::new(args.connections));
    let listener = TcpListener::bind(args.listen).await?;
    println!("listening on http://{}/", listener.local_addr()?);
    accept(listener, &stop, args.limits, &crowd).await?;
    // No `println!` from here: on a closed stdout it would panic, and cut off all.
    let _ = writeln!(io::stdout(), "stopping: open connections: {}; again to end at once", crowd.size());
    let late = |_| format!("requests were still running after {:?}", args.grace);
    timeout(args.grace, crowd.gone()).await.map_err(late)?;
    let _ = writeln!(io::stdout(), "all requests finished");
    Ok(())
}

fn main() -> ExitCode {
    exit_code("http_server", shirr::block_on(serve(Args::parse())))
}
