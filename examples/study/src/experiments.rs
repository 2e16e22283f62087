// What is wrong with the last steps, counted by the same code on each of them and on shirr.

use study::{allocations, hushed, yield_now};

/// A waker an allocation?
pub(crate) fn allocations_of_a_thousand_turns() -> u64 {
    hushed(|| {
        block_on(async {
            yield_now().await; // from here on the queue has its room
            let before = allocations();
            for _ in 0..1000 {
                yield_now().await;
            }
            allocations() - before
        })
    })
}
