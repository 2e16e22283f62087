//! SQLite asked twelve things at once, through `unblock`.
//!
//! `cargo run --release -p ecosystem --bin queries` makes a table of orders in a temporary
//! file and asks for each month's figures: one month after another, then all at once. A call
//! to SQLite blocks until it has the answer; so each query runs on one of the runtime's
//! helper threads, while the loop stays free and hears of Ctrl-C. Start reading at `month`.

use async_channel::{Receiver, Sender};
use clap::Parser;
use ecosystem::{CtrlC, Failure, interruptible_exit_code, unless_interrupted};
use indicatif::{ProgressBar, ProgressFinish};
use rusqlite::{Connection, OpenFlags};
use shirr::{Runtime, try_gather, unblock};
use std::convert::Infallible;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{env, io, thread};
use tempfile::TempDir;

/// Asks SQLite for the figures of twelve months, one after another, then all at once.
///
/// The table is in a temporary folder, shirr-queries-…, which is removed at the end, also
/// on Ctrl-C; the exit status is 130 then. It stays behind when the program is killed.
#[derive(Debug, Parser)]
struct Args {
    /// How many orders the table has
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(12..=100_000_000))]
    rows: u32,

    /// How many queries may run at the same time [default: one a processor]
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: Option<u16>,
}

/// What one query gives.
#[derive(Debug, PartialEq)]
struct Month {
    orders: i64,
    customers: i64,
    cents: i64,
}

/// The database, in a folder of its own, where SQLite may put a journal beside it.
#[derive(Debug)]
struct Database {
    folder: TempDir,
    stopped: Arc<AtomicBool>,
    /// Each access has a clone, so the channel is closed when all have ended.
    at_work: Sender<Infallible>,
    ended: Receiver<Infallible>,
}

/// What a helper thread has of it, while it is at work.
#[derive(Debug)]
struct Access {
    path: PathBuf,
    stopped: Arc<AtomicBool>,
    _at_work: Sender<Infallible>,
}

impl Database {
    fn create() -> Result<Self, Failure> {
        let folder = env::temp_dir();
        let made = tempfile::Builder::new().prefix("shirr-queries-").tempdir_in(&folder);
        let folder =
            made.map_err(|error| format!("cannot make a folder in {}: {error}", folder.display()))?;
        let (at_work, ended) = async_channel::bounded(1);
        Ok(Self { folder, stopped: Arc::default(), at_work, ended })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("orders.sqlite")
    }

    fn access(&self) -> Access {
        let (stopped, at_work) = (Arc::clone(&self.stopped), self.at_work.clone());
        Access { path: self.path(), stopped, _at_work: at_work }
    }

    /// Removes the files. A query that was given up runs on, for no thread can be stopped from
    /// outside; so SQLite is told to end it, since not every system removes an open file.
    async fn close(self) -> io::Result<()> {
        self.stopped.store(true, Relaxed);
        drop(self.at_work);
        let _ = self.ended.recv().await; // nothing is ever sent: an end is all there can be
        self.folder.close()
    }
}

impl Access {
    /// A connection that asks now and then whether it is to stop.
    fn open(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let db = Connection::open_with_flags(&self.path, flags)?;
        let stopped = Arc::clone(&self.stopped);
        db.progress_handler(10_000, Some(move || stopped.load(Relaxed)))?;
        Ok(db)
    }
}

/// Fills the table with orders that look different and are the same in every run.
fn fill(access: &Access, rows: u32) -> rusqlite::Result<()> {
    let db = access.open(OpenFlags::default())?;
    db.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, month INT, customer INT, cents INT)")?;
    let sql = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
        INSERT INTO orders SELECT n, n % 12 + 1, n * 7919 % 10007, n * 104729 % 25000 FROM numbers";
    db.execute(sql, [rows]).map(drop)
}

/// One query, on a connection of its own: connections are what SQLite lets run in parallel.
fn query(access: &Access, month: u32) -> rusqlite::Result<Month> {
    let db = access.open(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sql = "SELECT count(*), count(DISTINCT customer), sum(cents) FROM orders WHERE month = ?1";
    db.query_row(sql, [month], |row| {
        Ok(Month { orders: row.get(0)?, customers: row.get(1)?, cents: row.get(2)? })
    })
}

/// The same as a future. Two things can go wrong, hence two question marks: the closure may
/// panic, and the query may fail.
async fn month(access: Access, month: u32) -> Result<Month, Failure> {
    Ok(unblock(move || query(&access, month)).await??)
}

async fn one_after_another(database: &Database) -> Result<Vec<Month>, Failure> {
    let mut months = Vec::new();
    for number in 1..=12 {
        months.push(month(database.access(), number).await?);
    }
    Ok(months)
}

async fn all_at_once(database: &Database) -> Result<Vec<Month>, Failure> {
    let months: Vec<_> = (1..=12).map(|number| month(database.access(), number)).collect();
    try_gather(months).await
}

/// Awaits something with a spinner beside it; gives its result and the time it took.
async fn timed<T>(
    what: &'static str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<(T, Duration), Failure> {
    let spinner = ProgressBar::new_spinner().with_message(what).with_finish(ProgressFinish::AndClear);
    spinner.enable_steady_tick(Duration::from_millis(100));
    let start = Instant::now();
    Ok((work.await?, start.elapsed()))
}

fn print(months: &[Month]) {
    println!("month   orders  customers         total");
    for (number, Month { orders, customers, cents }) in (1..).zip(months) {
        println!("{number:5} {orders:8} {customers:10} {:10}.{:02}", cents / 100, cents % 100);
    }
}

async fn compare(database: &Database, rows: u32, threads: usize) -> Result<(), Failure> {
    let access = database.access();
    let filling = async { Ok(unblock(move || fill(&access, rows)).await??) };
    let ((), filled) = timed("filling the table", filling).await?;
    println!("{rows} orders in {}, made in {:.3} s", database.path().display(), filled.as_secs_f64());
    let (one_by_one, slow) = timed("one after another", one_after_another(database)).await?;
    println!("12 queries one after another: {:.3} s", slow.as_secs_f64());
    let (at_once, fast) = timed("all at once", all_at_once(database)).await?;
    println!("12 queries at once on {threads} threads: {:.3} s", fast.as_secs_f64());

    assert_eq!(one_by_one, at_once, "the same questions have the same answers");
    print(&at_once);
    Ok(())
}

/// The database is closed in any case, and only then is it told how the rest went.
async fn run(rows: u32, threads: usize) -> Result<(), Failure> {
    let ctrl_c = CtrlC::handled()?;
    let database = Database::create()?;
    let compared = unless_interrupted(ctrl_c, compare(&database, rows, threads)).await;
    database.close().await?;
    compared
}

fn main() -> ExitCode {
    let args = Args::parse();
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.map_or(processors, usize::from);
    let runtime = Runtime::builder().helper_threads(threads).build().map_err(Failure::from);
    let result = runtime.and_then(|runtime| runtime.block_on(run(args.rows, threads)));
    interruptible_exit_code("queries", result)
}
