//! A recording in Chrome's trace event format, which Perfetto opens.
//!
//! A track for the loop, one for each task. On a task's track its polls are slices. On the
//! loop's, what it does besides polling: the time in `block_on`, in it the event polls, in
//! those the waits in the kernel. The one that began last ends first, so slices nest on
//! every track. [`mod@sheet`] knows what the format's events look like.

mod sheet;

use super::Recording;
use super::event::{Actor, Effect, Event};
use super::names;
use super::state::State;
use super::what::What;
use serde_json::{Value, json};
use sheet::{Arrow, Sheet, Slice};
use std::collections::BTreeMap;
use std::time::Duration;

/// The track of the loop; those of tasks follow.
const LOOP: u64 = 1;

impl Recording {
    /// The run in Chrome's trace event format, as JSON: open it at <https://ui.perfetto.dev>.
    ///
    /// One track is the loop's, with its polls for events and its sleeps; each task has one,
    /// with a slice for each of its polls. Arrows lead from a wake to the poll that came of
    /// it, timers and sockets are marks on the loop's track, and the length of the ready queue
    /// is a counter. Times are microseconds since the recording began.
    ///
    /// ```
    /// let recorder = shirr::trace::Recorder::new();
    /// shirr::Runtime::builder().record(&recorder).build()?.block_on(shirr::yield_now());
    /// let json = recorder.recording().to_json();
    /// assert!(json.starts_with(r#"{"traceEvents":["#));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        let mut chrome = Chrome::new(self);
        for (index, event) in self.events.iter().enumerate() {
            chrome.state.apply(event);
            chrome.add(event, self.events.get(index + 1));
        }
        chrome.finish()
    }
}

struct Chrome<'a> {
    recording: &'a Recording,
    /// After the event that is being told.
    state: State,
    sheet: Sheet,
    /// By task, its track.
    tracks: BTreeMap<u64, u64>,
    /// What is open on the loop's track, from the outside in.
    open: Vec<(Open, Slice)>,
    /// The poll that is under way, and how many runtimes had been entered when it began.
    poll: Option<(usize, Slice)>,
    /// By task, the wake that has put it into the queue.
    wakes: BTreeMap<u64, Arrow>,
    /// How long the ready queue was when that was last told.
    queue: Option<usize>,
}

/// What a slice on the loop's track is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Runtime,
    EventPoll,
    Wait,
}

impl<'a> Chrome<'a> {
    fn new(recording: &'a Recording) -> Self {
        let mut new = Self {
            recording,
            state: recording.base.clone(),
            sheet: Sheet::default(),
            tracks: BTreeMap::new(),
            open: Vec::new(),
            poll: None,
            wakes: BTreeMap::new(),
            queue: None,
        };
        new.sheet.name_process("shirr");
        new.sheet.name_track(LOOP, "the loop");
        for task in recording.base.tasks.keys() {
            new.track(*task);
        }
        new
    }

    fn add(&mut self, event: &Event, next: Option<&Event>) {
        match event.what {
            What::Entered => {
                let ends = next.is_some_and(|next| next.what == What::ShuttingDown);
                self.begin(event, Open::Runtime, if ends { "drop of the runtime" } else { "block_on" });
            }
            What::Left => self.leave(event.time),
            What::PollingEvents { idle } => {
                self.end_event_poll(event.time);
                self.begin(
                    event,
                    Open::EventPoll,
                    if idle { "event poll: the queue is dry" } else { "event poll: one is due" },
                );
            }
            What::Asking { at_most } => {
                let asks = at_most == Some(Duration::ZERO);
                self.begin(event, Open::Wait, if asks { "ask the kernel" } else { "asleep" });
            }
            What::Answered { .. } => self.end(event.time, |open| open == Open::Wait),
            What::Popped { .. } | What::Skipped { .. } => self.end_event_poll(event.time),
            What::Admitted { task, .. } => {
                self.track(task);
                self.arrow_from(event, task, "spawn");
            }
            What::Woken { task, effect: Effect::Queued } => self.arrow_from(event, task, "wake"),
            What::Polling { .. } => self.polling(event),
            What::Polled { poll, .. } => self.polled(event.time, &format!("{poll:?}")),
            _ => self.mark(event),
        }
        self.count(event.time);
    }

    fn begin(&mut self, event: &Event, open: Open, name: &str) {
        let (name, args) = (name.to_owned(), json!({ "line": line(event) }));
        self.open.push((open, Slice { name, category: "loop", since: event.time, track: LOOP, args }));
    }

