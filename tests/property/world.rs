//! The same trees made of futures, on a clock that the test moves by hand.

use super::model::{Gone, Seen, show};
use super::tree::{End, Form, Item, Leaf, Time, What};
use crate::common::{begin, caught, turns};
use shirr::{AbortHandle, JoinError, Runtime, as_completed, gather, spawn, try_gather, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// What a leaf gives: a text, and something that shows when it is dropped.
type Out = (String, Rc<()>);
type Child = Pin<Box<dyn Future<Output = Result<Out, Out>>>>;

#[derive(Default)]
pub(crate) struct World {
    now: Cell<Time>,
    sleepers: RefCell<Vec<(Time, Waker)>>,
    gone: RefCell<Vec<Gone>>,
    /// By number of the item, how often it was dropped.
    drops: RefCell<Vec<usize>>,
    keys: RefCell<Vec<Option<AbortHandle>>>,
    outputs: Rc<()>,
}

impl World {
    async fn sleep(&self, time: Time) {
        let deadline = self.now.get() + time;
        poll_fn(|cx| {
            if self.now.get() >= deadline {
                return Poll::Ready(());
            }
            self.sleepers.borrow_mut().push((deadline, cx.waker().clone()));
            Poll::Pending
        })
        .await
    }

    fn next_deadline(&self) -> Option<Time> {
        self.sleepers.borrow().iter().map(|(deadline, _)| *deadline).min()
    }

    fn move_to(&self, time: Time) {
        self.now.set(time);
        let (due, later) = self.sleepers.take().into_iter().partition(|(deadline, _)| *deadline <= time);
        *self.sleepers.borrow_mut() = later;
        let due: Vec<(Time, Waker)> = due;
        due.into_iter().for_each(|(_, waker)| waker.wake());
    }

    fn assert_each_leaf_was_dropped_once(&self, items: &[Item]) {
        for (item, drops) in items.iter().zip(&*self.drops.borrow()) {
            let expected = usize::from(matches!(item.what, What::Leaf(_)));
            assert_eq!(*drops, expected, "drops of {item:?}");
        }
    }

    fn out(&self, text: impl Into<String>) -> Out {
        (text.into(), Rc::clone(&self.outputs))
    }
}

/// Says when its leaf is gone.
struct Guard {
    world: Rc<World>,
    number: usize,
    begun: bool,
    ended: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.world.drops.borrow_mut()[self.number] += 1;
        if self.begun {
            self.world.gone.borrow_mut().push((self.world.now.get(), self.number, self.ended));
        }
    }
}

async fn live(leaf: Leaf, mut guard: Guard) -> Result<Out, Out> {
    guard.begun = true;
    let (world, number) = (Rc::clone(&guard.world), guard.number);
    turns(leaf.yields).await;
    world.sleep(leaf.sleep).await;
    turns(leaf.yields).await;
    match leaf.end {
        End::Never => return pending().await,
        End::Abort(target, then) => {
            let key = world.keys.borrow()[target];
            key.into_iter().for_each(AbortHandle::abort);
            world.sleep(then).await;
        }
        End::Value | End::Error | End::Panic => {}
    }
    guard.ended = true;
    match leaf.end {
        End::Error => Err(world.out(format!("e{number}"))),
        // Without the message that `panic!` prints.
        End::Panic => resume_unwind(Box::new(format!("p{number}"))),
        _ => Ok(world.out(format!("v{number}"))),
    }
}

async fn live_as_a_task(world: Rc<World>, leaf: Leaf, guard: Guard) -> Result<Out, Out> {
    let number = guard.number;
    let task = spawn(live(leaf, guard));
    world.keys.borrow_mut()[number] = Some(task.abort_handle());
    match task.await {
        Ok(result) => result,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => Err(world.out("aborted")),
    }
}

fn text_of(panic: JoinError) -> String {
    *panic.into_panic().downcast().expect("the leaves panic with texts")
}

/// The future of an item, with everything below it.
fn grow(items: &[Item], at: usize, world: &Rc<World>) -> Child {
    let world = Rc::clone(world);
    match &items[at].what {
        What::Leaf(leaf) => {
            let guard = Guard { world: Rc::clone(&world), number: at, begun: false, ended: false };
            if leaf.spawned {
                Box::pin(live_as_a_task(world, *leaf, guard))
            } else {
                Box::pin(live(*leaf, guard))
            }
        }
        What::Whole { form, limit, children } => {
            let children = children.iter().map(|child| grow(items, *child, &world)).collect();
            Box::pin(live_together(world, *form, *limit, children))
        }
    }
}

