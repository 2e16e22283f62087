//! Random programs: what a body does, step by step.

use proptest::collection::vec;
use proptest::prelude::*;

/// What a body does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Gives way so often.
    Yield(usize),
    /// Sleeps for so many milliseconds.
    Sleep(u32),
    /// Adds a task, and keeps its handle where every body finds it.
    Spawn(Vec<Step>),
    /// Awaits one of those handles for so many milliseconds, and drops it or puts it back.
    Join {
        handle: usize,
        ms: u32,
        keep: bool,
    },
    /// Drops one of those handles.
    Detach(usize),
    /// Aborts one of those tasks, perhaps the one that runs, perhaps from another thread.
    Abort {
        handle: usize,
        from_thread: bool,
    },
    /// Gathers.
    Gather {
        form: Form,
        limit: Option<usize>,
        children: Vec<Vec<Step>>,
    },
    /// Is woken so often while it runs, and by a waker of a task that has ended.
    Wake(usize),
    /// Waits until another thread wakes it.
    Thread,
    /// Begins a sleep and hands it to another task.
    HandOn(u32),
    /// Keeps something to the body's end whose drop acts.
    AtDrop(Act),
    /// Reads the runtime's metrics.
    Probe,
    Panic,
}

/// What a destructor does, also one that runs while its task unwinds or its runtime ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Adds a task that gives way so often.
    Spawn(usize),
    /// Aborts the task of one of the handles that lie about.
    Abort(usize),
    Detach(usize),
    /// Wakes a task that has ended, or that of the drop.
    Wake,
    /// Begins a sleep and drops it.
    Sleep,
}

/// What is done with the children of a gather.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    All,
    Settled,
    /// For so many milliseconds.
    Within(u32),
    AsCompleted,
    /// Begun, and dropped after so many turns.
    Dropped(usize),
    /// The first child fails.
    Failing,
}

pub(crate) fn program() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..12)
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let leaf = prop_oneof![
        4 => (1..4_usize).prop_map(Step::Yield),
        1 => (100..200_usize).prop_map(Step::Yield),
        6 => (0..20_u32).prop_map(Step::Sleep),
        4 => (0..9_usize, 0..20_u32, any::<bool>())
            .prop_map(|(handle, ms, keep)| Step::Join { handle, ms, keep }),
        2 => (0..9_usize).prop_map(Step::Detach),
        3 => (0..9_usize, prop::bool::weighted(0.2))
            .prop_map(|(handle, from_thread)| Step::Abort { handle, from_thread }),
        2 => (1..4_usize).prop_map(Step::Wake),
        1 => Just(Step::Thread),
        2 => (0..20_u32).prop_map(Step::HandOn),
        2 => act().prop_map(Step::AtDrop),
        2 => Just(Step::Probe),
        1 => Just(Step::Panic),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let body = vec(inner, 0..5);
        prop_oneof![
            2 => body.clone().prop_map(Step::Spawn),
            3 => (form(), prop::option::of(1..4_usize), vec(body, 0..5))
                .prop_map(|(form, limit, children)| Step::Gather { form, limit, children }),
        ]
    })
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![
        3 => Just(Form::All),
        1 => Just(Form::Settled),
        2 => (0..20_u32).prop_map(Form::Within),
        2 => Just(Form::AsCompleted),
        2 => (0..6_usize).prop_map(Form::Dropped),
        2 => Just(Form::Failing),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (0..3_usize).prop_map(Act::Spawn),
        2 => (0..9_usize).prop_map(Act::Abort),
        1 => (0..9_usize).prop_map(Act::Detach),
        1 => Just(Act::Wake),
        1 => Just(Act::Sleep),
    ]
}
