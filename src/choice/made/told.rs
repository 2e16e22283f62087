//! A choice as the trace has it: all that was open, in words.

use super::kind::{Choice, Kind};
use crate::trace::Decision;

impl Choice {
    /// This one, with all others that were open: `about` says whom each concerns.
    pub(super) fn decision(self, number: usize, about: impl Fn(usize) -> u64) -> Box<Decision> {
        let open = (0..self.of).map(|taken| Self { taken, about: about(taken as usize), ..self }.in_words());
        let (open, number, taken) = (open.collect(), number as u32, self.taken);
        Box::new(Decision { kind: self.kind.name(), number, taken, open })
    }

    /// As it is shown; also what the runtime does by itself, which is no deviation.
    fn in_words(self) -> String {
        let Self { kind, of, taken, about, task } = self;
        if taken > 0 {
            return self.to_string();
        }
        match kind {
            Kind::Ready => format!("task {about} has its turn, the first of {of} that are ready"),
            Kind::Spurious => "no task is polled that no one woke".to_owned(),
            Kind::Events => "the next ready task has its turn".to_owned(),
            Kind::Slow => "the turn took no time".to_owned(),
            Kind::Share => format!("task {task} gets all that it can through connection {about}"),
            Kind::Late => "the timers are on time".to_owned(),
            Kind::Packet => {
                format!("a packet that task {task} sends through connection {about} takes no time")
            }
            Kind::Connect => format!("connection {about}, which task {task} makes, takes no time"),
            Kind::Reset => format!("connection {about} is not reset as task {task} writes to it"),
            Kind::Event | Kind::Host => self.to_string(),
            Kind::Job => format!("what task {task} gave to unblock, or looks up, takes no time"),
            Kind::Latency => format!("latency() of task {task} takes no time"),
        }
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Spurious => "Spurious",
            Self::Events => "Events",
            Self::Slow => "Slow",
            Self::Share => "Share",
            Self::Late => "Late",
            Self::Packet => "Packet",
            Self::Connect => "Connect",
            Self::Reset => "Reset",
            Self::Event => "Event",
            Self::Host => "Host",
            Self::Job => "Job",
            Self::Latency => "Latency",
        }
    }
}
