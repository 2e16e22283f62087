// What is wrong with the last steps, counted by the same code on each of them and on shirr. The
// file that includes this one says in one `use` line where `block_on`, `gather`, `sleep` and
// `spawn` come from.

use std::cell::Cell;
use std::env;
use std::future::{pending, poll_fn};
use std::io;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;
use study::{allocations, be_brief, detach, hushed, survives, yield_now};

/// How many allocations a thousand turns of a task make.
fn allocations_of_turns() -> u64 {
    block_on(async {
        yield_now().await; // from here on the queue has its room
        let before = allocations();
        for _ in 0..1000 {
            yield_now().await;
        }
        allocations() - before
    })
}

/// How many of two tasks come to their end beside a third, which panics.
fn ended_beside_a_panic() -> u32 {
    let ended = Rc::new(Cell::new(0));
    let all = Rc::clone(&ended);
    survives(|| {
        block_on(async move {
            detach(spawn(async { panic!("one of three tasks") }));
            for _ in 0..2 {
                let all = Rc::clone(&all);
                detach(spawn(async move { all.set(all.get() + 1) }));
            }
            yield_now().await;
        });
    });
    ended.get()
}

/// Whether the end of the runtime survives a task that is left, and that drops a gather then.
fn drops_a_gather_at_the_end() -> bool {
    survives(|| {
        block_on(async {
            detach(spawn(async { drop(gather([pending::<()>(), pending()]).await) }));
            yield_now().await;
        });
    })
}

/// How many turns another task has until a timer fires that is due at once.
fn turns_before_a_timer() -> u32 {
    block_on(async {
        let fired = Rc::new(Cell::new(false));
        let seen = Rc::clone(&fired);
        detach(spawn(async move {
            sleep(Duration::ZERO).await;
            seen.set(true);
        }));
        let mut turns = 0;
        while turns < 10_000 && !fired.get() {
            yield_now().await;
            turns += 1;
        }
        turns
    })
}

/// How many polls the root has, whose sleep is the only reason for a second one, when it calls a
/// waker that the root of an earlier runtime has left.
fn polls_beside_a_late_waker() -> u32 {
    let late = block_on(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
    block_on(async move {
        let (mut polls, mut sleep) = (0, Box::pin(sleep(Duration::from_millis(10))));
        poll_fn(|cx| {
            polls += 1;
            if polls == 1 {
                late.wake_by_ref();
            }
            sleep.as_mut().poll(cx)
        })
        .await;
        polls
    })
}

/// How many of three children end, of which the second panics, and whether the root survives that.
fn ended_beside_a_child_that_panics() -> (u32, bool) {
    let ended = Rc::new(Cell::new(0));
    let all = Rc::clone(&ended);
    let root_survives = survives(|| {
        block_on(async move {
            let children = [1, 2, 3].map(|child| {
                let all = Rc::clone(&all);
                async move {
                    assert!(child != 2, "the second of three children");
                    sleep(Duration::from_millis(1)).await;
                    all.set(all.get() + 1);
                }
            });
            gather(children).await;
        });
    });
    (ended.get(), root_survives)
}

fn tell(is_good: bool, count: &str) {
    println!("{}: {count}", if is_good { "mended" } else { "still wrong" });
}

/// Counts, and says what is still wrong.
pub(crate) fn report() {
    let (allocations, ended, turns) =
        hushed(|| (allocations_of_turns(), ended_beside_a_panic(), turns_before_a_timer()));
    tell(allocations == 0, &format!("1000 turns of a task made {allocations} allocations"));
    tell(ended == 2, &format!("beside a task that panicked, {ended} of 2 others ended"));
    let panics = u32::from(!hushed(drops_a_gather_at_the_end));
    tell(panics == 0, &format!("of 1 runtime that ended with a gather left in it, {panics} panicked"));
    let fired = if turns < 10_000 { "had fired" } else { "had not fired" };
    tell(turns < 200, &format!("a timer that was due {fired} after {turns} turns of another task"));
}

/// What `main` does: the program, then the counts. With `late` or `child`, what a test asks for.
pub(crate) fn run_after(program: fn() -> io::Result<()>) -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("late") => {
            println!("polls {}", polls_beside_a_late_waker());
            return Ok(());
        }
        Some("child") => {
            println!("ended, and the root survives: {:?}", ended_beside_a_child_that_panics());
            return Ok(());
        }
        _ => {}
    }
    be_brief();
    program()?;
    report();
    Ok(())
}
