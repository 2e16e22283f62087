//! Who asks for a name in flight, with closures that the test lets go.

use super::*;
use crate::runtime::{Runtime, spawn, yield_now};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

/// Runs `body` on a runtime with one helper, and fails if it has not ended in a minute.
fn run<F: Future<Output = ()>>(body: impl FnOnce(Arc<Flights<u32>>) -> F + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let worker = thread::spawn(move || {
        let flights = Arc::default();
        let runtime = Runtime::builder().helper_threads(1).build().unwrap();
        runtime.block_on(body(Arc::clone(&flights)));
        assert!(lock(&flights.by_name).is_empty(), "a flight is left behind");
        let _ = done.send(());
    });
    let ended = ended.recv_timeout(Duration::from_secs(60));
    assert_ne!(ended, Err(mpsc::RecvTimeoutError::Timeout), "the test hangs");
    worker.join().unwrap();
}

/// Closures that wait for a number and return it, and tell when they have begun.
struct Numbers {
    send: Sender<u32>,
    receive: Arc<Mutex<Receiver<u32>>>,
    tell: Sender<()>,
    begun: Receiver<()>,
}

impl Numbers {
    fn new() -> Self {
        let ((send, receive), (tell, begun)) = (mpsc::channel(), mpsc::channel());
        Self { send, receive: Arc::new(Mutex::new(receive)), tell, begun }
    }

    fn next(&self) -> impl FnOnce() -> u32 + Send + use<> {
        let (receive, tell) = (Arc::clone(&self.receive), self.tell.clone());
        move || {
            tell.send(()).unwrap();
            lock(&receive).recv().expect("the test gives a number")
        }
    }

    /// How many closures have begun since this was asked last.
    fn begun(&self) -> usize {
        self.begun.try_iter().count()
    }
}

fn poll_once<T: Clone + Send + 'static>(asker: &mut Asker<T>) -> Poll<Shared<T>> {
    Pin::new(asker).poll(&mut Context::from_waker(Waker::noop()))
}

/// Has every task that is ready run until it waits.
async fn rest() {
    for _ in 0..5 {
        yield_now().await;
    }
}

#[test]
fn all_who_ask_meanwhile_get_one_result_in_the_order_in_which_they_asked() {
    run(async |flights| {
        let (numbers, trace) = (Numbers::new(), Rc::new(RefCell::default()));
        let tasks: Vec<_> = (0..4)
            .map(|i| {
                let asked = flights.join("name", numbers.next()).unwrap();
                let trace: Rc<RefCell<Vec<_>>> = Rc::clone(&trace);
                spawn(async move {
                    let result = asked.await.unwrap();
                    trace.borrow_mut().push((i, result));
                })
            })
            .collect();
        rest().await;
        numbers.send.send(7).unwrap();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*trace.borrow(), [(0, 7), (1, 7), (2, 7), (3, 7)]);
        assert_eq!(numbers.begun(), 1);
    });
}

#[test]
fn another_name_is_another_flight() {
    run(async |flights| {
        let numbers = Numbers::new();
        let one = flights.join("one", numbers.next()).unwrap();
        let two = flights.join("two", numbers.next()).unwrap();
        numbers.send.send(1).unwrap();
        numbers.send.send(2).unwrap();
        assert_eq!((one.await.unwrap(), two.await.unwrap()), (1, 2));
        assert_eq!(numbers.begun(), 2);
    });
}

#[test]
fn a_result_is_for_those_who_asked_before_it_was_there() {
    run(async |flights| {
        let numbers = Numbers::new();
        let early = flights.join("name", numbers.next()).unwrap();
        numbers.send.send(1).unwrap();
        unblock(|| ()).await.unwrap(); // behind it on the only helper
        let late = flights.join("name", numbers.next()).unwrap();
        numbers.send.send(2).unwrap();
        assert_eq!(late.await.unwrap(), 2);
        assert_eq!(early.await.unwrap(), 1);
        let again = flights.join("name", numbers.next()).unwrap();
        numbers.send.send(3).unwrap();
        assert_eq!(again.await.unwrap(), 3);
    });
}

#[test]
fn who_gives_up_leaves_the_flight_to_the_others() {
    run(async |flights| {
        let numbers = Numbers::new();
        let ask = || flights.join("name", numbers.next()).unwrap();
        let (mut first, middle, mut latest) = (ask(), spawn(ask()), ask());
        assert!(poll_once(&mut first).is_pending());
        rest().await;
        assert!(poll_once(&mut latest).is_pending());
        drop((first, latest)); // who began it, and whose poll was the last
        let flight = flights.under_way("name").unwrap();
        assert_eq!(lock(&flight.askers.wakers).len(), 1);
        numbers.send.send(7).unwrap();
        assert_eq!(middle.await.unwrap().unwrap(), 7);
        assert_eq!(numbers.begun(), 1);
    });
}

