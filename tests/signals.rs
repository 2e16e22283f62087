//! Signals, whose handlers belong to the whole process.

#![cfg(unix)]

mod support;

use shirr::metrics;
use shirr::time::{now, sleep};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use support::{on_drop, run};

extern "C" fn does_nothing(_: libc::c_int) {}

/// Breaks if a wait that was interrupted is taken for one that the kernel refused.
#[test]
#[allow(unsafe_code)]
fn a_signal_ends_the_loops_sleep_early_and_loses_nothing() {
    const LONG: Duration = Duration::from_millis(50);
    run(|| async {
        // SAFETY: the handler does nothing, and is of the type that is asked for.
        unsafe { libc::signal(libc::SIGUSR1, does_nothing as *const () as libc::sighandler_t) };
        // SAFETY: it cannot fail.
        let this = unsafe { libc::pthread_self() };
        let (alive, mut naps, before) = (Arc::new(()), 0, metrics().sleeps);
        let watched = Arc::downgrade(&alive);
        let sends = thread::spawn(move || {
            while watched.strong_count() > 0 {
                thread::sleep(Duration::from_millis(1));
                // SAFETY: that thread joins this one before it ends, also by a panic.
                assert_eq!(unsafe { libc::pthread_kill(this, libc::SIGUSR1) }, 0);
            }
        });
        let ends = on_drop(move || {
            drop(alive);
            sends.join().unwrap();
        });
        // Until a nap took more than one sleep of the loop: on a busy machine the signals are late.
        while metrics().sleeps - before <= naps {
            let start = now();
            sleep(LONG).await;
            assert!(now() - start >= LONG);
            naps += 1;
        }
        drop(ends);
    });
}
