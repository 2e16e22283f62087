//! The clock, for tests that hold it.

use crate::reactor::Reactor;
use crate::runtime::{self, current};
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// What time it is by the clock of the runtime that runs on this thread; the system's with
/// none.
///
/// The same as [`Instant::now`], until the clock is paused. From then on this is the one to
/// compute deadlines from, since the two differ.
///
/// ```
/// use std::time::Instant;
///
/// let before = Instant::now();
/// assert!(shirr::block_on(async { shirr::time::now() }) >= before);
/// ```
pub fn now() -> Instant {
    runtime::now()
}

/// Stops the clock of the runtime that runs on this thread, where it is.
///
/// A paused clock moves by itself from deadline to deadline, in no time, but only when
/// there is nothing else to wait for: no task is ready, no [`unblock`](crate::unblock) and
/// no look-up of a name has a helper at work, and no operation waits for a socket. Otherwise
/// the loop waits for events as ever, and time does not move meanwhile; [`stalled`] says for what.
/// So a `timeout` around a request does not elapse because the test's clock outran the
/// network. (tokio's clock goes on while sockets are waited for.)
///
/// A `timeout` around a read from a silent peer does not elapse then, and the test hangs. When
/// nothing has happened for a second of real time, the loop prints on stderr what `stalled`
/// returns, and what moves such a clock: [`advance`], or a runtime that was built with
/// [`Builder::time_outruns_sockets`](crate::Builder::time_outruns_sockets). It says so once
/// until time moves.
///
/// What the runtime cannot know of are threads that it did not start. A task that awaits
/// a channel from one should not count on the paused clock to wait.
///
/// It is paused until [`resume`] or the runtime's end, also from one `block_on` to the next.
/// To start with a paused clock, there is
/// [`Builder::paused`](crate::Builder::paused). [`Instant::now`] is not affected; [`now`] is.
///
/// # Panics
/// When it is paused already, and with no shirr runtime on the thread.
///
/// ```
/// use shirr::time::{now, pause, sleep, timeout};
/// use std::time::Duration;
///
/// shirr::block_on(async {
///     pause();
///     let start = now();
///     let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(24 * 3600));
///     assert!(timeout(hour, sleep(day)).await.is_err());
///     assert_eq!(now() - start, hour); // by that clock: it took no time
/// });
/// ```
#[track_caller]
pub fn pause() {
    current("shirr::time::pause").reactor.clock().pause();
}

/// Has the clock go again as fast as the system's, from where it was paused.
///
/// It shows another time than [`Instant::now`] from then on, by as much as it was moved or
/// stood.
///
/// # Panics
/// When it is not paused, while an [`advance`] is under way, with no shirr runtime on the thread,
/// and in a run that is explored (feature `explore`).
///
/// ```
/// use shirr::time::{advance, now, pause, resume};
/// use std::time::{Duration, Instant};
///
/// shirr::block_on(async {
///     pause();
///     advance(Duration::from_secs(3600)).await;
///     resume();
///     assert!(now() > Instant::now() + Duration::from_secs(3590)); // an hour ahead, and going
/// });
/// ```
#[track_caller]
pub fn resume() {
    current("shirr::time::resume").reactor.clock().resume();
}

/// Moves a paused clock by `duration`, and lets everything happen that is due by then.
///
/// First every task that is ready runs, until none is. Then the clock goes to the nearest
/// deadline, fires the timers of that moment in the order in which they were made, and again
/// tasks run until none is ready, those included that a woken task wakes or spawns; and so on
/// to the end. So each timer fires at its own time, also one that is made on the way, and
/// what awaits it sees [`now`] show just that. (tokio moves the clock first and then fires
/// what is due; asyncio has no such clock.) When `advance` returns, nothing is left to do but
/// to wait. With a duration of zero it is a way to let all tasks run that can.
///
/// It moves also while a helper works or a socket is waited for; that is what it is for.
/// A socket that has news by then is heard first, and not waited for if it has none. A task
/// that never stops giving way keeps it from returning.
///
/// Counts from its first poll. Dropped early, it leaves the clock where it is by then.
///
/// # Panics
/// When awaited while the clock is not paused or another `advance` is under way, or with no
/// shirr runtime on the thread. When the clock has no name for a moment so far away.
///
/// ```
/// use shirr::time::{advance, pause, sleep};
/// use std::time::Duration;
///
/// shirr::block_on(async {
///     pause();
///     let nap = shirr::spawn(sleep(Duration::from_secs(10)));
///     advance(Duration::from_secs(9)).await;
///     assert!(!nap.is_finished());
///     advance(Duration::from_secs(1)).await;
///     assert!(nap.is_finished());
/// });
/// ```
pub fn advance(duration: Duration) -> Advance {
    Advance { course: Course::New(duration) }
}

/// The future of [`advance`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Advance {
    course: Course,
}

#[derive(Debug)]
enum Course {
    New(Duration),
    /// It moves this runtime's clock, wherever it is polled.
    UnderWay(Weak<Reactor>),
    Over,
}

impl Future for Advance {
    type Output = ();

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Course::New(duration) = self.course {
            let reactor = &current("shirr::time::advance").reactor;
            reactor.clock().begin_advance(duration);
            self.course = Course::UnderWay(Rc::downgrade(reactor));
        }
        if self.reactor().is_some_and(|reactor| !reactor.clock().poll_advance(cx.waker())) {
            return Poll::Pending;
        }
        self.end();
        Poll::Ready(())
    }
}

impl Advance {
    /// The one whose clock it moves.
    fn reactor(&self) -> Option<Rc<Reactor>> {
        match &self.course {
            Course::UnderWay(reactor) => reactor.upgrade(),
            _ => None,
        }
    }

    fn end(&mut self) {
        if let Some(reactor) = self.reactor() {
            self.course = Course::Over;
            reactor.clock().end_advance();
        }
    }
}

impl Drop for Advance {
    fn drop(&mut self) {
        self.end();
    }
}

/// Why time stands although timers wait, in a sentence for people; `None` when it goes, when
/// no timer waits, and when it will move as soon as the caller waits.
///
/// For a test to find out before it hangs; the loop says the same on stderr when nothing has
/// happened for a second of such a wait ([`pause`]). The caller itself, which runs now,
/// does not count as a task that is ready.
///
/// # Panics
/// With no shirr runtime on the thread.
///
/// ```
/// use shirr::net::TcpListener;
/// use shirr::time::{pause, sleep, stalled};
/// use std::time::Duration;
///
/// shirr::block_on(async {
///     pause();
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let _server = shirr::spawn(async move { listener.accept().await });
///     let _nap = shirr::spawn(sleep(Duration::from_secs(3)));
///     shirr::yield_now().await;
///     assert_eq!(
///         stalled().unwrap(),
///         "1 timer waits, the next in 3s; time stands still because 1 socket operation is in flight"
///     );
///     # Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[track_caller]
pub fn stalled() -> Option<String> {
    current("shirr::time::stalled").stalled()
}
