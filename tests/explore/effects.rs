//! That a choice does what it says, and that a bound is kept.

use shirr::explore::{Explorer, Fault, Freedoms, Search, Stuck, host, latency, partition};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{advance, now, sleep, timeout};
use shirr::{gather, spawn, unblock, yield_now};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// How many milliseconds this takes, under all schedules of one deviation.
fn times<F: Future<Output = Duration>>(program: impl Fn() -> F) -> Vec<u128> {
    let times = RefCell::new(BTreeSet::new());
    let explorer = Explorer::new().freedoms(Freedoms::WORLD).search(Search::All(1));
    let passed = explorer.check(async || {
        let time = program().await;
        times.borrow_mut().insert(time.as_millis());
    });
    assert!(passed.unwrap().complete);
    times.into_inner().into_iter().collect()
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

/// Breaks if a delay is chosen and not kept, or is another one's, too.
#[test]
fn what_is_late_comes_so_much_later() {
    let since = |start| now() - start;
    let sleeps = async || {
        let start = now();
        sleep(MS).await;
        since(start)
    };
    assert_eq!(times(sleeps), [1, 2, 11, 101, 10_001]);
    let asks = async || {
        let start = now();
        unblock(|| ()).await.unwrap();
        since(start)
    };
    assert_eq!(times(asks), [0, 1, 10, 100, 10_000]);
    let connects = async || {
        let start = now();
        let _ends = pair().await;
        since(start)
    };
    assert_eq!(times(connects), [0, 1, 10, 100, 10_000]);
    let sends = async || {
        let (client, server) = pair().await;
        let start = now();
        client.write_all(b"x").await.unwrap();
        server.read_exact(&mut [0]).await.unwrap();
        since(start)
    };
    assert_eq!(times(sends), [0, 1, 10, 100, 10_000]);
    let ends = async || {
        let (client, server) = pair().await;
        client.write_all(b"x").await.unwrap();
        drop(client);
        server.read_exact(&mut [0]).await.unwrap();
        let start = now();
        assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
        since(start)
    };
    assert_eq!(times(ends), [0, 1, 10, 100, 10_000]);
}

/// Breaks if a writer always hears at once that its peer is gone, or never.
#[test]
fn a_writer_may_hear_late_that_its_peer_is_gone() {
    let seen = RefCell::new(BTreeSet::new());
    Explorer::new().search(Search::All(1)).run(async || {
        let (client, server) = pair().await;
        drop(server);
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        client.write_all(b"x").await.unwrap();
        let is_taken = client.write(b"x").await.is_ok();
        seen.borrow_mut().insert(is_taken);
        sleep(60_000 * MS).await;
        assert!(client.write(b"x").await.is_err());
    });
    assert_eq!(seen.take().into_iter().collect::<Vec<_>>(), [false, true]);
}

/// Breaks if a turn never takes until the next timer is due.
#[test]
fn a_turn_may_take_until_the_next_timer() {
    let seen = times(async || {
        let start = now();
        drop(spawn(sleep(7 * MS)));
        yield_now().await;
        yield_now().await;
        now() - start
    });
    assert_eq!(seen, [0, 7]);
}

/// Breaks if something else than a timer is late as the timers are, or if these are on time whenever
/// something else is under way.
#[test]
fn what_comes_before_a_timer_is_not_late_with_it() {
    let seen = RefCell::new(BTreeSet::new());
    let freedoms = Freedoms { events: false, ..Freedoms::WORLD };
    Explorer::new().freedoms(freedoms).search(Search::All(2)).run(async || {
        let start = now();
        let since = move || (now() - start).as_millis();
        let asks = async move { unblock(|| ()).await.map(|()| since()).unwrap() };
        let sleeps = async move {
            sleep(10 * MS).await;
            since()
        };
        let times = gather!(asks, sleeps).await;
        seen.borrow_mut().insert(times);
    });
    let delays = [0, 1, 10, 100, 10_000];
    let expected = |takes: u128, late: u128| {
        let fires = 10 + late;
        (if takes < 10 { takes } else { takes.max(fires) }, fires)
    };
    let all = delays.into_iter().flat_map(|takes| delays.map(|late| expected(takes, late)));
    assert_eq!(seen.take(), all.collect());
}

/// Breaks if the loop polls for events by itself where tasks are ready, or if no schedule has it do so.
#[test]
fn the_loop_may_poll_for_events_after_any_turn() {
    let seen = RefCell::new(BTreeSet::new());
    let freedoms = Freedoms { delays: false, shares: false, ..Freedoms::WORLD };
    Explorer::new().freedoms(freedoms).search(Search::All(1)).run(async || {
        let (client, server) = pair().await;
        let reading = spawn(async move { server.read_exact(&mut [0]).await });
        yield_now().await;
        client.write_all(b"x").await.unwrap();
        let mut turns = 0;
        while turns < 5 && !reading.is_finished() {
            yield_now().await;
            turns += 1;
        }
        seen.borrow_mut().insert(turns);
    });
    assert_eq!(seen.take().into_iter().collect::<Vec<_>>(), [2, 3, 4, 5]);
}

/// Breaks if an advance with no timer before its goal is taken for a deadlock.
#[test]
fn a_clock_may_be_advanced_where_nothing_is_due() {
    assert_eq!(
        times(async || {
            let start = now();
            advance(5 * MS).await;
            now() - start
        }),
        [5]
    );
}

/// Breaks if the end of one partition is the end of another.
#[test]
fn hosts_are_apart_until_the_last_of_their_partitions_ends() {
    Explorer::new().schedules(100).run(async || {
        host("server", async {
            let listener = TcpListener::bind("0.0.0.0:7").await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut [0]).await.unwrap();
            stream.write_all(b"!").await.unwrap();
        });
        let stream = loop {
            match TcpStream::connect("server:7").await {
                Ok(stream) => break stream,
                Err(_) => sleep(MS).await,
            }
        };
        let first = partition("main", "server");
        let second = partition("main", "server");
        stream.write_all(b"?").await.unwrap();
        drop(first);
        assert!(timeout(1_000 * MS, stream.read(&mut [0])).await.is_err());
        drop(second);
        stream.read_exact(&mut [0]).await.unwrap();
    });
}

