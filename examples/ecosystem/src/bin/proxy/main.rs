//! A caching reverse proxy on hyper, as one would write it to use it.
//!
//! `cargo run --release -p ecosystem --bin proxy -- http://127.0.0.1:8080` stands before one
//! server, the upstream. It keeps answers that say how long they are fresh, gives an old one
//! when the upstream fails, asks once for many that want the same, keeps connections, and asks
//! no more at a time than the upstream is to bear. `/-/metrics` says how it goes. Ctrl-C and
//! SIGTERM end it when what is in flight is finished. Start reading at `Proxy::answer`.

mod answer;
mod cache;
mod upstream;

use answer::Proxy;
use clap::Parser;
use ecosystem::{CONNECTIONS, Crowd, CtrlC, Failure, Guest, WriteLimit};
use ecosystem::{connections, exit_code, limit, seconds, serve_until_ctrl_c, url, with_causes};
use futures_util::StreamExt;
use hyper::Uri;
use hyper::body::{Body, Bytes};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use shirr::interop::hyper::Timer;
use shirr::net::{TcpListener, TcpStream};
use shirr::time::timeout;
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

/// Any body, of a request or of an answer.
type Content = Pin<Box<dyn Body<Data = Bytes, Error = Failure>>>;

/// Answers for a server, from memory where it can, until Ctrl-C or SIGTERM.
///
/// An answer is kept, up to 1 MiB of it and 64 MiB of all, if its Cache-Control has a max-age;
/// a header x-cache says what became of a request. GET /-/metrics is answered by the proxy.
#[derive(Clone, Debug, Parser)]
struct Args {
    /// The server to stand before, as http://HOST:PORT
    #[arg(value_name = "URL", value_parser = server)]
    upstream: Uri,

    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,

    /// How many requests the upstream is asked at the same time; those above wait
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = connections)]
    requests: usize,

    /// How long after its time an answer is given if the upstream fails
    #[arg(long, value_name = "SECONDS", default_value = "3600", value_parser = limit)]
    stale: Duration,

    /// How long a request may wait for an answer to begin, and anyone to send or read more of one
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    limit: Duration,

    /// How long a client may take over an answer of the upstream's; then it is cut off
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = limit)]
    answer: Duration,

    /// How long requests in flight may take to finish after Ctrl-C
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    grace: Duration,
}

fn server(text: &str) -> Result<Uri, String> {
    let url = url("http", text)?;
    if url.path() == "/" && url.query().is_none() { Ok(url) } else { Err("give no path".to_owned()) }
}

/// One client, for as many requests as it has. hyper drops the answer to a client that is gone.
async fn converse(client: TcpStream, stop: CtrlC, proxy: Rc<Proxy>, _guest: Guest) {
    let _ = client.set_nodelay(true); // if the client is gone by now, hyper will say so
    let limit = proxy.args.limit;
    let service = service_fn(|request| {
        let proxy = Rc::clone(&proxy);
        async move { Ok::<_, Infallible>(proxy.answer(request).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(Timer).header_read_timeout(limit);
    let connection = http.serve_connection(WriteLimit::new(client, limit), service);
    if let Err(error) = serve_until_ctrl_c(connection, stop).await {
        eprintln!("a client's connection ended early: {}", with_causes(&error));
    }
}

async fn serve(args: Args) -> Result<(), Failure> {
    let (stop, crowd, grace) = (CtrlC::handled()?, Crowd::new(CONNECTIONS), args.grace);
    let listener = TcpListener::bind(args.listen).await?;
    println!("listening on http://{}/", listener.local_addr()?);
    accept(listener, &stop, Rc::new(Proxy::new(args)), &crowd).await?;
    // No `println!` from here: on a closed stdout it would panic, and cut off all.
    let _ = writeln!(io::stdout(), "ending: open connections: {}", crowd.size());
    timeout(grace, crowd.gone()).await.map_err(|_| format!("requests were still running after {grace:?}"))?;
    let _ = writeln!(io::stdout(), "all requests finished");
    Ok(())
}

/// Accepts until Ctrl-C; the listener closes with the return.
async fn accept(listener: TcpListener, stop: &CtrlC, proxy: Rc<Proxy>, crowd: &Crowd) -> Result<(), Failure> {
    let mut clients = pin!(crowd.admit(&listener, stop.clone().pressed()));
    while let Some(client) = clients.next().await {
        let (client, guest) = client?;
        drop(shirr::spawn(converse(client, stop.clone(), Rc::clone(&proxy), guest)));
    }
    Ok(())
}

fn main() -> ExitCode {
    exit_code("proxy", shirr::block_on(serve(Args::parse())))
}
