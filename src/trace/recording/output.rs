//! Recording without a change of the program: the file that the environment names.
//!
//! `SHIRR_TRACE` says where to and, by the file's ending, in which format;
//! `SHIRR_TRACE_EVENTS` how many events are kept. Both are read once. A recording belongs to
//! a thread, and so does a file: the main thread's is the one that was named, others have a
//! number before the ending. A runtime that is made while another one of its thread lives has
//! a recording of its own, too, since slots of two runtimes have the same numbers.

use super::names::grouped;
use super::recorder::CAPACITY;
use super::replace::replace;
use super::{Recorder, Recording};
use std::cell::RefCell;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::{Write, stderr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::thread;

const FILE: &str = "SHIRR_TRACE";
const EVENTS: &str = "SHIRR_TRACE_EVENTS";

/// The number of the next file but the main thread's.
static NEXT_FILE: AtomicU32 = AtomicU32::new(2);

/// Whether the main thread's file has its recording.
static MAIN_HAS_BEGUN: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// This thread's, between one runtime and the next.
    static IDLE: RefCell<Option<Output>> = const { RefCell::new(None) };
}

/// What is recorded on a thread for the environment's sake, and where it goes.
#[derive(Debug)]
pub(super) struct Output {
    recorder: Recorder,
    path: PathBuf,
    format: Format,
}

/// What the environment wants.
#[derive(Debug)]
struct Wish {
    path: PathBuf,
    format: Format,
    events: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Html,
    Json,
    Text,
}

impl Output {
    /// This thread's, which goes on where its last runtime has ended, or a new one; none when
    /// the environment wants none.
    pub(super) fn begin() -> Option<Self> {
        let wish = wish()?;
        IDLE.try_with(|idle| idle.take().unwrap_or_else(|| Self::new(wish))).ok()
    }

    fn new(wish: &Wish) -> Self {
        let main = thread::current().name() == Some("main") && !MAIN_HAS_BEGUN.swap(true, Relaxed);
        let path = if main { wish.path.clone() } else { wish.path_of(NEXT_FILE.fetch_add(1, Relaxed)) };
        Self { recorder: Recorder::with_capacity(wish.events), path, format: wish.format }
    }

    pub(super) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Its runtime is gone: writes the file, and waits for the next one.
    pub(super) fn end(self) {
        self.write();
        let _ = IDLE.try_with(|idle| idle.replace(Some(self)));
    }

    /// Writes the file anew, with all that was recorded so far. Whatever goes wrong, it does not
    /// panic: it runs in a drop, which may be part of an unwinding.
    fn write(&self) {
        let written = catch_unwind(AssertUnwindSafe(|| {
            let recording = self.recorder.recording();
            replace(&self.path, &self.format.of(&recording)).map(|()| recording)
        }));
        let path = self.path.display();
        match written {
            Ok(Ok(recording)) => {
                let (events, lost) = (grouped(recording.events.len() as u64), grouped(recording.lost));
                tell(format_args!("{events} events ({lost} came before and were dropped) in {path}"));
            }
            Ok(Err(error)) => tell(format_args!("{FILE}: cannot write {path}: {error}")),
            Err(_) => tell(format_args!("{FILE}: {path} is not written, because of the panic above")),
        }
    }
}

impl Wish {
    /// `run.html` becomes `run-2.html`.
    fn path_of(&self, number: u32) -> PathBuf {
        let mut name = self.path.file_stem().map(OsString::from).unwrap_or_default();
        name.push(format!("-{number}."));
        name.push(self.path.extension().unwrap_or_default());
        self.path.with_file_name(name)
    }
}

impl Format {
    fn of_ending(path: &std::path::Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "html" => Some(Self::Html),
            "json" => Some(Self::Json),
            "txt" => Some(Self::Text),
            _ => None,
        }
    }

    fn of(self, recording: &Recording) -> String {
        match self {
            Self::Html => recording.to_html(&program()),
            Self::Json => recording.to_json(),
            Self::Text => recording.to_text(),
        }
    }
}

/// The name of the program's file, without its ending.
fn program() -> String {
    let file = std::env::current_exe().unwrap_or_default();
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn wish() -> Option<&'static Wish> {
    static WISH: OnceLock<Option<Wish>> = OnceLock::new();
    WISH.get_or_init(read_environment).as_ref()
}

fn read_environment() -> Option<Wish> {
    let path = PathBuf::from(std::env::var_os(FILE).filter(|path| !path.is_empty())?);
    let Some(format) = Format::of_ending(&path) else {
        let path = path.display();
        tell(format_args!(
            "{FILE}={path}: nothing is recorded, because the file's ending names no format; \
             use .html for a page, .json for Perfetto or .txt for a text"
        ));
        return None;
    };
    Some(Wish { path, format, events: events() })
}

fn events() -> usize {
    let Some(wanted) = std::env::var_os(EVENTS) else { return CAPACITY };
    let events = wanted.to_str().and_then(|wanted| wanted.parse().ok()).filter(|events| *events > 0);
    events.unwrap_or_else(|| {
        let (wanted, kept) = (wanted.to_string_lossy(), grouped(CAPACITY as u64));
        tell(format_args!("{EVENTS}={wanted} is no number of events, 1 or more; the latest {kept} are kept"));
        CAPACITY
    })
}

/// Says a line on stderr; an error of that is ignored.
fn tell(line: impl Display) {
    let _ = writeln!(stderr(), "shirr: {line}");
}