async fn live_together(world: Rc<World>, form: Form, limit: usize, all: Vec<Child>) -> Result<Out, Out> {
    let either = |result: Result<Out, Out>| result.unwrap_or_else(|error| error).0;
    let given: Vec<String> = match form {
        Form::Gather => gather(all).limit(limit).await.into_iter().map(either).collect(),
        Form::Settled => {
            let results = gather(all).settled().limit(limit).await.into_iter();
            results.map(|result| result.map_or_else(text_of, either)).collect()
        }
        Form::Try => try_gather(all).limit(limit).await?.into_iter().map(|out| out.0).collect(),
        Form::AsCompleted => {
            let (mut source, mut given) = (as_completed(all).limit(limit), Vec::new());
            while let Some((position, result)) = source.next().await {
                given.push((position, either(result)));
            }
            return Ok(world.out(show(form, given)));
        }
    };
    Ok(world.out(show(form, given.into_iter().enumerate().collect())))
}

/// Lets everything run until all wait for the clock.
async fn settle() {
    yield_now().await;
    while shirr::metrics().ready > 0 {
        yield_now().await;
    }
}

/// Runs a tree until nothing more can happen, and says what was seen.
///
/// # Panics
/// When a leaf was not dropped once, or an output or a task is left.
pub(crate) fn run(items: &[Item], drop_at: Option<Time>) -> Seen {
    in_a_world(items, async |world| watch(items, drop_at, world).await)
}

/// Runs a tree for some turns and drops it, in whatever state it is.
///
/// # Panics
/// As [`run`]; and when a tree of which nothing runs on by itself is not gone at once.
pub(crate) fn cut(items: &[Item], turns: usize) {
    in_a_world(items, async |world| {
        let mut root = Box::pin(caught(grow(items, 0, world)));
        for _ in 0..turns {
            if begin(&mut root).await.is_ready() {
                break;
            }
            yield_now().await;
            if shirr::metrics().ready == 0 {
                world.next_deadline().into_iter().for_each(|time| world.move_to(time));
            }
        }
        drop(root);
        if !items.iter().any(runs_on) {
            world.assert_each_leaf_was_dropped_once(items);
            assert_eq!(shirr::metrics().tasks, 1);
        }
        settle().await;
    });
}

/// Whether something of it may outlive the tree.
fn runs_on(item: &Item) -> bool {
    matches!(item.what, What::Leaf(leaf) if leaf.spawned)
}

fn in_a_world<T>(items: &[Item], body: impl AsyncFnOnce(&Rc<World>) -> T) -> T {
    let (world, runtime) = (Rc::new(World::default()), Runtime::new().unwrap());
    *world.drops.borrow_mut() = vec![0; items.len()];
    *world.keys.borrow_mut() = vec![None; items.len()];
    let seen = runtime.block_on(body(&world));
    drop(runtime);
    world.assert_each_leaf_was_dropped_once(items);
    assert_eq!(Rc::strong_count(&world.outputs), 1, "an output was not dropped");
    assert_eq!(Rc::strong_count(&world), 1);
    seen
}

async fn watch(items: &[Item], mut drop_at: Option<Time>, world: &Rc<World>) -> Seen {
    let root = spawn(grow(items, 0, world));
    settle().await;
    while let Some(time) = [world.next_deadline(), drop_at].into_iter().flatten().min() {
        world.move_to(time);
        if drop_at == Some(time) {
            drop_at = None;
            root.abort();
        }
        settle().await;
    }
    world.now.set(Time::MAX);
    root.abort();
    let result = match root.await {
        Ok(result) => result.unwrap_or_else(|error| error).0,
        Err(error) if error.is_panic() => text_of(error),
        Err(_) => "dropped".into(),
    };
    settle().await;
    let mut gone = world.gone.take();
    gone.sort_unstable();
    let metrics = shirr::metrics();
    assert_eq!((metrics.ready, metrics.timers, metrics.sources), (0, 0, 0));
    Seen { result, gone, left: metrics.tasks - 1 }
}
