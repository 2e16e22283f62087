//! A task that waits for a permit gets one in turn, or leaves nothing behind.

use crate::permits::Permits;
use shirr::time::timeout;
use shirr::{gather, metrics, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

#[test]
fn permits_are_given_in_the_order_of_asking() {
    let (permits, order) = (Rc::new(Permits::new(1)), Rc::new(RefCell::new(Vec::new())));
    shirr::block_on(async {
        gather((0..20).map(|number| {
            let (permits, order) = (Rc::clone(&permits), Rc::clone(&order));
            async move {
                let _permit = permits.acquire().await;
                order.borrow_mut().push(number);
                yield_now().await;
            }
        }))
        .await;
    });
    assert_eq!(*order.borrow(), (0..20).collect::<Vec<_>>());
}

#[test]
fn no_more_hold_a_permit_than_there_are() {
    let (permits, held, most) = (Rc::new(Permits::new(3)), Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    shirr::block_on(async {
        gather((0..50).map(|number| {
            let (permits, held, most) = (Rc::clone(&permits), Rc::clone(&held), Rc::clone(&most));
            async move {
                let _permit = permits.acquire().await;
                held.set(held.get() + 1);
                most.set(most.get().max(held.get()));
                for _ in 0..number % 4 {
                    yield_now().await;
                }
                held.set(held.get() - 1);
            }
        }))
        .await;
    });
    assert_eq!((held.get(), most.get()), (0, 3));
}

/// Awaits a task that must end by itself, and fails if it waits for ever.
async fn ends<T: 'static>(task: shirr::JoinHandle<T>) -> T {
    timeout(Duration::from_secs(10), task).await.expect("it waits for ever").unwrap()
}

/// Starts a task that waits for a permit, and lets it come to where it waits.
async fn waiting(permits: &Rc<Permits>, got_one: &Rc<Cell<usize>>) -> shirr::JoinHandle<()> {
    let (permits, got_one) = (Rc::clone(permits), Rc::clone(got_one));
    let task = spawn(async move {
        let _permit = permits.acquire().await;
        got_one.set(got_one.get() + 1);
    });
    yield_now().await;
    task
}

#[test]
fn one_that_gives_up_waiting_is_passed_over() {
    let (permits, got_one) = (Rc::new(Permits::new(1)), Rc::new(Cell::new(0)));
    shirr::block_on(async {
        let permit = permits.acquire().await;
        let first = waiting(&permits, &got_one).await;
        let second = waiting(&permits, &got_one).await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        drop(permit);
        ends(second).await;
        assert_eq!((got_one.get(), metrics().tasks), (1, 1));
    });
}

#[test]
fn one_that_ends_with_a_permit_under_way_passes_it_on() {
    let (permits, got_one) = (Rc::new(Permits::new(1)), Rc::new(Cell::new(0)));
    shirr::block_on(async {
        let permit = permits.acquire().await;
        let first = waiting(&permits, &got_one).await;
        let second = waiting(&permits, &got_one).await;
        drop(permit); // the permit is the first one's now, which has not been polled since
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        ends(second).await;
        assert_eq!(got_one.get(), 1);
    });
}
