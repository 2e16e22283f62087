//! What is recorded, in order.
#![cfg(feature = "trace")]

use shirr::trace::{Recorder, What};
use std::time::Duration;

#[test]
fn look() {
    let recorder = Recorder::new();
    let runtime = shirr::Runtime::builder().record(&recorder).build().unwrap();
    let got = runtime.block_on(async {
        let h = shirr::spawn(async { shirr::time::sleep(Duration::from_millis(2)).await; 1 });
        let g = shirr::gather((0..2u64).map(|i| async move { shirr::time::sleep(Duration::from_millis(i)).await; i }));
        let x = shirr::unblock(|| 5).await.unwrap();
        (h.await.unwrap(), g.await, x)
    });
    drop(runtime);
    assert_eq!(got, (1, vec![0, 1], 5));
    for e in recorder.events() {
        eprintln!("{:4} {:>9?} {:?} {}:{} {:?}", e.number, e.time, e.actor, e.line.file(), e.line.line(), e.what);
    }
    let state = recorder.state();
    assert!(state.tasks.is_empty() && state.ready.is_empty() && state.timers.is_empty(), "{state:?}");
    assert!(recorder.events().iter().any(|e| matches!(e.what, What::Entered)));
}
