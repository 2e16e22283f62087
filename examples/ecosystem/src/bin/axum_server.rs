//! axum on shirr: a router, extractors, bodies both ways, and an end that loses no request
//! that it has accepted.
//!
//! `cargo run --release -p ecosystem --bin axum_server`, and then, say,
//! `curl http://127.0.0.1:8080/hello/you`. axum without its feature `tokio` is a router alone, a
//! service of the crate tower. hyper-util makes one of hyper's of it, and hyper reads and writes
//! shirr's streams. No runtime of tokio's is there. Start reading at `routes`.
//!
//! axum asks that a handler's future is `Send`, although one thread runs all of them. A handler
//! may hold a sleep; a stream, a task's handle or an `Rc` stays in a task of its own, and the
//! handler asks that by a channel. `/places` shows it.

use async_channel::{Receiver, Sender};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use clap::Parser;
use ecosystem::{CONNECTIONS, Crowd, CtrlC, Failure, Guest, WriteLimit};
use ecosystem::{connections, exit_code, limit, seconds, serve_until_ctrl_c, with_causes};
use futures_util::{StreamExt, stream};
use hyper::server::conn::http1;
use hyper_util::service::TowerToHyperService;
use shirr::interop::hyper::Timer;
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{sleep, timeout};
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

/// Serves an axum router until Ctrl-C or SIGTERM.
///
/// GET /hello/NAME greets, /count/N streams N lines, /slow/MS takes so many milliseconds,
/// /places says how many places are taken, the next client's among them. A POST to /sum adds
/// up the numbers in its body.
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

    /// How long a client may keep the server waiting, for a head or with an answer unread
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    limit: Duration,
}

/// A question to the task that has the crowd: how many places are taken?
type Question = Sender<usize>;

fn routes(questions: Sender<Question>) -> Router {
    Router::new()
        .route("/hello/{name}", get(|Path(name): Path<String>| async move { format!("Hello, {name}!\n") }))
        .route("/count/{n}", get(count))
        .route("/slow/{ms}", get(slow))
        .route("/sum", post(sum))
        .route("/places", get(places))
        .layer(DefaultBodyLimit::max(1 << 20))
        .with_state(questions)
}

/// A body that is made while it is sent: a line is asked for when there is room to write it.
async fn count(Path(n): Path<u64>) -> Body {
    Body::from_stream(stream::iter(1..=n).map(|i| Ok::<_, Infallible>(Bytes::from(format!("{i}\n")))))
}

async fn slow(Path(ms): Path<u64>) -> String {
    sleep(Duration::from_millis(ms)).await;
    format!("{ms} ms later\n")
}

/// The extractor `String` takes the whole body, up to the limit of [`routes`], and answers by
/// itself when it is longer or no UTF-8.
async fn sum(body: String) -> Result<String, (StatusCode, String)> {
    let numbers: Result<Vec<i32>, _> = body.split_whitespace().map(str::parse).collect();
    let numbers = numbers.map_err(|error| (StatusCode::BAD_REQUEST, format!("a number: {error}\n")))?;
    Ok(format!("{}\n", numbers.into_iter().map(i64::from).sum::<i64>()))
}

async fn places(State(questions): State<Sender<Question>>) -> Result<String, StatusCode> {
    let gone = StatusCode::SERVICE_UNAVAILABLE;
    let (question, answer) = async_channel::bounded(1);
    questions.send(question).await.map_err(|_| gone)?;
    answer.recv().await.map(|number| format!("{number}\n")).map_err(|_| gone)
}

/// Answers for the handlers, which may not hold an `Rc`.
async fn tell(questions: Receiver<Question>, crowd: Rc<Crowd>) {
    while let Ok(question) = questions.recv().await {
        let _ = question.try_send(crowd.size()); // the handler may be gone by now
    }
}

/// One client, for as many requests as it has.
async fn converse(client: TcpStream, stop: CtrlC, routes: Router, limit: Duration, _guest: Guest) {
    let _ = client.set_nodelay(true); // if the client is gone by now, hyper will say so
    let mut http = http1::Builder::new();
    http.timer(Timer).header_read_timeout(limit).half_close(true);
    let connection = http.serve_connection(WriteLimit::new(client, limit), TowerToHyperService::new(routes));
    if let Err(error) = serve_until_ctrl_c(connection, stop).await {
        eprintln!("a connection ended early: {}", with_causes(&error));
    }
}

/// Accepts until Ctrl-C; the listener closes with the return.
async fn accept(
    listener: TcpListener,
    stop: &CtrlC,
    limit: Duration,
    crowd: &Rc<Crowd>,
) -> Result<(), Failure> {
    let (questions, asked) = async_channel::bounded(1);
    let _answering = shirr::spawn(tell(asked, Rc::clone(crowd)));
    let routes = routes(questions);
    let mut clients = pin!(crowd.admit(&listener, stop.clone().pressed()));
    while let Some(client) = clients.next().await {
        let (client, guest) = client?;
        drop(shirr::spawn(converse(client, stop.clone(), routes.clone(), limit, guest)));
    }
    Ok(())
}

async fn serve(args: Args) -> Result<(), Failure> {
    let (stop, crowd) = (CtrlC::handled()?, Rc::new(Crowd::new(args.connections)));
    let listener = TcpListener::bind(args.listen).await?;
    println!("listening on http://{}/", listener.local_addr()?);
    accept(listener, &stop, args.limit, &crowd).await?;
    // No `println!` from here: on a closed stdout it would panic, and cut off all.
    let _ = writeln!(io::stdout(), "Ctrl-C: open connections: {}; again to end at once", crowd.size());
    let late = |_| format!("requests were still running after {:?}", args.grace);
    timeout(args.grace, crowd.gone()).await.map_err(late)?;
    let _ = writeln!(io::stdout(), "all requests finished");
    Ok(())
}

fn main() -> ExitCode {
    exit_code("axum_server", shirr::block_on(serve(Args::parse())))
}
