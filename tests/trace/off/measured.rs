//! What is counted: built twice against the library without its feature `trace`. Together
//! these go through every file of the layers that has hooks.

use shirr::net::{TcpListener, TcpStream};
use shirr::time::sleep;
use shirr::{Builder, JoinSet, Runtime, as_completed, consume_budget, gather, spawn, unblock, yield_now};
use std::future::{Future, pending, poll_fn};
use std::net::Shutdown;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;
use std::time::Duration;

/// The names of what is measured.
pub(crate) const MEASURED: [&str; 9] = [
    "yield",
    "give way",
    "gather",
    "as_completed",
    "spawn and join",
    "abort and panic",
    "echo",
    "timers",
    "unblock",
];

/// A runtime on which a run is like any other: its clock is paused, and it has one helper.
pub(crate) fn builder() -> Builder {
    Runtime::builder().paused().helper_threads(1)
}

/// What comes before the measuring, and lasts as long as what it returns: closures are not to
/// meet a thread that takes them, since the count would be another each time. Time does not go
/// on then.
pub(crate) fn prepare(runtime: &Runtime, what: &str) -> Option<Sender<()>> {
    (what == "unblock").then(|| occupy_helper(runtime))
}

fn occupy_helper(runtime: &Runtime) -> Sender<()> {
    let ((busy, end), (tell, began)) = (channel(), channel());
    let wait = move || {
        tell.send(()).unwrap();
        end.recv()
    };
    drop(runtime.spawn(unblock(wait)));
    runtime.block_on(yield_now());
    began.recv().unwrap();
    busy
}

/// The name by which callgrind finds it; no other may begin with that.
#[inline(never)]
pub(crate) fn measured(runtime: &Runtime, what: &str) {
    runtime.spawn(pending::<()>()).abort(); // by a message, as from anywhere outside of the loop
    runtime.block_on(run(what));
}

async fn run(what: &str) {
    match what {
        "yield" => yields(2_000).await,
        "give way" => give_way(20_000).await,
        "gather" => drop(gather((0..1_000).map(|_| yield_now())).await),
        "as_completed" => complete(1_000).await,
        "spawn and join" => join(1_000).await,
        "abort and panic" => end_early(100).await,
        "echo" => echo(300).await,
        "timers" => drop(gather((0..1_000).map(nap)).await),
        "unblock" => begin_and_drop_closures(1_000).await,
        _ => panic!("nothing of that name is measured"),
    }
}

async fn yields(n: usize) {
    for _ in 0..n {
        yield_now().await;
    }
}

async fn give_way(n: usize) {
    for _ in 0..n {
        consume_budget().await;
    }
}

async fn complete(n: usize) {
    let mut children = as_completed((0..n).map(|_| yield_now())).limit(10);
    while children.next().await.is_some() {}
    let mut left = as_completed((0..n).map(|_| yield_now()));
    left.next().await; // and the others are dropped
    for _ in 0..4 {
        let mut begun = pin!(gather((0..n).map(|_| yield_now())));
        let polled = poll_fn(|cx| Poll::Ready(begun.as_mut().poll(cx))).await;
        assert!(polled.is_pending()); // its keys leave the queue for those of the next
    }
}

async fn join(n: usize) {
    for _ in 0..n {
        spawn(async {}).await.unwrap();
    }
    let mut set: JoinSet<()> = (0..n).map(|_| async {}).collect();
    while set.join_next().await.is_some() {}
}

async fn end_early(n: usize) {
    for _ in 0..n {
        let endless = spawn(pending::<()>());
        endless.abort();
        assert!(endless.await.unwrap_err().is_cancelled());
        let broken = spawn(async { resume_unwind(Box::new(())) });
        assert!(broken.await.is_err_and(|error: shirr::JoinError| error.is_panic()));
    }
}

/// A sleep of some milliseconds, which gets one more when it is pending.
async fn nap(ms: u64) {
    let mut nap = pin!(sleep(Duration::from_millis(ms % 7)));
    let begun = poll_fn(|cx| Poll::Ready(nap.as_mut().poll(cx))).await;
    assert!(begun.is_pending());
    let later = nap.deadline() + Duration::from_millis(1);
    nap.reset(later);
    nap.await;
}

async fn echo(n: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 64];
        while stream.read_exact(&mut bytes).await.is_ok() {
            stream.write_all(&bytes).await.unwrap();
        }
    });
    let stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..n {
        stream.write_all(&[7; 64]).await.unwrap();
        stream.read_exact(&mut [0; 64]).await.unwrap();
    }
    assert!(stream.try_read(&mut [0]).is_err(), "nothing is left to read");
    stream.shutdown(Shutdown::Write).unwrap();
    server.await.unwrap();
}

async fn begin_and_drop_closures(n: usize) {
    for _ in 0..n {
        let mut closure = pin!(unblock(|| ()));
        let begun = poll_fn(|cx| Poll::Ready(closure.as_mut().poll(cx))).await;
        assert!(begun.is_pending());
    }
}

#[allow(dead_code, reason = "the test that measures it has this file, too")]
fn main() {
    let what = std::env::args().nth(1).unwrap();
    let runtime = builder().build().unwrap();
    let _prepared = prepare(&runtime, &what);
    measured(&runtime, &what);
}
