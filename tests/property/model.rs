//! What a tree of gathers must do, said again without futures: one thing happens at a
//! time, and what follows from it follows at once.

use super::tree::{End, Form, Item, Leaf, Time, What};
use std::collections::BTreeMap;

/// What became of a child.
#[derive(Clone, Debug)]
enum Ended {
    Value(String),
    Error(String),
    Panic(String),
}

/// When a leaf that had begun was gone, and whether it had come to its end.
pub(crate) type Gone = (Time, usize, bool);

/// What can be seen of a run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) result: String,
    pub(crate) gone: Vec<Gone>,
    /// Children and tasks that run on when all that can happen has happened.
    pub(crate) left: usize,
}

#[derive(Clone, Default)]
struct State {
    alive: bool,
    /// No task waits for it any more.
    orphan: bool,
    /// Its handle was dropped: of a task and the child that awaits it, the task is left.
    unheld: bool,
    /// A leaf has aborted whom it aborts.
    aborted: bool,
    started: usize,
    running: usize,
    /// Of a whole: what its children gave, by position and in order of time.
    given: Vec<(usize, String)>,
}

pub(crate) struct Model<'a> {
    items: &'a [Item],
    states: Vec<State>,
    now: Time,
    /// The leaf whose sleep ends then; none for the drop of the whole tree.
    events: BTreeMap<Time, Option<usize>>,
    /// Two things were to happen at once, and it is not for this model to say in which order.
    tie: bool,
    seen: Seen,
}

impl<'a> Model<'a> {
    /// Everything that happens, unless two things were to happen at the same time.
    pub(crate) fn run(items: &'a [Item], drop_at: Option<Time>) -> Option<Seen> {
        let states = vec![State::default(); items.len()];
        let mut model =
            Self { items, states, now: 0, events: BTreeMap::new(), tie: false, seen: Seen::default() };
        if let Some(time) = drop_at {
            model.events.insert(time, None);
        }
        model.start(0);
        while let Some((time, event)) = model.events.pop_first() {
            model.now = time;
            match event {
                Some(leaf) if model.states[leaf].alive => model.wake(leaf),
                Some(_) => {}
                None => model.drop_root(),
            }
        }
        model.now = Time::MAX;
        model.drop_root();
        model.seen.left = (0..items.len()).map(|at| model.tasks_of(at)).sum();
        model.seen.gone.sort_unstable();
        (!model.tie).then_some(model.seen)
    }

    /// How many tasks and children an item is.
    fn tasks_of(&self, at: usize) -> usize {
        let state = &self.states[at];
        let spawned = matches!(self.items[at].what, What::Leaf(Leaf { spawned: true, .. }));
        usize::from(state.alive) + usize::from(state.alive && spawned && !state.unheld)
    }

    fn start(&mut self, at: usize) {
        self.states[at].alive = true;
        match &self.items[at].what {
            What::Leaf(leaf) => self.sleep(at, leaf.sleep),
            What::Whole { limit, children, .. } => {
                for child in children.iter().take(*limit) {
                    self.states[at].started += 1;
                    self.states[at].running += 1;
                    self.start(*child);
                }
            }
        }
    }

    fn sleep(&mut self, leaf: usize, time: Time) {
        self.tie |= self.events.insert(self.now + time, Some(leaf)).is_some();
    }

    /// The sleep of a leaf is over.
    fn wake(&mut self, at: usize) {
        let What::Leaf(leaf) = self.items[at].what else { unreachable!("a whole does not sleep") };
        match leaf.end {
            End::Abort(target, then) if !self.states[at].aborted => {
                self.states[at].aborted = true;
                self.abort(target);
                if self.states[at].alive {
                    self.sleep(at, then);
                }
            }
            End::Never => {}
            End::Value | End::Abort(..) => self.end_leaf(at, true, Ended::Value(format!("v{at}"))),
            End::Error => self.end_leaf(at, true, Ended::Error(format!("e{at}"))),
            End::Panic => self.end_leaf(at, true, Ended::Panic(format!("p{at}"))),
        }
    }

    fn abort(&mut self, target: usize) {
        let spawned = matches!(self.items[target].what, What::Leaf(Leaf { spawned: true, .. }));
        if spawned && self.states[target].alive {
            self.end_leaf(target, false, Ended::Error("aborted".into()));
        }
    }

    fn end_leaf(&mut self, at: usize, came_to_its_end: bool, ended: Ended) {
        self.seen.gone.push((self.now, at, came_to_its_end));
        self.end(at, ended);
    }

    fn end(&mut self, at: usize, ended: Ended) {
        self.states[at].alive = false;
        if self.states[at].orphan {
            return;
        }
        let Some((parent, position)) = self.items[at].parent else {
            let (Ended::Value(text) | Ended::Error(text) | Ended::Panic(text)) = ended;
            self.seen.result = text;
            return;
        };
        self.states[parent].running -= 1;
        let What::Whole { form, .. } = &self.items[parent].what else { unreachable!() };
        match (form, ended) {
            (Form::Try, ended @ Ended::Error(_)) => self.stop(parent, ended),
            (Form::Settled, Ended::Panic(text)) => self.give(parent, position, text),
            (_, ended @ Ended::Panic(_)) => self.stop(parent, ended),
            (_, Ended::Value(text) | Ended::Error(text)) => self.give(parent, position, text),
        }
    }

    /// A child's result ends the whole, and the siblings with it.
    fn stop(&mut self, at: usize, ended: Ended) {
        self.drop_children(at);
        self.end(at, ended);
    }

    /// A child's result is kept, and there is room for the next.
    fn give(&mut self, at: usize, position: usize, text: String) {
        let What::Whole { form, children, .. } = &self.items[at].what else { unreachable!() };
        let state = &mut self.states[at];
        state.given.push((position, text));
        if let Some(next) = children.get(state.started) {
            state.started += 1;
            state.running += 1;
            self.start(*next);
        } else if state.running == 0 {
            let list = show(*form, std::mem::take(&mut state.given));
            self.end(at, Ended::Value(list));
        }
    }

    fn drop_root(&mut self) {
        if self.states[0].alive {
            self.seen.result = "dropped".into();
            self.drop_it(0);
        }
    }

    fn drop_children(&mut self, at: usize) {
        if let What::Whole { children, .. } = &self.items[at].what {
            children.iter().for_each(|child| self.drop_it(*child));
        }
    }

    fn drop_it(&mut self, at: usize) {
        if !self.states[at].alive {
            return;
        }
        match &self.items[at].what {
            // A dropped handle detaches its task.
            What::Leaf(Leaf { spawned: true, .. }) => {
                self.states[at].orphan = true;
                self.states[at].unheld = true;
            }
            What::Leaf(_) => {
                self.states[at].alive = false;
                self.seen.gone.push((self.now, at, false));
            }
            What::Whole { .. } => {
                self.states[at].alive = false;
                self.drop_children(at);
            }
        }
    }
}

/// The results of a whole, which come in order of time only from `as_completed`.
pub(crate) fn show(form: Form, mut given: Vec<(usize, String)>) -> String {
    if form != Form::AsCompleted {
        given.sort_unstable_by_key(|(position, _)| *position);
    }
    let texts: Vec<_> = given.iter().map(|(position, text)| format!("{position}:{text}")).collect();
    format!("[{}]", texts.join(" "))
}