#[test]
fn an_asker_that_is_kept_and_not_polled_keeps_no_other_waiting() {
    run(async |flights| {
        let numbers = Numbers::new();
        let ask = || flights.join("name", numbers.next()).unwrap();
        let (other, mut kept) = (spawn(ask()), ask());
        rest().await;
        assert!(poll_once(&mut kept).is_pending()); // the latest to poll, and it sleeps on
        numbers.send.send(7).unwrap();
        assert_eq!(other.await.unwrap().unwrap(), 7);
        assert!(matches!(poll_once(&mut kept), Poll::Ready(Ok(7))));
    });
}

#[test]
fn a_waker_that_panics_keeps_no_other_from_being_woken() {
    struct Bomb;
    impl Wake for Bomb {
        fn wake(self: Arc<Self>) {
            panic!("a waker panicked");
        }
    }
    run(async |flights| {
        let numbers = Numbers::new();
        let ask = || flights.join("name", numbers.next()).unwrap();
        let (mut first, second) = (ask(), spawn(ask()));
        let bomb = Waker::from(Arc::new(Bomb));
        assert!(Pin::new(&mut first).poll(&mut Context::from_waker(&bomb)).is_pending());
        rest().await;
        numbers.send.send(7).unwrap();
        assert_eq!(second.await.unwrap().unwrap(), 7);
    });
}

#[test]
fn askers_may_be_polled_and_dropped_on_other_threads() {
    run(async |flights| {
        for i in 0..100 {
            let asked = [(); 4].map(|()| flights.join("name", move || i).unwrap());
            let threads = asked.map(|asker| {
                let wait = move || Runtime::new().unwrap().block_on(asker).unwrap();
                thread::spawn(wait)
            });
            drop(flights.join("name", move || i).unwrap());
            for thread in threads {
                assert_eq!(thread.join().unwrap(), i);
            }
        }
    });
}

#[test]
fn a_flight_that_all_gave_up_before_it_began_never_runs() {
    run(async |flights| {
        let numbers = Numbers::new();
        let (release, held) = mpsc::channel::<()>();
        let mut busy = unblock(move || held.recv().is_err());
        assert!(Pin::new(&mut busy).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let [mut one, mut two] = [(); 2].map(|()| flights.join("name", numbers.next()).unwrap());
        assert!(poll_once(&mut one).is_pending() && poll_once(&mut two).is_pending());
        drop(one);
        assert_eq!(lock(&flights.by_name).len(), 1);
        drop(two);
        assert!(lock(&flights.by_name).is_empty());
        drop(release);
        assert!(busy.await.unwrap());
        unblock(|| ()).await.unwrap(); // behind it on the only helper
        assert_eq!(numbers.begun(), 0);
    });
}

#[test]
fn a_panic_is_an_error_for_all_who_asked_and_the_next_flight_begins_anew() {
    run(async |flights| {
        let asked = [(); 3].map(|()| flights.join("name", || panic!("no such luck")).unwrap());
        for asker in asked {
            assert_eq!(asker.await.unwrap_err().to_string(), "task panicked: no such luck");
        }
        assert_eq!(flights.join("name", || 7).unwrap().await.unwrap(), 7);
    });
}

#[test]
fn the_end_of_the_runtime_is_an_error_for_all_who_asked() {
    run(async |flights| {
        let asked = thread::spawn(|| {
            let (release, held) = mpsc::channel::<()>();
            let flights: Arc<Flights<u32>> = Arc::default();
            let runtime = Runtime::builder().helper_threads(1).build().unwrap();
            let asked = runtime.block_on(async {
                let mut busy = unblock(move || held.recv().is_err());
                assert!(Pin::new(&mut busy).poll(&mut Context::from_waker(Waker::noop())).is_pending());
                [(); 3].map(|()| flights.join("name", || 7).unwrap())
            });
            drop(runtime);
            drop(release);
            asked.map(|mut asker| match poll_once(&mut asker) {
                Poll::Ready(Err(error)) => error.is_cancelled(),
                _ => false,
            })
        });
        assert_eq!(asked.join().unwrap(), [true; 3]);
        drop(flights);
    });
}
