//! A random program made of futures, which reads its runtime's metrics now and then.

use super::program::{Act, Form, Step};
use super::steps::{advance_clock, in_a_set, order, reset, ticks, unblocked, wake_late};
use crate::common::{begin, poll_once, turns};
use shirr::time::{sleep, timeout};
use shirr::trace::{Recorder, State};
use shirr::{JoinHandle, Metrics, Runtime, as_completed, gather, spawn, try_gather};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

/// What was seen in the midst of it.
#[derive(Debug)]
pub(crate) struct Probe {
    /// How many events had been recorded by then.
    pub(crate) events: u64,
    pub(crate) metrics: Metrics,
    pub(crate) state: State,
}

/// What all bodies of one program share.
pub(super) struct World {
    recorder: Recorder,
    probes: RefCell<Vec<Probe>>,
    handles: RefCell<Vec<JoinHandle<()>>>,
    /// Of a task that has ended.
    late: RefCell<Option<Waker>>,
    /// Whether a body moves the clock.
    pub(super) moves: Cell<bool>,
    /// What did not hold.
    broken: RefCell<Vec<&'static str>>,
}

/// Runs the program on a paused clock; the runtime is gone when this returns.
pub(crate) fn run(program: &[Step], recorder: &Recorder) -> Vec<Probe> {
    let world = Rc::new(World {
        recorder: recorder.clone(),
        probes: RefCell::default(),
        handles: RefCell::default(),
        late: RefCell::default(),
        moves: Cell::default(),
        broken: RefCell::default(),
    });
    let runtime = Runtime::builder().paused().record(recorder).build().unwrap();
    let main = body(&world, program.to_vec());
    // A panic of the root passes through.
    let _ = catch_unwind(AssertUnwindSafe(|| runtime.block_on(main)));
    let detached = runtime.spawn(turns(2));
    world.note(runtime.metrics());
    let _ = runtime.run_ready();
    world.note(runtime.metrics());
    runtime.block_on(turns(1));
    drop(runtime);
    drop(detached);
    world.handles.take();
    world.late.take().into_iter().for_each(wake_late);
    assert_eq!(world.broken.take(), [""; 0]);
    world.probes.take()
}

impl World {
    fn note(&self, metrics: Metrics) {
        let (state, recording) = (self.recorder.state(), self.recorder.recording());
        let events = recording.lost + recording.events.len() as u64;
        self.probes.borrow_mut().push(Probe { events, metrics, state });
    }

    /// Notes what is promised, if it does not hold.
    pub(super) fn hold(&self, holds: bool, promise: &'static str) {
        if !holds {
            self.broken.borrow_mut().push(promise);
        }
    }

    /// Takes one of the handles that lie about, if there are any.
    fn handle(&self, number: usize) -> Option<JoinHandle<()>> {
        let mut handles = self.handles.borrow_mut();
        let n = handles.len();
        (n > 0).then(|| handles.swap_remove(number % n))
    }
}

pub(super) type Body = Pin<Box<dyn Future<Output = ()>>>;

pub(super) fn body(world: &Rc<World>, steps: Vec<Step>) -> Body {
    let world = Rc::clone(world);
    Box::pin(async move {
        let mut at_end: Vec<Box<dyn Any>> = Vec::new();
        for step in steps {
            match step {
                Step::AtDrop(act) => at_end.push(Box::new(AtDrop { world: Rc::clone(&world), act })),
                Step::Tied(steps) => at_end.push(Box::new(spawn(body(&world, steps)).abort_on_drop())),
                step => take(&world, step).await,
            }
        }
    })
}

/// Acts when it is dropped.
struct AtDrop {
    world: Rc<World>,
    act: Act,
}

impl Drop for AtDrop {
    fn drop(&mut self) {
        let world = &self.world;
        match self.act {
            Act::Spawn(times) => {
                let task = spawn(turns(times));
                world.handles.borrow_mut().push(task);
            }
            Act::Abort(handle) => {
                let Some(handle) = world.handle(handle) else { return };
                handle.abort();
                world.handles.borrow_mut().push(handle);
            }
            Act::Detach(handle) => drop(world.handle(handle)),
            Act::Wake => world.late.borrow().iter().for_each(Waker::wake_by_ref),
            Act::Sleep => drop(poll_once(&mut sleep(ms(1)))),
            Act::Panic if thread::panicking() => {} // a second one would end the process
            Act::Panic => resume_unwind(Box::new(())),
        }
    }
}

