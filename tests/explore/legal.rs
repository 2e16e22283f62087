//! What a schedule may do at each level, and that a schedule is one run, on every machine.

use crate::bugs::BUGS;
use crate::tools::Bell;
use crate::turns::rounds_by_rank;
use shirr::explore::{Explorer, Freedoms, Kind, Schedule, Search, host, latency};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::sleep;
use shirr::{gather, spawn, unblock, yield_now};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashSet};
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const WORLD: Freedoms = Freedoms::WORLD;
const SHARED: Freedoms = Freedoms::SHARED;
const WILD: Freedoms = Freedoms::WILD;

/// The names that a program notes, in the order in which it notes them.
type Noted = Rc<RefCell<String>>;

/// All orders that schedules of these freedoms lead to.
fn orders<F: Future<Output = ()>>(freedoms: Freedoms, program: impl Fn(Noted) -> F) -> BTreeSet<String> {
    let orders = RefCell::new(BTreeSet::new());
    let only_order = Freedoms { events: false, delays: false, shares: false, ..freedoms };
    Explorer::new().freedoms(only_order).schedules(300).run(async || {
        let noted = Noted::default();
        program(Rc::clone(&noted)).await;
        orders.borrow_mut().insert(noted.take());
    });
    orders.into_inner()
}

fn note(noted: &Noted, name: char) {
    noted.borrow_mut().push(name);
}

/// Breaks if a first poll may overtake another at a level that promises it not to.
#[test]
fn first_polls_are_in_the_order_of_the_spawns_but_in_the_wild() {
    let program = async |noted: Noted| {
        let begin = |name| {
            let noted = Rc::clone(&noted);
            spawn(async move { note(&noted, name) })
        };
        for handle in ['a', 'b', 'c'].map(begin) {
            handle.await.unwrap();
        }
    };
    assert_eq!(orders(WORLD, program), BTreeSet::from(["abc".to_owned()]));
    assert_eq!(orders(SHARED, program), BTreeSet::from(["abc".to_owned()]));
    assert_eq!(orders(WILD, program).len(), 6);
}

/// Breaks if a task that gives way comes before one that was ready then.
#[test]
fn who_gives_way_comes_after_all_that_are_ready_but_in_the_wild() {
    let program = async |noted: Noted| {
        let bell = Rc::new(Bell::default());
        let waiter = |name| {
            let (noted, bell) = (Rc::clone(&noted), Rc::clone(&bell));
            spawn(async move {
                bell.wait().await;
                note(&noted, name);
            })
        };
        let waiters = ['a', 'b'].map(waiter);
        sleep(MS).await;
        bell.ring();
        yield_now().await;
        note(&noted, 'Y');
        for handle in waiters {
            handle.await.unwrap();
        }
    };
    assert_eq!(orders(WORLD, program), BTreeSet::from(["abY".to_owned()]));
    assert_eq!(orders(SHARED, program), BTreeSet::from(["abY".to_owned(), "baY".to_owned()]));
    assert!(orders(WILD, program).contains("aYb"));
}

/// Breaks if a task that was woken waits for all new ones, or a new one for those that were woken.
#[test]
fn a_new_task_and_one_that_was_woken_come_in_either_order_but_in_the_world() {
    let program = async |noted: Noted| {
        let bell = Rc::new(Bell::default());
        let begin = |name, bell: Option<Rc<Bell>>| {
            let noted = Rc::clone(&noted);
            spawn(async move {
                if let Some(bell) = bell {
                    bell.wait().await;
                }
                note(&noted, name);
            })
        };
        let woken = begin('w', Some(Rc::clone(&bell)));
        sleep(MS).await;
        let new = begin('n', None);
        bell.ring();
        woken.await.unwrap();
        new.await.unwrap();
    };
    assert_eq!(orders(WORLD, program), BTreeSet::from(["nw".to_owned()]));
    assert_eq!(orders(SHARED, program), BTreeSet::from(["nw".to_owned(), "wn".to_owned()]));
}

/// Breaks if chance never has the first of several hosts come first.
#[test]
fn hosts_that_have_something_to_do_come_in_any_order() {
    let program = async |noted: Noted| {
        for name in ['a', 'b', 'c'] {
            let noted = Rc::clone(&noted);
            host(&name.to_string(), async move { note(&noted, name) });
        }
        sleep(MS).await;
    };
    assert_eq!(orders(WORLD, program).len(), 6);
}

/// Breaks if a queue of woken tasks is shuffled where it is promised not to be, or not shuffled.
#[test]
fn woken_tasks_run_in_the_order_of_their_wakes_in_the_world_and_in_any_order_else() {
    let program = async |noted: Noted| {
        let sleeper = |name| {
            let noted = Rc::clone(&noted);
            async move {
                sleep(MS).await;
                note(&noted, name);
            }
        };
        gather(['a', 'b', 'c'].map(sleeper)).await;
    };
    assert_eq!(orders(WORLD, program), BTreeSet::from(["abc".to_owned()]));
    assert_eq!(orders(SHARED, program).len(), 6);
}

