//! PostgreSQL on shirr: queries of a gather, on one connection, under way at the same time.
//!
//! `cargo run --release -p ecosystem --bin postgres -- 'host=/run/postgresql user=me'`, or any
//! other connection string of libpq's. tokio-postgres without its feature `runtime` opens no
//! connection: `connect_raw` takes a stream, and shirr's is one by the feature `futures` and
//! `compat()` of tokio-util. The task that `connect` spawns moves the bytes. A query is sent when
//! its future is polled first, whatever others wait for; so a gather's are sent together, and the
//! server never waits for us. Start reading at `at_once`.

use clap::Parser;
use ecosystem::{CtrlC, Failure, interruptible_exit_code, limit, unless_interrupted};
use shirr::gather;
use shirr::net::{TcpStream, UnixStream};
use shirr::time::timeout;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, Error, NoTls, Statement};
use tokio_util::compat::FuturesAsyncReadCompatExt;

/// Asks PostgreSQL for the squares of some numbers, all at once on one connection.
#[derive(Debug, Parser)]
struct Args {
    /// Where the server is and who asks: host=/run/postgresql user=me, or a URL postgres://…
    #[arg(value_name = "CONNECTION")]
    server: Config,

    /// How many queries
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    queries: u32,

    /// Ask for the next when the one before is answered, to see the difference
    #[arg(long)]
    one_by_one: bool,

    /// How long all of it may take
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = limit)]
    limit: Duration,
}

/// Connects where the first host says. The task ends with the connection, which ends when the
/// client is dropped; what goes wrong there is the error of each query.
async fn connect(server: &Config) -> Result<Client, Failure> {
    let port = server.get_ports().first().copied().unwrap_or(5432);
    match server.get_hosts().first().ok_or("the connection string names no host")? {
        Host::Tcp(name) => {
            let stream = TcpStream::connect((name.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            let (client, connection) = server.connect_raw(stream.compat(), NoTls).await?;
            drop(shirr::spawn(connection));
            Ok(client)
        }
        Host::Unix(folder) => {
            let stream = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?;
            let (client, connection) = server.connect_raw(stream.compat(), NoTls).await?;
            drop(shirr::spawn(connection));
            Ok(client)
        }
    }
}

async fn square(client: Rc<Client>, query: Statement, number: i64) -> Result<i64, Error> {
    Ok(client.query_one(&query, &[&format!("number {number}"), &number]).await?.get(0))
}

/// The answers in the order of the questions. One that fails is an error in its place.
async fn at_once(client: &Rc<Client>, query: &Statement, queries: u32) -> Vec<Result<i64, Error>> {
    let (client, query) = (Rc::clone(client), query.clone());
    gather((1..=i64::from(queries)).map(move |number| square(Rc::clone(&client), query.clone(), number)))
        .await
}

async fn one_by_one(client: &Rc<Client>, query: &Statement, queries: u32) -> Vec<Result<i64, Error>> {
    let mut squares = Vec::new();
    for number in 1..=i64::from(queries) {
        squares.push(square(Rc::clone(client), query.clone(), number).await);
    }
    squares
}

/// PostgreSQL says only "db error" by itself; the rest is in the cause.
fn fully(error: &Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

async fn ask(args: &Args) -> Result<(), Failure> {
    let client = Rc::new(connect(&args.server).await?);
    // The seventh fails, and no other.
    let query = "SELECT ($2::int8 * $2) / (CASE WHEN $2 = 7 THEN 0 ELSE 1 END) WHERE $1::text <> ''";
    let query = client.prepare(query).await?;
    let start = Instant::now();
    let squares = match args.one_by_one {
        true => one_by_one(&client, &query, args.queries).await,
        false => at_once(&client, &query, args.queries).await,
    };
    let took = start.elapsed();
    let how = if args.one_by_one { "one after another" } else { "at once on one connection" };
    println!("{} queries {how}: {:.3} s", args.queries, took.as_secs_f64());
    println!("sum: {}", squares.iter().flatten().sum::<i64>());
    for (number, error) in
        (1..).zip(&squares).filter_map(|(number, square)| Some((number, square.as_ref().err()?)))
    {
        println!("query {number} failed: {}", fully(error));
    }
    Ok(())
}

async fn run(args: Args) -> Result<(), Failure> {
    let late = |_| Err(format!("not done after {:?}", args.limit).into());
    let asked = async { timeout(args.limit, ask(&args)).await.unwrap_or_else(late) };
    unless_interrupted(CtrlC::handled()?, asked).await
}

fn main() -> ExitCode {
    interruptible_exit_code("postgres", shirr::block_on(run(Args::parse())))
}
