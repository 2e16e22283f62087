//! Reads the page of a recording back into events, so that what a program has left in a file
//! can be checked as what a recorder has in memory. What a page does not say fails here.
//!
//! A kind of event is one line below, its fields in the order in which the page has them.

use serde_json::Value;
use shirr::Runtime;
use shirr::trace::{Actor, Answer, Decision, Direction, Effect, Event, Poll, Recorder, Recording, What};
use std::io::ErrorKind;
use std::panic::Location;
use std::slice::Iter;
use std::time::{Duration, Instant};

/// What sockets are known to fail with. On a page it is a text.
const FAILURES: [ErrorKind; 8] = [
    ErrorKind::AddrInUse,
    ErrorKind::BrokenPipe,
    ErrorKind::ConnectionAborted,
    ErrorKind::ConnectionRefused,
    ErrorKind::ConnectionReset,
    ErrorKind::Interrupted,
    ErrorKind::NotConnected,
    ErrorKind::TimedOut,
];

/// The recording that a page shows, as if it had begun at `began`. Its lines are all the
/// same: a `Location` cannot be made of its text.
pub(crate) fn read(page: &str, began: Instant) -> Recording {
    let [tables, rows] = ["tables-data", "events-data"].map(|id| part(page, id));
    let texts = |list: &Value| -> Vec<String> { serde_json::from_value(list.clone()).unwrap() };
    let strings = texts(&tables["strings"]).into_iter().map(|text| &*text.leak()).collect();
    let reader = Reader { began, strings, sources: &tables["sources"] };
    let rows: Vec<Vec<i64>> = serde_json::from_value(rows).unwrap();
    let mut recording = Recorder::new().recording();
    (recording.began, recording.lost) = (began, tables["lost"].as_u64().unwrap());
    recording.threads = texts(&tables["threads"]);
    recording.events = reader.events(&rows, recording.lost);
    recording
}

/// Fails unless the page of a recording has all its events in it, as they are.
pub(crate) fn assert_says_all(recording: &Recording) {
    let read = read(&recording.to_html("all"), recording.began);
    assert_eq!((read.lost, &read.threads), (recording.lost, &recording.threads));
    assert_eq!(read.events.len(), recording.events.len());
    for (read, event) in read.events.iter().zip(&recording.events) {
        let mut event = event.clone();
        (event.what, event.line) = (without_place(&event.what, read.line), read.line);
        assert_eq!(*read, event);
    }
}

fn without_place(what: &What, here: &'static Location<'static>) -> What {
    match what.clone() {
        What::Spawning { name, .. } => What::Spawning { name, at: here },
        What::Gathering { .. } => What::Gathering { at: here },
        what => what,
    }
}

/// What a script of the page holds.
fn part(page: &str, id: &str) -> Value {
    let (_, rest) = page.split_once(&format!("id=\"{id}\">")).expect("a page has two such parts");
    let (part, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(part).unwrap()
}

struct Reader<'a> {
    began: Instant,
    strings: Vec<&'static str>,
    /// By the line that did something, its neighbours.
    sources: &'a Value,
}

impl Reader<'_> {
    fn events(&self, rows: &[Vec<i64>], first: u64) -> Vec<Event> {
        let (some, mut time) = (some_event(), Duration::ZERO);
        let read = |(number, row): (u64, &Vec<i64>)| {
            let mut row = Row { reader: self, here: some.line, numbers: row.iter() };
            let kind = row.text();
            time += Duration::from_nanos(row.number());
            let actor = actor(row.text());
            let line = row.text();
            let step: u8 = row.number();
            assert!(step <= 12, "the walk has no step {step}");
            assert!(self.sources.get(line).is_some(), "the page does not show {line}");
            let what = row.what(kind);
            assert_eq!(row.numbers.len(), 0, "{what:?} has fields that are not read");
            let mut event = some.clone();
            (event.number, event.time, event.actor, event.what) = (number, time, actor, what);
            event
        };
        (first..).zip(rows).map(read).collect()
    }
}

/// Others than the library cannot make an event, but change one.
fn some_event() -> Event {
    let recorder = Recorder::new();
    drop(Runtime::builder().record(&recorder).build().unwrap());
    recorder.events().swap_remove(0)
}

fn actor(text: &str) -> Actor {
    let (kind, number) = text.split_once(' ').unwrap_or((text, "0"));
    match kind {
        "Program" => Actor::Program,
        "Loop" => Actor::Loop,
        "Foreign" => Actor::Foreign,
        "Task" => Actor::Task(number.parse().unwrap()),
        "Timer" => Actor::Timer(number.parse().unwrap()),
        "Source" => Actor::Source(number.parse().unwrap()),
        "Thread" => Actor::Thread(number.parse().unwrap()),
        _ => panic!("{text} is no actor"),
    }
}

/// What is left to read of an event.
struct Row<'a> {
    reader: &'a Reader<'a>,
    here: &'static Location<'static>,
    numbers: Iter<'a, i64>,
}

