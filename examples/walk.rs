//! Three sources asked over sockets, and what the runtime did meanwhile: the run that "A read
//! in a gather" in DESIGN.md goes through.
//!
//! `cargo run --features trace --example walk` writes the run as a story and as a page, and
//! prints where they are. The server is a thread of this program, which shirr knows nothing of.

#[path = "support/whole_file.rs"]
mod whole_file;

use clap::Parser;
use shirr::trace::{Recorder, Recording};
use shirr::{Runtime, gather, net::TcpStream};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, thread};

const SOURCES: [&str; 3] = ["users", "orders", "prices"];

/// Asks three sources over sockets, and writes down what the runtime did.
#[derive(Debug, Parser)]
struct Args {
    /// The folder for the two files, which is made if it is not there
    #[arg(value_name = "FOLDER", default_value = "target/walk")]
    folder: PathBuf,

    /// How long the server thinks before each answer, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=60_000))]
    pause_ms: u64,
}

/// Asks the server for the data of one source.
async fn fetch(server: SocketAddr, source: &str) -> io::Result<String> {
    let stream = TcpStream::connect(server).await?;
    stream.write_all(format!("{source}\n").as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\n") {
        let mut piece = [0; 64];
        match stream.read(&mut piece).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => answer.extend_from_slice(&piece[..n]),
        }
    }
    Ok(String::from_utf8_lossy(&answer).trim_end().to_owned())
}

/// Answers one client for each source, in the order of the alphabet. It has read every request
/// before it answers the first, and it answers the next when the one before has hung up: so
/// the children end in one order, however fast the machine is. The pause lets the loop fall
/// asleep before an answer comes.
fn serve(listener: &TcpListener, pause: Duration) -> io::Result<()> {
    let mut clients = BTreeMap::new();
    for _ in SOURCES {
        let (client, _) = listener.accept()?;
        let mut request = String::new();
        BufReader::new(&client).read_line(&mut request)?;
        clients.insert(request, client);
    }
    for (source, mut client) in clients {
        thread::sleep(pause);
        client.write_all(format!("data from {source}").as_bytes())?;
        client.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

/// Runs the program with a recorder, until its runtime is gone.
fn record(pause: Duration) -> io::Result<Recording> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let server = listener.local_addr()?;
    let serving = thread::spawn(move || serve(&listener, pause));
    let recorder = Recorder::new();
    let runtime = Runtime::builder().record(&recorder).build()?;
    let results = runtime.block_on(async { gather(SOURCES.map(|source| fetch(server, source))).await });
    println!("{:?}", results.into_iter().collect::<io::Result<Vec<_>>>()?);
    serving.join().expect("the server does not panic")?;
    drop(runtime);
    Ok(recorder.recording())
}

/// Writes both forms, each whole or not at all.
fn write(recording: &Recording, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    whole_file::write(&folder.join("walk.txt"), recording.to_text().as_bytes())?;
    whole_file::write(&folder.join("walk.html"), recording.to_html("walk").as_bytes())
}

fn run(Args { folder, pause_ms }: &Args) -> Result<(), String> {
    let recording = record(Duration::from_millis(*pause_ms)).map_err(|error| error.to_string())?;
    write(&recording, folder).map_err(|error| {
        format!("the files cannot be written to {}: {error}; name another folder", folder.display())
    })?;
    println!("\nWhat the runtime did meanwhile, {} events, is in", recording.events.len());
    println!("  {}: read it beside DESIGN.md", folder.join("walk.txt").display());
    println!("  {}: open it in a browser", folder.join("walk.html").display());
    Ok(())
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