/// Breaks if a search is not the one that was asked for.
#[test]
fn what_is_found_is_a_schedule_of_the_search_that_was_asked_for() {
    for (search, kind) in [(Search::Random, "random:"), (Search::Pct(2), "pct:"), (Search::All(2), "list:")] {
        let failure = Explorer::new().search(search).check(async || {
            let order = Rc::new(RefCell::new(Vec::new()));
            let noted = |i| {
                let order = Rc::clone(&order);
                async move {
                    latency().await;
                    order.borrow_mut().push(i);
                }
            };
            gather([1, 2].map(noted)).await;
            assert_eq!(*order.borrow(), [1, 2]);
        });
        let found = failure.unwrap_err().found.to_string();
        assert!(found.starts_with(kind), "{found}");
    }
}

/// Breaks if a search for all forgets lists that it could run still.
#[test]
fn a_search_for_all_ends_incomplete_only_when_it_has_run_as_many_as_it_may() {
    let explorer = Explorer::new().schedules(200).search(Search::All(3));
    let passed = explorer.check(async || _ = gather((0..4).map(|_| latency())).await).unwrap();
    assert_eq!((passed.schedules, passed.complete), (200, false));
}

/// Breaks if a program gets more turns than it may take.
#[test]
fn a_program_without_an_end_has_no_more_turns_than_are_given() {
    let turns = Cell::new(0);
    let failure = Explorer::new().max_turns(500).search(Search::All(0)).check(async || {
        turns.set(0);
        loop {
            turns.set(turns.get() + 1);
            yield_now().await;
        }
    });
    assert_eq!(failure.unwrap_err().fault, Fault::Stuck(Stuck::NoEnd(500)));
    assert!((480..=501).contains(&turns.get()), "{}", turns.get()); // an event poll counts as one, too
}

/// Breaks if the last turn that a program may take is one too many, or the next one is not.
#[test]
fn a_program_may_take_as_many_turns_as_it_needs_and_none_more() {
    let program = async || {
        for _ in 0..20 {
            yield_now().await;
        }
    };
    let run = |most: usize| Explorer::new().max_turns(most).search(Search::All(0)).check(program);
    let needed = run(1_000).unwrap().turns;
    assert!(run(needed).is_ok());
    assert_eq!(run(needed - 1).unwrap_err().fault, Fault::Stuck(Stuck::NoEnd(needed - 1)));
}

/// Breaks if a search for all goes on when its time is over.
#[test]
fn a_search_for_all_ends_when_its_time_is_over() {
    let all = Explorer::new().search(Search::All(2)).at_most(Duration::ZERO);
    assert!(!all.check(latency).unwrap().complete);
}

/// How many of some calls of `latency` take time.
async fn late(calls: u32) -> u32 {
    let mut late = 0;
    for _ in 0..calls {
        let start = now();
        latency().await;
        late += u32::from(now() > start);
    }
    late
}

/// Breaks if deviations are taken away in one round only.
#[test]
fn of_what_is_left_no_deviation_can_be_taken_away() {
    for seed in 0..3 {
        let failure = Explorer::new().seed(seed).check(async || assert!(late(20).await < 7)).unwrap_err();
        assert_eq!(failure.deviations().len(), 7, "{failure}");
    }
}

/// Breaks if another fault passes for a shorter schedule of the one that was found.
#[test]
fn shortening_keeps_to_the_fault_that_was_found() {
    let program = async || match late(8).await {
        0 | 2 => {}
        1 => panic!("a little late"),
        _ => panic!("very late"),
    };
    for seed in 0..20 {
        let failure = Explorer::new().seed(seed).check(program).unwrap_err();
        let found = Explorer::new().replay(&failure.found, program).unwrap_err();
        assert_eq!(found.fault, failure.fault, "{failure}");
    }
}
