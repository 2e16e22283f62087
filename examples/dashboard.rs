//! One page from five services at once: one of them fails, one does not answer in time, and
//! the page comes all the same, with what is there.
//!
//! `cargo run --example dashboard` needs no network: it starts the services itself. Start
//! reading at `load_page`; `asyncio.wait_for` around `asyncio.gather` would lose all five.

#[path = "support/web.rs"]
mod web;

use clap::Parser;
use shirr::{JoinError, gather};
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};
use web::error::{Error, Kind};
use web::server::{Answer, Server};
use web::session::ClientSession;
use web::url::Url;

/// Loads one page from five services at once, with whatever comes in time.
#[derive(Debug, Parser)]
struct Args {
    /// How long the page may wait for its services
    #[arg(long, value_name = "MS", default_value_t = 500)]
    within_ms: u64,
}

const SERVICES: [&str; 5] = ["profile", "orders", "weather", "messages", "recommendations"];

/// The other side: what each service says, and after how long.
fn service(path: &str) -> Answer {
    let (ms, status, body) = match path {
        "/profile" => (50, "200 OK", "Ada Lovelace, London"),
        "/orders" => (200, "200 OK", "2 on their way, 17 delivered"),
        "/weather" => (100, "503 Service Unavailable", ""),
        "/messages" => (150, "200 OK", "3 unread"),
        "/recommendations" => (60_000, "200 OK", "it would have been a good book"),
        _ => (0, "404 Not Found", ""),
    };
    Answer { after: Duration::from_millis(ms), status, body: body.into() }
}

/// What one service has to say for the page.
async fn ask(session: Rc<ClientSession>, url: Url) -> Result<String, Error> {
    let response = session.get(&url).await?;
    if response.status != 200 {
        return Err(Error::new(Kind::Other, format!("the service answered with status {}", response.status)));
    }
    // A terminal would obey a service's control characters, so a page takes none.
    let text = String::from_utf8(response.body).ok().filter(|text| !text.contains(char::is_control));
    text.ok_or_else(|| Error::malformed("the answer is not a line of text"))
}

/// What came of one child: its own result, or none since it was cancelled (or panicked).
type Slot = Result<Result<String, Error>, JoinError>;

/// Asks all services at once; after `time`, a request without an answer is dropped, and its
/// connection closed.
async fn load_page(services: SocketAddr, time: Duration) -> Vec<Slot> {
    // The page's patience is what counts here, so a single request's may be longer.
    let session = Rc::new(ClientSession::new(0, Duration::from_secs(60)));
    let requests = SERVICES.map(|name| {
        let url = format!("http://{services}/{name}").parse().expect("the name fits in a URL");
        ask(Rc::clone(&session), url)
    });
    gather(requests).settled().within(time).await
}

fn print_page(slots: &[Slot]) {
    for (name, slot) in SERVICES.iter().zip(slots) {
        match slot {
            Ok(Ok(text)) => println!("  {name:16} {text}"),
            Ok(Err(error)) => println!("  {name:16} (not available: {error})"),
            Err(error) if error.is_cancelled() => println!("  {name:16} (not in time)"),
            Err(error) => println!("  {name:16} (a bug: {error})"),
        }
    }
}

fn run(args: &Args) -> io::Result<()> {
    let services = Server::start(service)?;
    let start = Instant::now();
    let page = shirr::block_on(load_page(services.addr(), Duration::from_millis(args.within_ms)));
    println!("the page after {:.2} s:", start.elapsed().as_secs_f64());
    print_page(&page);
    Ok(())
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dashboard: cannot start its services: {error}");
            ExitCode::FAILURE
        }
    }
}
