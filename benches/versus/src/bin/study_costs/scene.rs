// What is done so many times, in the same words on every step, on shirr and on tokio. The module
// around it says what `complete`, `sleep`, `yield_now` and `children` are there.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

static POLLS: AtomicU64 = AtomicU64::new(0);

/// A future whose polls are counted. In a run of its own, since it costs a box.
fn counted<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let mut future = Box::pin(future);
    poll_fn(move |cx| {
        POLLS.fetch_add(1, Relaxed);
        future.as_mut().poll(cx)
    })
}

async fn sleeps(times: u32) {
    for _ in 0..times {
        sleep(Duration::from_millis(1)).await;
    }
}

async fn yields(times: u32) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// Does an operation so often, and says what was counted: the polls, or the allocations.
pub(crate) fn run(operation: &str, times: u32, polls: bool) {
    memory::start_counting();
    match (operation, polls) {
        ("sleep", false) => complete(sleeps(times)),
        ("yield", false) => complete(yields(times)),
        ("child", false) => complete(children((0..times).map(|_| yield_now()))),
        ("sleep", true) => complete(counted(sleeps(times))),
        ("yield", true) => complete(counted(yields(times))),
        ("child", true) => complete(counted(children((0..times).map(|_| counted(yield_now()))))),
        _ => panic!("no operation is called {operation}"),
    }
    match polls {
        false => std::println!("{}", memory::allocations()),
        true => std::println!("{}", POLLS.load(Relaxed)),
    }
}
