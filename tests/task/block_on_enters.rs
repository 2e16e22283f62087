//! Entering `block_on` polls for events: a runtime that another loop drives, a little at a
//! time, receives the events of timers, sockets and messages each time.

use crate::support::{Probe, in_time, tcp_pair};
use shirr::time::sleep;
use shirr::{Runtime, yield_now};
use std::io::Write;
use std::thread;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// Breaks if timers wait for an event poll of the loop's own.
#[test]
fn a_timer_that_is_due_has_its_task_run_in_the_next_block_on() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let nap = runtime.spawn(sleep(MS));
        runtime.block_on(yield_now());
        thread::sleep(2 * MS);
        assert!(!nap.is_finished());
        runtime.block_on(yield_now());
        assert!(nap.is_finished());
    });
}

/// Breaks if sockets are asked only when the queue is dry.
#[test]
fn bytes_that_are_there_have_their_reader_run_in_the_next_block_on() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let (stream, mut peer) = runtime.block_on(tcp_pair());
        let read = runtime.spawn(async move { stream.read(&mut [0; 8]).await.unwrap() });
        runtime.block_on(yield_now());
        peer.write_all(b"news").unwrap();
        assert!(!read.is_finished());
        runtime.block_on(yield_now());
        assert!(read.is_finished());
    });
}

/// Breaks if messages are received only when no task is ready.
#[test]
fn a_wake_from_another_thread_has_its_task_run_in_the_next_block_on() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let probe = Probe::default();
        let task = runtime.spawn(probe.future());
        runtime.block_on(yield_now());
        probe.set_open();
        let waker = probe.waker();
        thread::spawn(move || waker.wake()).join().unwrap();
        runtime.block_on(yield_now());
        assert!(task.is_finished());
    });
}
