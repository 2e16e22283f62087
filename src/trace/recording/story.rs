//! A recording as a text that is read from top to bottom.

use super::Recording;
use super::event::{Actor, Answer, Event};
use super::names::{actor_in_short, grouped, millis, on_one_line};
use super::sentence::Teller;
use super::state::{Kind, State, Task, Wait};
use super::what::What;
use std::fmt::Write;

/// How much further to the right each layer is than the one above it.
const INDENT: usize = 3;

impl Recording {
    /// The run as a story, a line for each event: when, the actor, what happens and why, and
    /// the line of shirr's source that did it. The deeper the layer, the further to the right.
    ///
    /// Lines name the steps of the loop (`src/runtime/event_loop.rs`) and those of the walk through
    /// all layers in DESIGN.md, so that it can be read beside them.
    ///
    /// ```
    /// let recorder = shirr::trace::Recorder::new();
    /// shirr::Runtime::builder().record(&recorder).build()?.block_on(shirr::yield_now());
    /// let text = recorder.recording().to_text();
    /// assert!(text.contains("is polled, for the first time"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn to_text(&self) -> String {
        let mut text = self.heading();
        let time = self.events.last().map_or(0, |event| millis(event.time).len());
        let actor = self.events.iter().map(|event| actor_in_short(event.actor).len()).max().unwrap_or(0);
        let mut teller = Teller::new(self);
        for event in &self.events {
            let line = Line { event, sentence: teller.tell(event), walk: walk(event, &teller.state) };
            line.write(&mut text, time, actor);
            teller.go_on(event);
        }
        text
    }

    fn heading(&self) -> String {
        format!(
            "What shirr did: {} events in order; {} came before and were dropped.\n\
             \n\
             Each line: the time since the recording began, the actor, what happens and why, and the line of source.\n\
             From left to right as the layers are in DESIGN.md: gather; runtime; task and reactor; wake.\n\
             `step` is one of the loop's four (src/runtime/event_loop.rs), `walk` one of the twelve in DESIGN.md's\n\
             \"A read in a gather\".\n\
             A gather's children are counted from 0, as their results are.\n\
             \n",
            grouped(self.events.len() as u64),
            grouped(self.lost),
        )
    }
}

struct Line<'a> {
    event: &'a Event,
    sentence: String,
    walk: Option<u8>,
}

impl Line<'_> {
    fn write(&self, text: &mut String, time_width: usize, actor_width: usize) {
        let Event { time, actor, line, what, .. } = self.event;
        let (time, actor) = (format!("+{}", millis(*time)), actor_in_short(*actor));
        let indent = INDENT * layer(what);
        let step = step(self.event).map(|step| format!("step {step}: ")).unwrap_or_default();
        let walk = self.walk.map(|walk| format!(", walk {walk}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "{time:>time_width$}  {actor:actor_width$} | {:indent$}{step}{}  [{}:{}{walk}]",
            "",
            on_one_line(&self.sentence),
            line.file(),
            line.line(),
            time_width = time_width + 1,
        );
    }
}

/// The line of the layer in DESIGN.md's picture, from the top, of those that have events.
fn layer(what: &What) -> usize {
    match what {
        What::Gathering { .. }
        | What::GatherBegan { .. }
        | What::GatherAwaited { .. }
        | What::Starting { .. }
        | What::ChildEnded { .. }
        | What::ResultTaken { .. }
        | What::ChildCancelled { .. }
        | What::GatherDone { .. }
        | What::GatherDropped { .. } => 0,
        What::Entered
        | What::Left
        | What::ShuttingDown
        | What::ShutDown { .. }
        | What::PollingEvents { .. }
        | What::Rung
        | What::Failed { .. }
        | What::Unblocking => 1,
        What::Admitted { .. }
        | What::Evicted { .. }
        | What::Aborted { .. }
        | What::Woken { .. }
        | What::Popped { .. }
        | What::Skipped { .. }
        | What::Swept
        | What::Refused
        | What::Chosen { .. }
        | What::Received { .. } => 3,
        _ => 2,
    }
}

/// The step of the loop, as `src/runtime/event_loop.rs` numbers them.
fn step(event: &Event) -> Option<u8> {
    match event.what {
        What::Popped { .. } => Some(1),
        What::PollingEvents { .. } | What::Received { .. } | What::TimerFired { .. } => Some(2),
        What::Asking { .. } | What::Answered { .. } | What::ClockMoved { .. } => Some(3),
        What::Woken { .. } => {
            let outside = matches!(event.actor, Actor::Timer(_) | Actor::Source(_) | Actor::Thread(_));
            outside.then_some(4)
        }
        _ => None,
    }
}

/// The step of DESIGN.md's walk, which follows a read inside a gather.
pub(super) fn walk(event: &Event, before: &State) -> Option<u8> {
    Some(match event.what {
        What::Gathering { .. } | What::GatherBegan { .. } => 1,
        What::Starting { .. } => 2,
        What::Admitted { .. } if matches!(before.coming, Some(Kind::Child { .. })) => 2,
        What::Popped { task } => turn(before.tasks.get(&task)?)?,
        What::Polling { slot } => turn(before.tasks.get(&before.task_in(slot)?)?)?,
        What::Tried { answer: Answer::Done, .. } if socket_woke(before) => 10,
        What::Tried { answer: Answer::WouldBlock, .. } | What::Waiting { .. } => 5,
        What::Tried { .. } => 4,
        What::PollingEvents { idle: true } | What::Asking { .. } => 6,
        What::Answered { .. } => 7,
        What::SourceReady { .. } => 8,
        What::Woken { task, .. } if waits_for_actor(before, task, event.actor) => 11,
        What::Woken { .. } => 9,
        What::ChildEnded { .. } => 11,
        What::GatherDone { .. } => 12,
        _ => return None,
    })
}

/// A child's turn is a step: its first, or one in which it goes on.
fn turn(task: &Task) -> Option<u8> {
    let is_child = matches!(task.kind, Kind::Child { .. });
    is_child.then_some(if task.polls == 0 { 3 } else { 10 })
}

/// Whether the task that is polled was woken by a socket.
fn socket_woke(state: &State) -> bool {
    let running = state.running.and_then(|task| state.tasks.get(&task));
    running.is_some_and(|task| matches!(task.woken_by, Some(Actor::Source(_))))
}

/// Whether the task waits for the gather of which the actor is a child.
fn waits_for_actor(state: &State, task: u64, actor: Actor) -> bool {
    let Actor::Task(child) = actor else { return false };
    let Some(Kind::Child { gather, .. }) = state.tasks.get(&child).map(|child| child.kind) else {
        return false;
    };
    state.tasks.get(&task).is_some_and(|task| task.waits.contains(&Wait::Gather(gather)))
}
