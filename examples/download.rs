//! Many files at once into a folder, a few at a time; run again, only what is missing.
//!
//! `cargo run --example download` starts a server of its own and downloads its files. Try
//! it twice, or damage a file in between: each is checked against a list of sizes and
//! checksums. Start reading at `download`; `support/depot.rs` has the list and the server.
//!
//! A file gets its name when it is whole and on the disk, not before: `support/whole_file.rs`
//! writes it beside its place and renames it. Whatever stops the program, a file under its
//! final name is a good one.

#[path = "support/depot.rs"]
mod depot;
#[path = "support/web.rs"]
mod web;
#[path = "support/whole_file.rs"]
mod whole_file;

use clap::Parser;
use depot::{Entry, LIST, parse_list};
use indicatif::ProgressBar;
use shirr::{as_completed, unblock};
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};
use web::session::ClientSession;
use web::url::Url;

/// Downloads many files at once into a folder; run again, only those that are missing or
/// damaged.
///
/// The list, files.txt, has a line for each file, CRC-32 SIZE NAME, and at most 100,000 of
/// them. A file has 64 MiB at most, and a name of ASCII letters, digits, '.', '_' and '-'
/// that every system takes; two names differ in more than case. A list that has anything else
/// is refused before a file is fetched.
///
/// What has a file's name is replaced if it is a file or a link to one, and never if it is
/// anything else. A run that is ended early, by Ctrl-C too, may leave temporary files behind,
/// whose names begin with .part-: delete them when no run is under way.
///
/// The exit status is 0 when all files are there, 1 when any is not.
#[derive(Debug, Parser)]
struct Args {
    /// Where to put the files; it is made if it does not exist
    #[arg(long, value_name = "FOLDER", default_value = "target/download")]
    folder: PathBuf,

    /// How many files to download at a time
    #[arg(long, value_name = "N", default_value_t = 8)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,

    /// Where the files and their list, files.txt, are: http://host[:port]/path [default: a
    /// server of its own]
    #[arg(long)]
    url: Option<Url>,

    /// How many files the own server has
    #[arg(long, value_name = "N", default_value_t = 60, conflicts_with = "url")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    files: u32,

    /// How long the own server takes for each
    #[arg(long, value_name = "MS", default_value_t = 200, conflicts_with = "url")]
    delay_ms: u64,
}

/// What went wrong with one file, or with the whole.
type Failure = Box<dyn Error>;

/// What was done about one file.
enum Outcome {
    Downloaded,
    /// It was there already.
    Kept,
}

/// Where the files come from and where they go.
struct Transfer {
    session: ClientSession,
    /// The URL of the server's folder, without a slash at its end.
    from: String,
    to: PathBuf,
}

impl Transfer {
    /// Sees to it that one file is in the folder. A file is in memory until it is checked.
    async fn fetch(self: Rc<Self>, entry: Rc<Entry>) -> Result<Outcome, Failure> {
        let path = self.to.join(&entry.name);
        let (there, wanted) = (path.clone(), Entry::clone(&entry));
        if unblock(move || is_whole(&there, &wanted)).await?? {
            return Ok(Outcome::Kept);
        }
        let content = self.get(&entry.name).await?;
        entry.check(&content)?;
        unblock(move || whole_file::write(&path, &content)).await??;
        Ok(Outcome::Downloaded)
    }

    async fn get(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let response = self.session.get(&format!("{}/{name}", self.from).parse()?).await?;
        match response.status {
            200 => Ok(response.body),
            status => Err(format!("the server answered with status {status}").into()),
        }
    }

    async fn list(&self) -> Result<Vec<Entry>, Failure> {
        let list = self.get(LIST).await?;
        let list = String::from_utf8(list).map_err(|_| "the list is not text in UTF-8")?;
        Ok(parse_list(&list)?)
    }
}

/// Whether the file is there and is the one that the list means.
///
/// # Errors
/// When a folder has its name, or a pipe or the like, whose reading might never end.
fn is_whole(path: &Path, wanted: &Entry) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => {
            Err(io::Error::other("what has this name is not a file; move it away"))
        }
        Ok(there) if there.len() == wanted.size => Ok(wanted.check(&fs::read(path)?).is_ok()),
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// How many files were downloaded, were there already, and failed.
#[derive(Default)]
struct Summary {
    downloaded: usize,
    kept: usize,
    failed: usize,
}

async fn download(limit: usize, transfer: Transfer) -> Result<Summary, Failure> {
    let transfer = Rc::new(transfer);
    let list = transfer.list().await;
    let list = list.map_err(|error| format!("no list at {}/{LIST}: {error}", transfer.from))?;
    let list: Vec<_> = list.into_iter().map(Rc::new).collect();

    let bar = ProgressBar::new(list.len() as u64);
    let fetches = list.clone().into_iter().map(move |entry| Rc::clone(&transfer).fetch(entry));
    let mut outcomes = as_completed(fetches).limit(limit);
    let mut summary = Summary::default();
    while let Some((position, outcome)) = outcomes.next().await {
        bar.inc(1);
        match outcome {
            Ok(Outcome::Downloaded) => summary.downloaded += 1,
            Ok(Outcome::Kept) => summary.kept += 1,
            Err(error) => {
                summary.failed += 1;
                bar.suspend(|| eprintln!("{}: {error}", list[position].name));
            }
        }
    }
    bar.finish_and_clear();
    Ok(summary)
}

fn run(args: &Args) -> Result<Summary, Failure> {
    let to = args.folder.clone();
    fs::create_dir_all(&to).map_err(|error| format!("cannot make the folder {}: {error}", to.display()))?;
    let own_server;
    let from = match &args.url {
        Some(url) => url.to_string(),
        None => {
            own_server = depot::start(args.files, Duration::from_millis(args.delay_ms))?;
            format!("http://{}", own_server.addr())
        }
    };
    let from = from.trim_end_matches('/').to_owned();
    let session = ClientSession::new(0, Duration::from_secs(30));
    shirr::block_on(download(args.limit.into(), Transfer { session, from, to }))
}

/// Prints what was done. Not `println!`: it would panic on a closed stdout.
fn print(folder: &Path, summary: &Summary, time: Duration) -> io::Result<()> {
    let (folder, seconds, Summary { downloaded, kept, failed }) =
        (folder.display(), time.as_secs_f64(), summary);
    writeln!(
        io::stdout(),
        "{folder}: {downloaded} downloaded, {kept} there already, {failed} failed, in {seconds:.2} s"
    )
}

fn main() -> ExitCode {
    let args = Args::parse();
    let start = Instant::now();
    let failed = run(&args).and_then(|summary| {
        print(&args.folder, &summary, start.elapsed())?;
        Ok(summary.failed)
    });
    match failed {
        Ok(0) => return ExitCode::SUCCESS,
        Ok(failed) => eprintln!("download: run it again for the {failed} that failed; the others are kept"),
        Err(error) => eprintln!("download: {error}"),
    }
    ExitCode::FAILURE
}
