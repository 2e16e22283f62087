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
