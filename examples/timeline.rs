//! Three slow sources asked at once, and what the runtime did meanwhile, in three forms.
//!
//! `cargo run --release --features trace --example timeline -- --open` writes a page to step through
//! the run, a trace for Perfetto and a text, and prints where they are. Any other program
//! that uses shirr can be recorded without a change: `SHIRR_TRACE=run.html`, and run it.

#[path = "support/whole_file.rs"]
mod whole_file;

use clap::Parser;
use shirr::trace::{Recorder, Recording};
use shirr::{Runtime, gather, time::sleep};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const SOURCES: [(&str, u32); 3] = [("users", 3), ("orders", 1), ("prices", 2)];

/// Asks three slow sources at once, and writes down what the runtime did.
#[derive(Debug, Parser)]
struct Args {
    /// The folder for the three files, which is made if it is not there
    #[arg(value_name = "FOLDER", default_value = "target/timeline")]
    folder: PathBuf,

    /// How long a second is, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=60_000))]
    unit_ms: u64,

    /// Open the page when it is written
    #[arg(long)]
    open: bool,
}

/// Plays a database or a service that takes its time.
async fn fetch(source: &'static str, delay: Duration) -> String {
    sleep(delay).await;
    format!("data from {source}")
}

/// Runs the program with a recorder, until its runtime is gone.
fn record(second: Duration) -> io::Result<Recorder> {
    let recorder = Recorder::new();
    let runtime = Runtime::builder().record(&recorder).build()?;
    let requests = SOURCES.map(|(source, seconds)| fetch(source, second * seconds));
    let results = runtime.block_on(async { gather(requests).await });
    println!("{results:?}");
    Ok(recorder)
}

/// Writes the three forms, each whole or not at all; returns what to do with each.
fn write(recording: &Recording, folder: &Path) -> io::Result<[String; 3]> {
    let forms = [
        ("timeline.html", recording.to_html("timeline"), "open it in a browser"),
        ("timeline.json", recording.to_json(), "open it at ui.perfetto.dev"),
        ("timeline.txt", recording.to_text(), "read it from top to bottom"),
    ];
    for (name, text, _) in &forms {
        whole_file::write(&folder.join(name), text.as_bytes())?;
    }
    Ok(forms.map(|(name, _, how)| format!("  {}: {how}", folder.join(name).display())))
}

fn run(Args { folder, unit_ms, open }: &Args) -> Result<(), String> {
    let unwritten = |error| {
        let advice = "name a folder that is yours to write to, or leave it out for target/timeline";
        format!("the files cannot be written to {}: {error}; {advice}", folder.display())
    };
    fs::create_dir_all(folder).map_err(unwritten)?;
    let recorder = record(Duration::from_millis(*unit_ms)).map_err(|error| error.to_string())?;
    let recording = recorder.recording();
    let written = write(&recording, folder).map_err(unwritten)?;
    println!("\nWhat the runtime did meanwhile, {} events, is in", recording.events.len());
    println!("{}", written.join("\n"));
    let unopened = |error| format!("no browser opens the page: {error}; open timeline.html in one yourself");
    if *open { open::that(folder.join("timeline.html")).map_err(unopened) } else { Ok(()) }
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