impl Row<'_> {
    fn number<T: TryFrom<i64>>(&mut self) -> T {
        let number = *self.numbers.next().expect("an event has all its fields");
        T::try_from(number).unwrap_or_else(|_| panic!("{number} is out of range"))
    }

    fn text(&mut self) -> &'static str {
        self.reader.strings[self.number::<usize>()]
    }

    fn yes(&mut self) -> bool {
        self.number::<u8>() == 1
    }

    fn instant(&mut self) -> Instant {
        let since: i64 = self.number();
        let far = Duration::from_nanos(since.unsigned_abs());
        if since < 0 { self.reader.began - far } else { self.reader.began + far }
    }

    /// A line of the program.
    fn location(&mut self) -> &'static Location<'static> {
        let location = self.text();
        let mut numbers = location.rsplitn(3, ':').take(2);
        assert!(numbers.all(|number| number.parse::<u32>().is_ok()), "{location} is no line");
        self.here
    }

    /// The value that goes by this name on the page.
    fn one_of<T: std::fmt::Debug, const N: usize>(&mut self, values: [T; N]) -> T {
        let text = self.text();
        let known = values.into_iter().find(|value| format!("{value:?}") == text);
        known.unwrap_or_else(|| panic!("{text} is not known here"))
    }

    fn direction(&mut self) -> Direction {
        self.one_of([Direction::Read, Direction::Write])
    }

    fn answer(&mut self) -> Answer {
        match self.text() {
            "Done" => Answer::Done,
            "WouldBlock" => Answer::WouldBlock,
            text => {
                let kind = FAILURES.into_iter().find(|kind| kind.to_string() == text);
                Answer::Failed(kind.unwrap_or(ErrorKind::Other))
            }
        }
    }

    fn at_most(&mut self) -> Option<Duration> {
        let nanos: i64 = self.number();
        u64::try_from(nanos).ok().map(Duration::from_nanos)
    }

    fn what(&mut self, kind: &str) -> What {
        match kind {
            "Entered" => What::Entered,
            "Left" => What::Left,
            "ShuttingDown" => What::ShuttingDown,
            "ShutDown" => {
                What::ShutDown { tasks: self.number(), timers: self.number(), sources: self.number() }
            }
            "Rooting" => What::Rooting,
            "Spawning" => What::Spawning { name: self.text(), at: self.location() },
            "Starting" => What::Starting { gather: self.number(), child: self.number() },
            "Admitted" => What::Admitted { task: self.number(), slot: self.number() },
            "Evicted" => What::Evicted { slot: self.number() },
            "Cancelled" => What::Cancelled { slot: self.number() },
            "Aborted" => What::Aborted { task: self.number() },
            "Woken" => What::Woken { task: self.number(), effect: self.effect() },
            "Popped" => What::Popped { task: self.number() },
            "Skipped" => What::Skipped { slot: self.number() },
            "Refused" => What::Refused,
            "Swept" => What::Swept,
            "Polling" => What::Polling { slot: self.number() },
            "Polled" => What::Polled { slot: self.number(), poll: self.one_of([Poll::Pending, Poll::Ready]) },
            "Panicked" => What::Panicked,
            "Joining" => What::Joining { task: self.number() },
            "Detached" => What::Detached { task: self.number() },
            "Unblocking" => What::Unblocking,
            "Chosen" => {
                let (kind, number, taken) = (self.text(), self.number(), self.number());
                let open = self.text().split('\n').map(str::to_owned).collect();
                What::Chosen { choice: Box::new(Decision { kind, number, taken, open }) }
            }
            "Failed" => What::Failed { why: self.text().into() },
            _ => self.what_outside(kind),
        }
    }

    fn effect(&mut self) -> Effect {
        self.one_of([Effect::Queued, Effect::Merged, Effect::Stale])
    }

    fn what_outside(&mut self, kind: &str) -> What {
        match kind {
            "PollingEvents" => What::PollingEvents { idle: self.yes() },
            "Received" => What::Received { thread: self.number() },
            "Asking" => What::Asking { at_most: self.at_most() },
            "Answered" => What::Answered { events: self.number() },
            "Rung" => What::Rung,
            "CallingForeign" => What::CallingForeign,
            "ClockPaused" => What::ClockPaused { at: self.instant() },
            "ClockMoved" => What::ClockMoved { to: self.instant() },
            "ClockResumed" => What::ClockResumed { from: self.instant() },
            "TimerAdded" => What::TimerAdded { timer: self.number(), deadline: self.instant() },
            "TimerTaken" => What::TimerTaken { timer: self.number() },
            "TimerReset" => What::TimerReset { timer: self.number(), deadline: self.instant() },
            "TimerFired" => What::TimerFired { timer: self.number() },
            "TimerRemoved" => What::TimerRemoved { timer: self.number() },
            "SourceAdded" => What::SourceAdded { source: self.number(), name: self.text() },
            "SourceReady" => {
                What::SourceReady { source: self.number(), readable: self.yes(), writable: self.yes() }
            }
            "Tried" => {
                What::Tried { source: self.number(), direction: self.direction(), answer: self.answer() }
            }
            "Waiting" => {
                What::Waiting { source: self.number(), direction: self.direction(), waiter: self.number() }
            }
            "WaitingNoMore" => What::WaitingNoMore {
                source: self.number(),
                direction: self.direction(),
                waiter: self.number(),
            },
            "SourceRemoved" => What::SourceRemoved { source: self.number() },
            _ => self.what_of_gathers(kind),
        }
    }

    fn what_of_gathers(&mut self, kind: &str) -> What {
        match kind {
            "Gathering" => What::Gathering { at: self.location() },
            "GatherBegan" => What::GatherBegan {
                gather: self.number(),
                children: self.number(),
                rest: self.number(),
                name: self.text(),
            },
            "GatherAwaited" => What::GatherAwaited { gather: self.number() },
            "ResultTaken" => What::ResultTaken { gather: self.number(), child: self.number() },
            "ChildEnded" => {
                What::ChildEnded { gather: self.number(), child: self.number(), stops: self.yes() }
            }
            "ChildCancelled" => What::ChildCancelled { gather: self.number(), child: self.number() },
            "GatherDone" => What::GatherDone { gather: self.number() },
            "GatherDropped" => What::GatherDropped { gather: self.number() },
            _ => panic!("a page has an event that is not read here: {kind}"),
        }
    }
}
