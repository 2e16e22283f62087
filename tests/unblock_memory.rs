//! What a closure that waits for a helper thread takes up, asked of an allocator that
//! counts.

mod heap;
mod support;

use heap::counts;
use shirr::{Runtime, unblock};
use std::sync::mpsc;
use support::{in_time, poll_once};

const CLOSURE: usize = 16 * 1024;
const MANY: usize = 100;

/// While the only helper is busy, closures are queued and given up.
#[test]
fn a_closure_given_up_in_the_queue_gives_its_room_back() {
    in_time(|| {
        let runtime = Runtime::builder().helper_threads(1).build().unwrap();
        let (release, released) = mpsc::channel::<()>();
        runtime.block_on(async {
            let mut busy = unblock(move || released.recv().is_err());
            assert!(poll_once(&mut busy).is_pending());
            let before = counts().live;
            for _ in 0..MANY {
                let load = [0_u8; CLOSURE];
                assert!(poll_once(&mut unblock(move || load.len())).is_pending());
            }
            let kept = counts().live - before;
            assert!(kept < CLOSURE as isize, "{MANY} closures given up keep {kept} bytes");
            drop(release);
            assert!(busy.await.unwrap());
        });
    });
}

/// A queue that forgets a job only when a helper comes to it keeps 77 bytes of each.
#[test]
fn jobs_given_up_leave_the_queue_while_all_helpers_are_stuck() {
    in_time(|| {
        let runtime = Runtime::builder().helper_threads(1).build().unwrap();
        let (release, released) = mpsc::channel::<()>();
        runtime.block_on(async {
            let mut busy = unblock(move || released.recv().is_err());
            assert!(poll_once(&mut busy).is_pending());
            let mut wanted = unblock(|| 7);
            assert!(poll_once(&mut wanted).is_pending());
            let before = counts().live;
            for _ in 0..100 * MANY {
                assert!(poll_once(&mut unblock(|| ())).is_pending());
            }
            let kept = counts().live - before;
            assert!(kept < 1024, "{} closures given up keep {kept} bytes", 100 * MANY);
            drop(release);
            assert!(busy.await.unwrap());
            assert_eq!(wanted.await.unwrap(), 7);
        });
    });
}

/// A queue that keeps its capacity keeps 16 bytes for each job of the largest burst. The
/// burst is given up, since what a helper frees is not counted on this thread.
#[test]
fn a_burst_of_jobs_leaves_no_room_behind() {
    in_time(|| {
        let runtime = Runtime::builder().helper_threads(1).build().unwrap();
        let (release, released) = mpsc::channel::<()>();
        runtime.block_on(async {
            let mut busy = unblock(move || released.recv().is_err());
            assert!(poll_once(&mut busy).is_pending());
            let before = counts().live;
            let mut burst: Vec<_> = (0..100 * MANY).map(|_| unblock(|| ())).collect();
            assert!(burst.iter_mut().all(|job| poll_once(job).is_pending()));
            drop(burst);
            let kept = counts().live - before;
            assert!(kept < 1024, "a burst of {} closures leaves {kept} bytes", 100 * MANY);
            drop(release);
            assert!(busy.await.unwrap());
        });
    });
}
