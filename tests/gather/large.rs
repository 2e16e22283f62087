//! Iterators that are large, as an array's is, which has all its futures inside: what a gather
//! over one costs does not depend on its size.

use crate::common::{begin, run, turns};
use shirr::{as_completed, block_on, gather, try_gather, yield_now};
use std::cell::Cell;
use std::future::Future;
use std::hint::black_box;
use std::rc::Rc;
use std::thread;

const MIB: usize = 1 << 20;

/// A future of somewhat more than `SIZE` bytes.
async fn large<const SIZE: usize>(i: usize) -> Result<usize, ()> {
    let mut bytes = [i as u8; SIZE];
    yield_now().await;
    Ok(usize::from(black_box(&mut bytes)[SIZE / 2]))
}

/// Counts the addresses at which it was asked.
struct Settler {
    left: usize,
    asked_at: Rc<Cell<usize>>,
    moves: Rc<Cell<usize>>,
}

impl Iterator for Settler {
    type Item = std::pin::Pin<Box<dyn Future<Output = ()>>>;

    fn next(&mut self) -> Option<Self::Item> {
        let here = std::ptr::from_ref(self).addr();
        if self.asked_at.replace(here) != here {
            self.moves.set(self.moves.get() + 1);
        }
        self.left = self.left.checked_sub(1)?;
        Some(Box::pin(turns(self.left % 3)))
    }
}

/// Breaks if a poll takes the iterator out and puts it back.
#[test]
fn an_iterator_stays_where_it_is_from_the_first_poll_to_the_last() {
    run(async || {
        let moves = Rc::new(Cell::new(0));
        let iterator = || Settler { left: 20, asked_at: Rc::default(), moves: Rc::clone(&moves) };
        let mut plain = gather(iterator()).limit(2);
        assert!(begin(&mut plain).await.is_pending());
        let mut moved = Box::new(plain); // which moves the gather, not what it asks
        assert_eq!((&mut *moved).await.len(), 20);
        assert_eq!(moves.take(), 1);
        let mut source = as_completed(iterator()).limit(2);
        while source.next().await.is_some() {}
        assert_eq!(moves.take(), 1);
    });
}

/// Breaks if the iterator is a part of the gather: every move of that, and every future
/// that awaits it, has all children's bytes inside.
#[test]
fn a_gather_over_an_array_is_as_small_as_over_a_vec() {
    let array = || [0, 1].map(large::<4_096>);
    let vec = || Vec::from(array());
    assert_eq!(size_of_val(&gather(array())), size_of_val(&gather(vec())));
    assert_eq!(size_of_val(&gather(array()).settled()), size_of_val(&gather(vec()).settled()));
    assert_eq!(size_of_val(&try_gather(array())), size_of_val(&try_gather(vec())));
    assert_eq!(size_of_val(&as_completed(array())), size_of_val(&as_completed(vec())));
}

/// Optimized, a gather over an array needs the stack of one child at a time, beside what its
/// caller needs for the array. Without optimization every call on the way copies, and it is eight
/// times the array, where `join_all` of the `futures` crate takes fifteen. Breaks (with an
/// overflow, which ends the process) if the whole array is copied a few times more.
#[test]
fn large_futures_in_an_array_need_little_stack() {
    let array = MIB; // two futures of half of that
    let stack = if cfg!(debug_assertions) { 12 * array } else { 2 * array };
    let forms: [fn() -> usize; 5] = [
        || block_on(async { gather([large::<{ MIB / 2 }>(0), large::<{ MIB / 2 }>(1)]).await.len() }),
        || {
            block_on(async {
                gather([large::<{ MIB / 2 }>(0), large::<{ MIB / 2 }>(1)]).limit(1).await.len()
            })
        },
        || {
            block_on(async {
                gather([large::<{ MIB / 2 }>(0), large::<{ MIB / 2 }>(1)]).settled().await.len()
            })
        },
        || {
            block_on(async {
                try_gather([large::<{ MIB / 2 }>(0), large::<{ MIB / 2 }>(1)]).await.unwrap().len()
            })
        },
        || {
            block_on(async {
                let mut source = as_completed([large::<{ MIB / 2 }>(0), large::<{ MIB / 2 }>(1)]);
                [source.next().await, source.next().await].into_iter().flatten().count()
            })
        },
    ];
    for form in forms {
        let thread = thread::Builder::new().stack_size(stack).spawn(form).unwrap();
        assert_eq!(thread.join().unwrap(), 2);
    }
}
