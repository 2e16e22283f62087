//! A runtime's settings.

use crate::choice;
use crate::runtime::Runtime;
use crate::runtime::context::Core;
use crate::trace;
use std::io;
use std::rc::Rc;

impl Runtime {
    /// A way to make a runtime with other settings.
    pub fn builder() -> Builder {
        Builder::new()
    }
}

/// Settings for a [`Runtime`].
///
/// ```
/// let runtime = shirr::Runtime::builder().helper_threads(1).build()?;
/// assert_eq!(runtime.block_on(shirr::unblock(|| 6 * 7)).unwrap(), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes nothing until `build`"]
pub struct Builder {
    pub(crate) helper_threads: usize,
    pub(crate) paused: bool,
    pub(crate) outruns_sockets: bool,
    trace: trace::Settings,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let trace = trace::Settings::new();
        Self { helper_threads: 4, paused: false, outruns_sockets: false, trace }
    }

    /// Has `recorder` keep what the runtime does, from its making to the end of its drop.
    ///
    /// What another runtime of this thread does meanwhile is not in it. What happens to its
    /// sockets and gathers is in it, by any task's doing, until the runtime is gone. What else is
    /// done while no runtime runs, such as the drop of a handle, is in that of the runtime which
    /// was made last. One recorder may be given to one runtime after another; while the one lives,
    /// [`build`](Self::build) refuses another, since their tasks have the same slots.
    #[cfg(feature = "trace")]
    pub fn record(mut self, recorder: &trace::Recorder) -> Self {
        self.trace.recorder = Some(recorder.clone());
        self
    }

    /// Has the runtime say on stderr what every task waits for
    /// ([`trace::waiting`](trace::waiting())), whenever it goes to sleep and nothing can wake
    /// it but another thread: no timer, no socket, no closure of its own. A circle of handles
    /// is named as a deadlock, which it is unless one of them is aborted, or woken by a waker that
    /// shirr does not see. What it has said it does not say again until something changes.
    /// In a server, which always waits for connections, use
    /// [`report_stuck_after`](Self::report_stuck_after).
    #[cfg(feature = "trace")]
    pub fn report_stuck(mut self) -> Self {
        self.trace.report_stuck = true;
        self
    }

    /// As [`report_stuck`](Self::report_stuck), and has a thread say on stderr which tasks were
    /// not polled for `after`, of real time, while others may go on; at the latest when twice
    /// that is over. So what is stuck in a server is named, too, where a timer or a connection
    /// is waited for at any time.
    ///
    /// A task that waits for a timer or a new connection is left out, since that may well be all
    /// it has to do. One that waits for another task or a gather is left out unless they wait in
    /// a circle, since that task, or those children, are looked at themselves. A task that keeps
    /// the loop is named as being polled. What was said of a task is not said again until it is
    /// polled. A connection that is kept open with nothing to say is no fault, but looks like
    /// one; let `after` be longer than that may last.
    ///
    /// The thread ends soon after the runtime. To ask at any moment there is
    /// [`Recorder::report`](trace::Recorder::report). [`build`](Self::build) fails when the system
    /// has no thread left.
    ///
    /// # Panics
    /// When `after` is zero.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let runtime = shirr::Runtime::builder().report_stuck_after(Duration::from_secs(10)).build()?;
    /// runtime.block_on(async { /* serve */ });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "trace")]
    #[track_caller]
    pub fn report_stuck_after(mut self, after: std::time::Duration) -> Self {
        assert!(!after.is_zero(), "after no time at all every task is stuck; use a few seconds");
        self.trace.stuck_after = Some(after);
        self.report_stuck()
    }

    /// On how many threads at most [`unblock`](crate::unblock()) runs its closures and names are looked up
    /// ([`lookup_host`](crate::net::lookup_host)); 4 if not set. Threads are started when
    /// needed and end when idle for a few seconds.
    ///
    /// # Panics
    /// When `n` is zero: nothing given to `unblock` could ever run.
    #[track_caller]
    pub fn helper_threads(mut self, n: usize) -> Self {
        assert!(n > 0, "a shirr runtime needs at least one helper thread; they start when needed only");
        self.helper_threads = n;
        self
    }

    /// The runtime's clock is paused from the start, as after [`time::pause`](crate::time::pause),
    /// which says when it moves: not while an operation waits for a socket, unless
    /// [`time_outruns_sockets`](Self::time_outruns_sockets) is set, too. For tests.
    ///
    /// ```
    /// use shirr::time::{now, sleep};
    /// use std::time::Duration;
    ///
    /// let runtime = shirr::Runtime::builder().paused().build()?;
    /// runtime.block_on(async {
    ///     let start = now();
    ///     sleep(Duration::from_secs(3600)).await; // takes no time
    ///     assert_eq!(now() - start, Duration::from_secs(3600)); // to the nanosecond
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn paused(mut self) -> Self {
        self.paused = true;
        self
    }

    /// A paused clock moves although operations wait for sockets, as tokio's does; so a
    /// `timeout` against a silent peer elapses at once. It is no other clock until it is paused.
    ///
    /// It still moves only when no task is ready, no message of another thread lies there, no
    /// helper is at work, and the sockets have no news at that moment. What a peer answers in
    /// time to come is not waited for as long as a timer waits. That is the risk: where the
    /// peer is another thread, another process or the network, a timeout may elapse because
    /// the test's clock outran the answer, now and then. With peers that are tasks of this runtime,
    /// over the loopback of a system that delivers at once, as Linux does, a test is repeatable.
    /// An [`interval`](crate::time::interval()) makes such a clock race as fast as the loop runs.
    ///
    /// ```
    /// use shirr::net::{TcpListener, TcpStream};
    /// use shirr::time::timeout;
    /// use std::time::Duration;
    ///
    /// let runtime = shirr::Runtime::builder().paused().time_outruns_sockets().build()?;
    /// runtime.block_on(async {
    ///     let silent = TcpListener::bind("127.0.0.1:0").await?;
    ///     let stream = TcpStream::connect(silent.local_addr()?).await?;
    ///     let mut answer = [0; 9];
    ///     let read = timeout(Duration::from_secs(2), stream.read(&mut answer)).await;
    ///     assert!(read.is_err()); // without the switch it hangs, and says why
    ///     # Ok::<(), std::io::Error>(())
    /// })
    /// # .unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn time_outruns_sockets(mut self) -> Self {
        self.outruns_sockets = true;
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// See [`Runtime::new`]; also when another runtime is alive that has the same recorder.
    pub fn build(self) -> io::Result<Runtime> {
        choice::make!(choice::shuffle());
        let traced = trace::Session::begin(self.trace.clone())?;
        let _traced = traced.at_work(); // a paused clock from the start says so
        let core = Rc::new(Core::new(&self)?);
        Ok(Runtime { core, traced })
    }
}
