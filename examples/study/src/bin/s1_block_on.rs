//! Step 1: a waker, and a thread that waits for it.
//!
//! You know by now: an `async fn` is a value, and only `poll` moves it on. Polled without a pause, it
//! burns a processor.
//!
//! New: a poll is given a waker. A future that is not ready keeps it, and has it called when a poll is
//! worth while. `block_on` parks its thread until then. A sleep lets another thread sleep.
//!
//! Marks like (I5) are invariants, rules of a runtime. Look one up in the README's table, which
//! says what step shows it. What comes from `study` is no part of a runtime: it counts, tells the story,
//! or plays the world around, like a thread that sleeps or a server.
//!
//! Try later: have the sleep's thread forget to call the waker: `block_on` waits for ever.
//!
//! For real: `src/runtime/mod.rs` (`block_on`), `src/time/sleep.rs`.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;
use study::{Peak, spawn_thread, threads};

// ---- wake: which thread waits -------------------------------------------------------------

/// `Wake` is std's trait. An `Arc` of such a type becomes a `Waker`, and calling that calls `wake`.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

// ---- runtime: the loop --------------------------------------------------------------------

fn block_on<F: Future>(future: F) -> F::Output {
    let (mut future, mut polls) = (pin!(future), 0);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        polls += 1;
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            println!("the poll of the future returns Ready: it has ended, after {polls} polls");
            return output;
        }
        println!("the poll of the future returns Pending");
        // Until the waker is called. An `unpark` that came before is remembered: this returns at once.
        thread::park();
    }
}

// ---- time: futures that wait on the clock -------------------------------------------------

/// A thread sleeps for it, and calls the waker of the latest poll (I5). Here each poll brings the same;
/// but a future may be moved to another task, and then its next poll brings that task's.
struct Sleep(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    over: bool,
    waker: Option<Waker>,
}

fn sleep(duration: Duration) -> Sleep {
    let shared = Arc::<Mutex<Shared>>::default();
    let sleep = Sleep(Arc::clone(&shared));
    spawn_thread(move || {
        thread::sleep(duration);
        let mut shared = shared.lock().expect("no panic while it is locked");
        shared.over = true;
        let Some(waker) = shared.waker.take() else { return }; // it was not polled yet
        waker.wake(); // under the lock, which is well while no waker is foreign code
    });
    sleep
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.0.lock().expect("no panic while it is locked");
        if shared.over {
            return Poll::Ready(());
        }
        shared.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

// ---- the program --------------------------------------------------------------------------

async fn two_sleeps() -> u32 {
    sleep(Duration::from_millis(40)).await;
    sleep(Duration::from_millis(40)).await;
    7
}

fn main() {
    println!("result: {}", block_on(two_sleeps()));
    let peak = Peak::default();
    let all = [two_sleeps(), two_sleeps(), two_sleeps()].map(|one| block_on(peak.clone().during(one)));
    println!("still wrong: of {} futures, {} was under way at a time", all.len(), peak.most());
    println!("still wrong: each sleep had a thread, {} in all", threads());
}
