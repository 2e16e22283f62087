//! What a program counts with.

use std::cell::Cell;
use std::env;
use std::future::{Future, poll_fn};
use std::io::{self, Read};
use std::net::TcpStream;
use std::rc::Rc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

static THREADS: AtomicU32 = AtomicU32::new(0);

/// Spawns a thread, and counts it.
pub fn spawn_thread(f: impl FnOnce() + Send + 'static) {
    THREADS.fetch_add(1, Relaxed);
    thread::spawn(f);
}

/// How many threads were spawned by [`spawn_thread`].
pub fn threads() -> u32 {
    THREADS.load(Relaxed)
}

/// Whether the program was called with `--wrong-order`. s6 asks before each sleep of its loop.
pub fn wrong_order() -> bool {
    static ASKED: LazyLock<bool> = LazyLock::new(|| env::args().any(|arg| arg == "--wrong-order"));
    *ASKED
}

/// How many futures were under way at the same time, at most.
#[derive(Clone, Debug, Default)]
pub struct Peak(Rc<Cell<(u32, u32)>>);

impl Peak {
    /// Awaits the future, which is under way from its first poll to its end.
    pub async fn during<F: Future>(self, future: F) -> F::Output {
        let (now, most) = self.0.get();
        self.0.set((now + 1, most.max(now + 1)));
        let output = future.await;
        let (now, most) = self.0.get();
        self.0.set((now - 1, most));
        output
    }

    /// The most that there were.
    pub fn most(&self) -> u32 {
        self.0.get().1
    }
}

/// Wakes its own task once: so that has one more turn, when its time has come in the queue.
pub fn yield_now() -> impl Future<Output = ()> {
    let mut yielded = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Wakes its own task so many times in one poll, ends in the next, and gives the wakers that it
/// called.
pub async fn wakes_itself(times: usize) -> Vec<Waker> {
    let mut wakers = Vec::new();
    poll_fn(|cx| {
        if wakers.len() == times {
            return Poll::Ready(());
        }
        wakers.resize(times, cx.waker().clone());
        wakers.iter().for_each(Waker::wake_by_ref);
        Poll::Pending
    })
    .await;
    wakers
}

/// Another thread calls the waker, after this time.
pub fn wake_in(time: Duration, waker: Waker) {
    thread::spawn(move || {
        thread::sleep(time);
        waker.wake();
    });
}

/// Asks a socket again and again, since nothing else can be done with it. Returns how often.
///
/// # Errors
/// When the socket fails.
pub async fn tries_until_an_answer(mut socket: TcpStream) -> io::Result<u32> {
    let mut tries = 0;
    poll_fn(|cx| {
        tries += 1;
        match socket.read(&mut [0; 64]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => cx.waker().wake_by_ref(),
            answer => return Poll::Ready(answer),
        }
        Poll::Pending
    })
    .await?;
    Ok(tries)
}

/// Drops what a `spawn` gives, a handle or a key: the task runs on.
pub fn detach<T>(handle: T) {
    drop(handle);
}
