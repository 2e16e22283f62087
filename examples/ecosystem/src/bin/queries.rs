//! SQLite asked twelve things at once, through `unblock`.
//!
//! `cargo run --release -p ecosystem --bin queries` makes a table of orders in a temporary
//! file and asks for each month's figures: one month after another, then all at once. A call
//! to SQLite blocks until it has the answer; so each query runs on one of the runtime's
//! helper threads, while the loop stays free. Start reading at `month`.

use clap::Parser;
use indicatif::ProgressBar;
use rusqlite::{Connection, OpenFlags};
use shirr::{Runtime, try_gather, unblock};
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, process, thread};

/// Asks SQLite for the figures of twelve months, one after another, then all at once.
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

type Failure = Box<dyn Error>;

/// What one query gives.
#[derive(Debug, PartialEq)]
struct Month {
    orders: i64,
    customers: i64,
    cents: i64,
}

/// The database's file, which goes when this does.
#[derive(Debug)]
struct Database {
    path: PathBuf,
}

impl Database {
    fn create() -> Result<Self, Failure> {
        let path = env::temp_dir().join(format!("shirr-queries-{}.sqlite", process::id()));
        File::create_new(&path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path); // there is nobody to tell that it is left behind
    }
}

/// Fills the table with orders that look different and are the same in every run.
fn fill(path: &Path, rows: u32) -> rusqlite::Result<()> {
    let db = Connection::open(path)?;
    db.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, month INT, customer INT, cents INT)")?;
    let sql = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
        INSERT INTO orders SELECT n, n % 12 + 1, n * 7919 % 10007, n * 104729 % 25000 FROM numbers";
    db.execute(sql, [rows]).map(drop)
}

/// One query, on a connection of its own: connections are what SQLite lets run in parallel.
fn query(path: &Path, month: u32) -> rusqlite::Result<Month> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sql = "SELECT count(*), count(DISTINCT customer), sum(cents) FROM orders WHERE month = ?1";
    db.query_row(sql, [month], |row| {
        Ok(Month { orders: row.get(0)?, customers: row.get(1)?, cents: row.get(2)? })
    })
}

/// The same as a future. Two things can go wrong, hence two question marks: the closure may
/// panic, and the query may fail.
async fn month(path: PathBuf, month: u32) -> Result<Month, Failure> {
    Ok(unblock(move || query(&path, month)).await??)
}

async fn one_after_another(path: &Path) -> Result<Vec<Month>, Failure> {
    let mut months = Vec::new();
    for number in 1..=12 {
        months.push(month(path.into(), number).await?);
    }
    Ok(months)
}

async fn all_at_once(path: PathBuf) -> Result<Vec<Month>, Failure> {
    try_gather((1..=12).map(move |number| month(path.clone(), number))).await
}

/// Does something with a spinner beside it; gives its result and the time it took.
fn timed<T>(what: &'static str, f: impl FnOnce() -> Result<T, Failure>) -> Result<(T, Duration), Failure> {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(100));
    let start = Instant::now();
    let result = f();
    spinner.finish_and_clear();
    Ok((result?, start.elapsed()))
}

fn print(months: &[Month]) {
    println!("month   orders  customers         total");
    for (number, Month { orders, customers, cents }) in (1..).zip(months) {
        println!("{number:5} {orders:8} {customers:10} {:10}.{:02}", cents / 100, cents % 100);
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.map_or(processors, usize::from);
    let runtime = Runtime::builder().helper_threads(threads).build()?;
    let database = Database::create()?;
    let path = database.path.as_path();

    let ((), filled) = timed("filling the table", || Ok(fill(path, args.rows)?))?;
    println!("{} orders in {}, made in {:.3} s", args.rows, path.display(), filled.as_secs_f64());
    let (one_by_one, slow) = timed("one after another", || runtime.block_on(one_after_another(path)))?;
    println!("12 queries one after another: {:.3} s", slow.as_secs_f64());
    let (at_once, fast) = timed("all at once", || runtime.block_on(all_at_once(path.into())))?;
    println!("12 queries at once on {threads} threads: {:.3} s", fast.as_secs_f64());

    assert_eq!(one_by_one, at_once, "the same questions have the same answers");
    print(&at_once);
    Ok(())
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("queries: {error}");
            ExitCode::FAILURE
        }
    }
}
