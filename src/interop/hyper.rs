//! hyper 1's traits: bytes, tasks and time for its connections.
//!
//! A [`TcpStream`] goes into hyper as it is. hyper's own futures then run as tasks here and
//! need not be `Send`, and neither need the services and bodies that they call.
//!
//! ```
//! use hyper::rt::{Read, ReadBuf, Write};
//! use shirr::net::{TcpListener, TcpStream};
//! use std::future::poll_fn;
//! use std::pin::Pin;
//!
//! shirr::block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let mut client = TcpStream::connect(listener.local_addr()?).await?;
//!     let (mut server, _) = listener.accept().await?;
//!
//!     // What hyper does with them.
//!     poll_fn(|cx| Pin::new(&mut client).poll_write(cx, b"GET")).await?;
//!     let mut memory = [0; 16];
//!     let mut buf = ReadBuf::new(&mut memory);
//!     poll_fn(|cx| Pin::new(&mut server).poll_read(cx, buf.unfilled())).await?;
//!     assert_eq!(buf.filled(), b"GET");
//!     # Ok::<(), std::io::Error>(())
//! }).unwrap();
//! ```

use super::close;
use crate::net::TcpStream;
use crate::runtime::{now, spawn};
use crate::time::{Sleep, sleep, sleep_until};
use hyper::rt::{self, ReadBufCursor};
use std::cell::Cell;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// How many bytes one read takes at most, and the memory that each thread has for it.
const SCRATCH: usize = 64 * 1024;

thread_local! {
    /// hyper hands out memory that is not initialized, which only `unsafe` may give to the
    /// system. So a read goes to this first, and from here to hyper: a copy of what has come.
    static SCRATCH_OF_THREAD: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Lends out the thread's scratch memory. It is taken out meanwhile, since a poll may clone a
/// foreign waker, which may do anything, another read among it (I3); that one has its own.
fn with_scratch<R>(f: impl FnOnce(&mut [u8]) -> R) -> R {
    let kept = SCRATCH_OF_THREAD.try_with(Cell::take).ok().flatten();
    // Once a thread. Pages of it that no read ever fills cost no memory.
    let mut scratch = kept.unwrap_or_else(|| vec![0; SCRATCH].into());
    let answer = f(&mut scratch);
    let _ = SCRATCH_OF_THREAD.try_with(|kept| kept.set(Some(scratch))); // none if the thread ends
    answer
}

impl rt::Read for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        with_scratch(|scratch| {
            let room = buf.remaining().min(scratch.len());
            let n = ready!(TcpStream::poll_read(&self, cx, &mut scratch[..room]))?;
            buf.put_slice(&scratch[..n]);
            Poll::Ready(Ok(()))
        })
    }
}

impl rt::Write for TcpStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        TcpStream::poll_write(&self, cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(close(&self))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        TcpStream::poll_write_vectored(&self, cx, bufs)
    }
}

/// Runs hyper's own futures as tasks, by [`spawn`], and asks for no `Send`.
///
/// hyper needs one for HTTP/2, where it spawns a task for each stream. The tasks are
/// detached; they end with their connection.
///
/// # Panics
/// [`execute`](rt::Executor::execute) does with no shirr runtime on the thread.
///
/// ```
/// use hyper::rt::Executor as _;
/// use shirr::interop::hyper::Executor;
/// use std::{cell::Cell, rc::Rc};
///
/// shirr::block_on(async {
///     let ran = Rc::new(Cell::new(false)); // not `Send`
///     let in_task = ran.clone();
///     Executor.execute(async move { in_task.set(true) });
///     shirr::yield_now().await;
///     assert!(ran.get());
/// });
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Executor;

impl<F> rt::Executor<F> for Executor
where
    F: Future<Output: 'static> + 'static,
{
    fn execute(&self, future: F) {
        drop(spawn(future));
    }
}

/// Gives hyper its time: [`sleep`]s by the clock of the runtime that runs on the thread,
/// which a test may hold ([`pause`](crate::time::pause)).
///
/// Without one, hyper's limits do not work: a server's `header_read_timeout`, HTTP/2's
/// keep-alive. A limit that is moved keeps its memory and its timer ([`Sleep::reset`]).
///
/// ```
/// use hyper::rt::Timer as _;
/// use shirr::interop::hyper::Timer;
/// use std::time::Duration;
///
/// # let runtime = shirr::Runtime::builder().paused().build()?;
/// # runtime.block_on(async {
/// let start = Timer.now();
/// let mut limit = Timer.sleep(Duration::from_secs(30));
/// Timer.reset(&mut limit, start + Duration::from_secs(60));
/// limit.await;
/// assert!(Timer.now() >= start + Duration::from_secs(60));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Timer;

impl rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(sleep(duration))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(sleep_until(deadline))
    }

    fn now(&self) -> Instant {
        now()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, new_deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<Sleep>() {
            Some(mut own) => own.reset(new_deadline),
            None => *sleep = self.sleep_until(new_deadline), // one of another timer's
        }
    }
}

impl rt::Sleep for Sleep {}
