//! Redis on shirr: commands of a gather, on one connection, under way at the same time.
//!
//! `cargo run --release -p ecosystem --bin redis -- redis://127.0.0.1/`. The redis crate asks of
//! a stream that it is `Send`, which shirr's is not: it belongs to its runtime. `Local`, in
//! `src/local.rs`, gives it that by the crate send_wrapper, and panics if another thread comes
//! near, which none does: the task that moves the bytes is one of this thread. The crate's own
//! limits would ask for a runtime of tokio's, so they are off, and shirr's `timeout` is there.
//! Start reading at `at_once`.

use clap::Parser;
use ecosystem::{CtrlC, Failure, Local, interruptible_exit_code, limit, unless_interrupted};
use futures_util::io::{AsyncRead, AsyncWrite};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisResult, cmd};
use shirr::gather;
use shirr::net::{TcpStream, UnixStream};
use shirr::time::timeout;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio_util::compat::FuturesAsyncReadCompatExt;

/// Adds up numbers in Redis, all at once on one connection. The key shirr:sum is overwritten.
#[derive(Debug, Parser)]
struct Args {
    /// Where the server is: redis://127.0.0.1/ or redis+unix:///run/redis/redis.sock
    #[arg(value_name = "URL", value_parser = address)]
    server: ConnectionInfo,

    /// How many commands
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    commands: u32,

    /// Send the next when the one before is answered, to see the difference
    #[arg(long)]
    one_by_one: bool,

    /// How long all of it may take
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = limit)]
    limit: Duration,
}

fn address(text: &str) -> Result<ConnectionInfo, String> {
    text.into_connection_info().map_err(|error| error.to_string())
}

async fn connect(server: &ConnectionInfo) -> Result<MultiplexedConnection, Failure> {
    match server.addr() {
        ConnectionAddr::Tcp(host, port) => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            stream.set_nodelay(true)?;
            begin(server, stream).await
        }
        ConnectionAddr::Unix(path) => begin(server, UnixStream::connect(path).await?).await,
        other => Err(format!("{other}: only redis:// and redis+unix:// are done here").into()),
    }
}

/// The task ends with the connection, which ends when its last clone is dropped.
async fn begin(
    server: &ConnectionInfo,
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
) -> Result<MultiplexedConnection, Failure> {
    let (settings, config) =
        (server.redis_settings(), AsyncConnectionConfig::new().set_response_timeout(None));
    let stream = Local::new(stream).compat();
    let (connection, moving) = MultiplexedConnection::new_with_config(settings, stream, config).await?;
    drop(shirr::spawn(moving));
    Ok(connection)
}

/// Gives the sum so far. The seventh is no number, and fails.
async fn add(mut connection: MultiplexedConnection, number: u32) -> RedisResult<i64> {
    let number = if number == 7 { "seven".to_owned() } else { number.to_string() };
    cmd("INCRBY").arg("shirr:sum").arg(number).query_async(&mut connection).await
}

/// The answers in the order of the commands. One that fails is an error in its place.
async fn at_once(connection: &MultiplexedConnection, commands: u32) -> Vec<RedisResult<i64>> {
    let connection = connection.clone();
    gather((1..=commands).map(move |number| add(connection.clone(), number))).await
}

async fn one_by_one(connection: &MultiplexedConnection, commands: u32) -> Vec<RedisResult<i64>> {
    let mut sums = Vec::new();
    for number in 1..=commands {
        sums.push(add(connection.clone(), number).await);
    }
    sums
}

async fn ask(args: &Args) -> Result<(), Failure> {
    let mut connection = connect(&args.server).await?;
    cmd("DEL").arg("shirr:sum").exec_async(&mut connection).await?;
    let start = Instant::now();
    let sums = match args.one_by_one {
        true => one_by_one(&connection, args.commands).await,
        false => at_once(&connection, args.commands).await,
    };
    let took = start.elapsed();
    let how = if args.one_by_one { "one after another" } else { "at once on one connection" };
    println!("{} commands {how}: {:.3} s", args.commands, took.as_secs_f64());
    let rising = sums.iter().flatten().is_sorted();
    println!(
        "sum: {}, {}",
        sums.iter().flatten().max().unwrap_or(&0),
        if rising { "in order" } else { "mixed up" }
    );
    for (number, error) in (1..).zip(&sums).filter_map(|(number, sum)| Some((number, sum.as_ref().err()?))) {
        println!("command {number} failed: {error}");
    }
    Ok(())
}

async fn run(args: Args) -> Result<(), Failure> {
    let late = |_| Err(format!("not done after {:?}", args.limit).into());
    let asked = async { timeout(args.limit, ask(&args)).await.unwrap_or_else(late) };
    unless_interrupted(CtrlC::handled()?, asked).await
}

fn main() -> ExitCode {
    interruptible_exit_code("redis", shirr::block_on(run(Args::parse())))
}
