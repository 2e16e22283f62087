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
    /// Adds a task that is aborted at the body's end.
    Tied(Vec<Step>),
    /// Adds tasks to a set, and takes so many outputs before it does that with the rest.
    Set {
        tasks: Vec<Vec<Step>>,
        taken: usize,
        rest: Rest,
    },
    /// Has a handle add a task that gives way so often, and awaits it for so many milliseconds.
    Order {
        times: usize,
        from_thread: bool,
        ms: u32,
    },
    /// Ticks once for each of these, which reset the interval before, if they are a time.
    Ticks {
        period: u32,
        resets: Vec<Option<u32>>,
    },
    /// Begins a sleep, gives it another time so many turns later, and awaits it.
    Reset {
        ms: u32,
        turns: usize,
        to: u32,
    },
    /// Asks a helper thread, and awaits the answer, or drops it after so many turns.
    Unblock(Option<usize>),
    /// Moves the clock, unless another body does.
    Advance(u32),
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
    /// Panics, unless its thread unwinds already.
    Panic,
}

/// What is done with the tasks of a set that are left in it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rest {
    /// Aborts them and takes what became of them.
    Abort,
    Detach,
    Drop,
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
    /// The macro, over three children; it settles them, or not.
    Macro(bool),
    /// As completed and settled, and dropped after so many results.
    Taken(usize),
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
        5 => by_itself(),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let body = vec(inner, 0..5);
        prop_oneof![
            2 => body.clone().prop_map(Step::Spawn),
            1 => body.clone().prop_map(Step::Tied),
            1 => (vec(body.clone(), 0..5), 0..5_usize, rest())
                .prop_map(|(tasks, taken, rest)| Step::Set { tasks, taken, rest }),
            3 => (form(), prop::option::of(1..4_usize), vec(body, 0..5))
                .prop_map(|(form, limit, children)| Step::Gather { form, limit, children }),
        ]
    })
}

/// What a body does by itself, in `steps.rs`.
fn by_itself() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..4_usize, any::<bool>(), 0..5_u32)
            .prop_map(|(times, from_thread, ms)| Step::Order { times, from_thread, ms }),
        2 => (1..9_u32, vec(prop::option::of(0..20_u32), 1..4))
            .prop_map(|(period, resets)| Step::Ticks { period, resets }),
        2 => (0..20_u32, 0..3_usize, 0..20_u32)
            .prop_map(|(ms, turns, to)| Step::Reset { ms, turns, to }),
        1 => prop::option::of(0..3_usize).prop_map(Step::Unblock),
        1 => (0..9_u32).prop_map(Step::Advance),
    ]
}

fn rest() -> impl Strategy<Value = Rest> {
    prop_oneof![Just(Rest::Abort), Just(Rest::Detach), Just(Rest::Drop)]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![
        3 => Just(Form::All),
        1 => Just(Form::Settled),
        2 => (0..20_u32).prop_map(Form::Within),
        2 => Just(Form::AsCompleted),
        2 => (0..6_usize).prop_map(Form::Dropped),
        2 => Just(Form::Failing),
        2 => any::<bool>().prop_map(Form::Macro),
        2 => (0..4_usize).prop_map(Form::Taken),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (0..3_usize).prop_map(Act::Spawn),
        2 => (0..9_usize).prop_map(Act::Abort),
        1 => (0..9_usize).prop_map(Act::Detach),
        1 => Just(Act::Wake),
        1 => Just(Act::Sleep),
        1 => Just(Act::Panic),
    ]
}