async fn take(world: &Rc<World>, step: Step) {
    match step {
        Step::Yield(times) => turns(times).await,
        Step::Sleep(time) => sleep(ms(time)).await,
        Step::Spawn(steps) => {
            let task = spawn(body(world, steps));
            world.handles.borrow_mut().push(task);
        }
        Step::Join { handle, ms: time, keep } => {
            let Some(mut handle) = world.handle(handle) else { return };
            let ended = timeout(ms(time), &mut handle).await.is_ok();
            if keep && !ended {
                world.handles.borrow_mut().push(handle);
            }
        }
        Step::Detach(handle) => drop(world.handle(handle)),
        Step::Abort { handle, from_thread } => {
            let Some(handle) = world.handle(handle) else { return };
            let key = handle.abort_handle();
            if from_thread {
                thread::spawn(move || key.abort()).join().unwrap();
            } else {
                key.abort();
            }
            world.handles.borrow_mut().push(handle);
        }
        Step::Gather { form, limit, children } => gathered(world, form, limit, children).await,
        Step::Wake(times) => wake(world, times).await,
        Step::Thread => by_thread().await,
        Step::HandOn(time) => {
            let mut sleeps = sleep(ms(time));
            let _ = begin(&mut sleeps).await;
            world.handles.borrow_mut().push(spawn(sleeps));
        }
        Step::AtDrop(_) | Step::Tied(_) => unreachable!("its body keeps it"),
        Step::Set { tasks, taken, rest } => in_a_set(world, tasks, taken, rest).await,
        Step::Order { times, from_thread, ms: time } => order(world, times, from_thread, ms(time)).await,
        Step::Ticks { period, resets } => ticks(world, period, resets).await,
        Step::Reset { ms: time, turns, to } => reset(world, ms(time), turns, ms(to)).await,
        Step::Unblock(dropped_after) => unblocked(world, dropped_after).await,
        Step::Advance(time) => advance_clock(world, ms(time)).await,
        Step::Probe => world.note(shirr::metrics()),
        Step::Panic => resume_unwind(Box::new(())),
    }
}

pub(super) fn ms(time: u32) -> Duration {
    Duration::from_millis(u64::from(time))
}

async fn gathered(world: &Rc<World>, form: Form, limit: Option<usize>, children: Vec<Vec<Step>>) {
    let limit = limit.unwrap_or(usize::MAX);
    let first = children.len();
    let children = children.into_iter().map(|steps| body(world, steps)).collect::<Vec<_>>();
    match form {
        Form::All => drop(gather(children).limit(limit).await),
        Form::Settled => drop(gather(children).settled().limit(limit).await),
        Form::Within(time) => drop(gather(children).settled().limit(limit).within(ms(time)).await),
        Form::AsCompleted => {
            let mut all = as_completed(children).limit(limit);
            while all.next().await.is_some() {}
        }
        Form::Dropped(after) => {
            let mut all = gather(children).limit(limit);
            let _ = begin(&mut all).await;
            turns(after).await;
        }
        Form::Failing => {
            let fails = |(number, child): (usize, Body)| async move {
                child.await;
                if number == 0 { Err(first) } else { Ok(()) }
            };
            let all = try_gather(children.into_iter().enumerate().map(fails)).limit(limit);
            let _ = all.await;
        }
        Form::Macro(settles) => by_macro(world, limit, children, settles).await,
        Form::Taken(results) => {
            let mut all = as_completed(children).settled().limit(limit);
            for _ in 0..results {
                let _ = all.next().await;
            }
        }
    }
}

async fn by_macro(world: &Rc<World>, limit: usize, children: Vec<Body>, settles: bool) {
    let mut children = children.into_iter();
    let [a, b, c] = [(); 3].map(|()| children.next().unwrap_or_else(|| body(world, Vec::new())));
    if settles {
        drop(gather!(a, b, c).settled().limit(limit).await);
    } else {
        gather!(a, b, c).limit(limit).await;
    }
}

/// Is woken by itself, and wakes a task that has ended.
async fn wake(world: &World, times: usize) {
    let mut woken = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut woken, true) {
            return Poll::Ready(());
        }
        (0..times).for_each(|_| cx.waker().wake_by_ref());
        let late = world.late.replace(Some(cx.waker().clone()));
        late.into_iter().for_each(Waker::wake);
        Poll::Pending
    })
    .await
}

async fn by_thread() {
    let mut asked = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        drop(thread::spawn(move || waker.wake()));
        Poll::Pending
    })
    .await
}
