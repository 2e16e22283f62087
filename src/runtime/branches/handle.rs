//! How another thread has a future made and spawned on the runtime's thread.
//!
//! ```text
//! any thread                                    the runtime's thread
//! ┌────────┐        ┌────────────────┐          ┌──────────┐ spawn  ┌─────────────────┐
//! │ Handle ┼──────► │ Orders: jobs,  │ ◄────────┼ Receiver ┼──────► │ the task: makes │
//! └────────┘  wake  │ receiver's     ┼────────► │ (a task) │        │ the future, and │
//!                   │ waker          │          └──────────┘        │ polls it        │
//! ┌──────────────┐  └────────────────┘                              └────────┬────────┘
//! │ RemoteHandle │ ◄──────────────────────── Reply ──────────────────────────┘
//! └──────────────┘
//! ```
//!
//! The receiver is a task like any other, woken through the inbox. So the loop knows nothing of
//! handles.

use super::helpers::lock;
use super::remote::{Answering, Owed, RemoteHandle, Reply};
use super::yield_now::consume_budget;
use crate::runtime::{Runtime, current, spawn};
use crate::task::{MaybeDone, Tasks};
use crate::wake::ignore_panics;
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Spawns on a runtime from any thread: it sends a closure there, which makes the future. So the
/// future need not be `Send`, only the closure and the output.
///
/// It is no runtime, and does not keep its runtime alive or running. It is for threads that the
/// runtime did not start; a task uses [`spawn`].
///
/// Behind it is a task of the runtime, which counts in [`metrics`](crate::metrics) until the last
/// clone is dropped and the runtime runs after that. Closures that it has not heard of yet are kept,
/// without a bound. Each call of [`current`](Self::current) or [`Runtime::handle`] makes another;
/// a clone does not.
///
/// ```
/// use shirr::{Handle, block_on, unblock};
/// use std::rc::Rc;
///
/// block_on(async {
///     let handle = Handle::current();
///     let answer = unblock(move || {
///         // On another thread. What the closure makes stays on the runtime's.
///         let task = handle.spawn_with(|| {
///             let factor = Rc::new(6);
///             async move { *factor * 7 }
///         });
///         block_on(task).unwrap()
///     });
///     assert_eq!(answer.await.unwrap(), 42);
/// });
/// ```
#[derive(Clone)]
pub struct Handle {
    sender: Arc<SendingEnd>,
}

/// All clones of one handle.
struct SendingEnd(Arc<Mutex<Orders>>);

/// The runtime's end of them.
struct Receiver(Arc<Mutex<Orders>>);

#[derive(Default)]
struct Orders {
    /// In the order in which they came.
    jobs: VecDeque<Delivery>,
    /// Of the receiver, while that waits.
    waker: Option<Waker>,
    /// One of the two ends is gone.
    closed: bool,
}

/// Spawns one task. Dropped instead, it says so to who waits for that.
type Delivery = Box<dyn FnOnce() + Send>;

impl Runtime {
    /// A [`Handle`] by which other threads spawn here. Its tasks run when this runtime does.
    pub fn handle(&self) -> Handle {
        let _traced = self.traced.at_work();
        Handle::new(&self.core.tasks)
    }
}

impl Handle {
    /// A handle of the runtime that runs on this thread.
    ///
    /// # Panics
    /// With no shirr runtime on this thread.
    #[track_caller]
    pub fn current() -> Self {
        Self::new(&current("shirr::Handle::current").tasks)
    }

    fn new(tasks: &Tasks) -> Self {
        let orders = Arc::default();
        drop(tasks.spawn(Receiver(Arc::clone(&orders)).run()));
        Self { sender: Arc::new(SendingEnd(orders)) }
    }

    /// Sends `make` to the runtime's thread, where a new task calls it and runs the future that
    /// it returns. Returns at once, also while the runtime does not run: then it hears of this in
    /// its next [`block_on`](Runtime::block_on) or [`run_ready`](Runtime::run_ready).
    ///
    /// What one thread sends through one handle is spawned in the order of its calls; no order of
    /// their turns is promised, as with [`spawn`]. `make` is called in its task's first turn, and
    /// a panic of it is the task's.
    ///
    /// ```
    /// # use shirr::{Runtime, block_on};
    /// let runtime = Runtime::new()?;
    /// let handle = runtime.handle();
    /// let task = std::thread::spawn(move || handle.spawn_with(async || 7)).join().unwrap();
    /// drop(runtime);
    /// assert!(block_on(task).unwrap_err().is_cancelled()); // it ended before the task did
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "spawn")]
    #[doc(alias = "run_coroutine_threadsafe")]
    #[doc(alias = "call_soon_threadsafe")]
    pub fn spawn_with<M, F>(&self, make: M) -> RemoteHandle<F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send + 'static> + 'static,
    {
        let reply = Arc::<Reply<_>>::default();
        let owed = Owed::new(make, &reply);
        self.push(Box::new(move || drop(spawn(fulfil(owed)))));
        RemoteHandle::new(reply)
    }

    fn push(&self, job: Delivery) {
        let mut orders = lock(&self.sender.0);
        if orders.closed {
            drop(orders);
            return drop(job); // foreign code, and the lock is free
        }
        orders.jobs.push_back(job);
        let waker = orders.waker.take();
        drop(orders);
        waker.into_iter().for_each(Waker::wake);
    }
}

/// The life of the task.
async fn fulfil<M, F>(owed: Owed<M, F::Output>)
where
    M: FnOnce() -> F,
    F: Future,
{
    let (make, reply) = owed.begin();
    let future = pin!(MaybeDone::new(async move { make().await }, ()));
    let answer = Answering { future: future.as_ref(), reply };
    poll_fn(|cx| answer.future.poll(cx, |_| ())).await;
}

impl Receiver {
    /// The life of the receiver. A job that panics, since the runtime has no room for its task, is
    /// dropped.
    async fn run(self) {
        while let Some(job) = poll_fn(|cx| self.poll_job(cx)).await {
            ignore_panics(job);
            consume_budget().await;
        }
    }

    /// The next job; `None` when no handle is left.
    fn poll_job(&self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let mut orders = lock(&self.0);
        if let Some(job) = orders.jobs.pop_front() {
            return Poll::Ready(Some(job));
        }
        if orders.closed {
            return Poll::Ready(None);
        }
        orders.jobs = VecDeque::new(); // a burst is over
        orders.waker = Some(cx.waker().clone()); // always one of shirr's own
        Poll::Pending
    }
}

/// The runtime ends, or there is no handle any more.
impl Drop for Receiver {
    fn drop(&mut self) {
        let mut orders = lock(&self.0);
        orders.closed = true;
        let jobs = mem::take(&mut orders.jobs);
        drop(orders);
        jobs.into_iter().for_each(|job| ignore_panics(|| drop(job)));
    }
}

impl Drop for SendingEnd {
    fn drop(&mut self) {
        let mut orders = lock(&self.0);
        orders.closed = true;
        let waker = orders.waker.take();
        drop(orders);
        waker.into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