    /// Ends the innermost slices on the loop's track, as long as they are such.
    fn end(&mut self, now: Duration, ends: impl Fn(Open) -> bool) {
        while self.open.last().is_some_and(|(open, _)| ends(*open)) {
            self.open.pop().iter().for_each(|(_, slice)| self.sheet.slice(slice, now));
        }
    }

    fn end_event_poll(&mut self, now: Duration) {
        self.end(now, |open| open != Open::Runtime);
    }

    /// The innermost runtime is left, and with it ends what began in it: also a poll of the
    /// root, which does not return when it panics.
    fn leave(&mut self, now: Duration) {
        let entered = self.entered();
        if self.poll.as_ref().is_some_and(|(depth, _)| *depth == entered) {
            self.polled(now, "panicked");
        }
        self.end_event_poll(now);
        self.open.pop().iter().for_each(|(_, slice)| self.sheet.slice(slice, now));
    }

    /// How many runtimes are entered and not left.
    fn entered(&self) -> usize {
        self.open.iter().filter(|(open, _)| *open == Open::Runtime).count()
    }

    fn polling(&mut self, event: &Event) {
        let task = self.state.running.unwrap_or_default();
        let track = self.track(task);
        let known = self.state.tasks.get(&task);
        let by = known.and_then(|task| task.woken_by);
        let by = by.map(|by| names::actor(self.recording, &self.state, by));
        let args = json!({ "task": task, "poll": known.map(|task| task.polls), "woken by": by });
        let name = names::function(&self.state, task);
        let slice = Slice { name, category: "poll", since: event.time, track, args };
        self.poll = Some((self.entered(), slice));
        if let Some(arrow) = self.wakes.remove(&task) {
            self.sheet.arrow(&arrow, event.time, track);
        }
    }

    fn polled(&mut self, now: Duration, outcome: &str) {
        if let Some((_, mut slice)) = self.poll.take() {
            slice.args["outcome"] = json!(outcome);
            self.sheet.slice(&slice, now);
        }
    }

    /// An arrow needs a slice to begin in, which the program outside of a runtime has not.
    fn arrow_from(&mut self, event: &Event, task: u64, name: &'static str) {
        let polled = self.poll.as_ref().map(|(_, slice)| slice.track);
        let of_loop = (!self.open.is_empty()).then_some(LOOP);
        let track = match event.actor {
            Actor::Task(by) if polled.is_some() => polled.filter(|track| self.tracks.get(&by) == Some(track)),
            _ => of_loop, // also for one whose future is dropped: it is at work, but not polled
        };
        if let Some(track) = track {
            self.wakes.insert(task, Arrow { name, time: event.time, track });
        }
    }

    /// What happens at a moment and is no slice's begin or end.
    fn mark(&mut self, event: &Event) {
        let name = match event.what {
            What::TimerFired { timer } => format!("timer {timer} fires"),
            What::SourceReady { source, .. } => format!("socket {source} is ready"),
            What::Received { thread } => format!("message of {}", names::thread(self.recording, thread)),
            What::Rung => "the bell was rung".to_owned(),
            What::ClockMoved { .. } => "the clock moves".to_owned(),
            What::Tried { source, direction, .. } => format!("{} socket {source}", names::verb(direction)),
            What::Panicked => "panic".to_owned(),
            What::Chosen { ref choice } if choice.is_deviation() => {
                format!("choice {}: {}", choice.number, choice.said())
            }
            What::Failed { .. } => "the run fails".to_owned(),
            _ => return,
        };
        let track = if let Actor::Task(task) = event.actor { self.track(task) } else { LOOP };
        let args = json!({ "what": format!("{:?}", event.what), "line": line(event) });
        self.sheet.instant(&name, event.time, track, &args);
    }

    fn count(&mut self, now: Duration) {
        let length = self.state.ready.len();
        if self.queue.replace(length) != Some(length) {
            self.sheet.counter("ready queue", now, LOOP, &json!({ "tasks": length }));
        }
    }

    /// The track of a task, which has the next number when it is asked for first.
    fn track(&mut self, task: u64) -> u64 {
        let next = LOOP + 1 + self.tracks.len() as u64;
        let track = *self.tracks.entry(task).or_insert(next);
        if track == next {
            self.sheet.name_track(track, &names::task(&self.state, task));
        }
        track
    }

    /// What is open ends with the recording.
    fn finish(mut self) -> String {
        let end = self.recording.events.last().map_or(Duration::ZERO, |event| event.time);
        self.polled(end, "not told");
        self.end(end, |_| true);
        self.sheet.finish(&about(self.recording))
    }
}

fn about(recording: &Recording) -> Value {
    json!({ "events": recording.events.len(), "lost": recording.lost })
}

fn line(event: &Event) -> String {
    format!("{}:{}", event.line.file(), event.line.line())
}