/// Breaks if a task is polled unasked at a level where a poll is asked for, or never in the wild.
#[test]
fn polls_that_no_one_asked_for_are_for_the_wild_only() {
    let polls = |freedoms| {
        let most = Cell::new(0);
        Explorer::new().freedoms(freedoms).schedules(300).run(async || {
            let polls = Rc::new(Cell::new(0));
            let counting = Rc::clone(&polls);
            let bell = Rc::new(Bell::default());
            let waiting = Rc::clone(&bell);
            let task = spawn(async move {
                let mut wait = std::pin::pin!(waiting.wait());
                poll_fn(|cx| {
                    counting.set(counting.get() + 1);
                    wait.as_mut().poll(cx)
                })
                .await;
            });
            for _ in 0..5 {
                sleep(MS).await;
            }
            bell.ring();
            task.await.unwrap();
            most.set(most.get().max(polls.get()));
        });
        most.get()
    };
    assert_eq!((polls(WORLD), polls(SHARED)), (2, 2));
    assert!(polls(WILD) > 2);
}

/// Breaks if a hook is gone, so that a freedom is no choice any more.
#[test]
fn every_kind_of_choice_is_made() {
    let met = RefCell::new(HashSet::new());
    let freedoms = Freedoms { resets: true, ..WILD };
    for seed in 0..100 {
        let explorer = Explorer::new().freedoms(freedoms);
        let failure = explorer.replay(&Schedule::Random(seed), async || {
            for name in ["one", "two"] {
                host(name, sleep(MS));
            }
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (server, _) = listener.accept().await.unwrap();
            let writing = spawn(async move { client.write_all(b"abcd").await });
            drop(server.read(&mut [0; 4]).await);
            drop(writing.await);
            gather([latency(), latency()]).await;
            unblock(|| ()).await.unwrap();
            panic!("so that the choices are told");
        });
        let chosen = failure.unwrap_err().choices.into_iter().filter(|choice| choice.taken > 0);
        met.borrow_mut().extend(chosen.map(|choice| choice.kind));
    }
    let all = [
        Kind::Ready,
        Kind::Spurious,
        Kind::Events,
        Kind::Slow,
        Kind::Share,
        Kind::Late,
        Kind::Packet,
        Kind::Connect,
        Kind::Reset,
        Kind::Event,
        Kind::Host,
        Kind::Job,
        Kind::Latency,
    ];
    assert_eq!(met.take(), HashSet::from(all));
}

/// Breaks if a run takes anything from the process, the clock or a hash: the second run of a
/// schedule, in another world, is to be the first again.
#[test]
fn a_schedule_gives_one_run() {
    for bug in BUGS {
        for seed in 0..20 {
            let once = || {
                let explorer = Explorer::new().freedoms(bug.freedoms).seed(seed);
                explorer.check(|| (bug.program)(true)).unwrap_err()
            };
            assert_eq!(once(), once(), "{}, from seed {seed}", bug.name);
        }
    }
}

/// Breaks if the numbers of a seed are others than they were: a failure that someone was sent would
/// not come again.
#[test]
fn a_seed_gives_the_same_run_on_every_machine() {
    let seeds = (0..100).filter_map(|seed| {
        let failure = Explorer::new().replay(&Schedule::Random(seed), || (BUGS[0].program)(true)).err()?;
        Some(format!("{} {}", failure.found, failure.schedule()))
    });
    assert_eq!(
        seeds.take(2).collect::<Vec<_>>(),
        ["random:2 list:0=4,4=4", "random:19 list:0=2,2=4,4=1,6=1"]
    );
    let ranked: Vec<_> = (0..4).map(|seed| rounds_by_rank(seed, 3).join(" ")).collect();
    assert_eq!(
        ranked,
        ["bca bca bca bca bca", "acb acb acb abc abc", "bca bca cba cba cba", "abc acb acb acb acb"]
    );
}

/// Breaks if a search for all leaves one out, or takes one twice: three tasks that are woken at one moment
/// have six orders, five of which take two deviations at most.
#[test]
fn all_schedules_are_all_that_there_are() {
    let orders = RefCell::new(Vec::new());
    let freedoms = Freedoms { events: false, delays: false, ..SHARED };
    let passed = Explorer::new().freedoms(freedoms).search(Search::All(9)).check(async || {
        let noted = Noted::default();
        let sleeper = |name| {
            let noted = Rc::clone(&noted);
            async move {
                sleep(MS).await;
                note(&noted, name);
            }
        };
        gather(['a', 'b', 'c'].map(sleeper)).await;
        orders.borrow_mut().push(noted.take());
    });
    let mut orders = orders.take();
    orders.sort();
    assert_eq!(orders, ["abc", "acb", "bac", "bca", "cab", "cba"]);
    let passed = passed.unwrap();
    assert!(passed.complete && passed.schedules == 6);
}
