//! Gathers and their children: each child that starts ends once, one way or the other.

use super::ensure;
use super::turns::Turns;
use shirr::trace::{Event, What};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(crate) struct Gathers {
    under_way: BTreeMap<usize, Gather>,
    last: usize,
    ending: bool,
}

#[derive(Debug)]
struct Gather {
    /// Which task it is to wake.
    parent: Option<u64>,
    /// It has given a result, and no task has asked for the next one.
    idle: bool,
    /// The numbers of children that have not ended.
    running: BTreeSet<usize>,
    /// Children that it said it would begin with, and that have not started.
    announced: u32,
    /// The parent was woken for it once; whether it waits since then is not known.
    notified: bool,
}

impl Gathers {
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    pub(super) fn take(&mut self, event: &Event, turns: &Turns, owed: &mut Vec<(u64, &'static str)>) {
        match event.what {
            What::ShuttingDown => self.ending = true,
            What::GatherBegan { gather, children, .. } => {
                ensure(gather > self.last, "a gather's number", event, "it is another's");
                self.last = gather;
                let (parent, running) = (turns.running(), BTreeSet::new());
                let began = Gather { parent, idle: false, running, announced: children, notified: false };
                self.under_way.insert(gather, began);
            }
            What::Starting { gather, child } => {
                let gather = self.gather(event, gather);
                gather.announced = gather.announced.saturating_sub(1);
                ensure(gather.running.insert(child), "a child's number", event, "another child has it");
            }
            What::GatherAwaited { gather } => {
                let (gather, parent) = (self.gather(event, gather), turns.running());
                let known = !gather.idle && parent.is_some() && gather.parent == parent;
                ensure(!known, "a gather's parent", event, "it was the parent already");
                (gather.parent, gather.idle, gather.notified) = (parent, false, false);
            }
            What::ResultTaken { gather, child } => {
                let gather = self.gather(event, gather);
                ensure(!gather.running.contains(&child), "a child", event, "it has not ended");
                (gather.parent, gather.idle, gather.notified) = (turns.running(), true, false);
            }
            What::ChildEnded { gather, child, stops } => {
                let gather = self.gather(event, gather);
                ensure(gather.running.remove(&child), "a child", event, "it has not begun, or has ended");
                if !gather.notified && (stops || gather.running.is_empty()) {
                    gather.notified = true;
                    owed.extend(gather.parent.map(|parent| (parent, "its gather's last child")));
                }
            }
            What::ChildCancelled { gather, child } => {
                let ending = self.ending; // nothing starts any more
                let gather = self.gather(event, gather);
                ensure(gather.running.remove(&child) || ending, "a child", event, "it does not run");
                if ending {
                    gather.announced = 0;
                }
            }
            What::GatherDone { gather } | What::GatherDropped { gather } => self.end(event, gather),
            _ => {}
        }
    }

    fn gather(&mut self, event: &Event, number: usize) -> &mut Gather {
        ensure(self.under_way.contains_key(&number), "I8", event, "the gather is not under way");
        self.under_way.get_mut(&number).unwrap()
    }

    fn end(&mut self, event: &Event, number: usize) {
        let gather = self.gather(event, number);
        let over = gather.running.is_empty() && gather.announced == 0;
        ensure(over, "I8", event, (&*gather, "children are left"));
        self.under_way.remove(&number);
    }
}
