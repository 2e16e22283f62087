//! A panic that blames the caller names the caller's line, not one of shirr's.

mod support;

use shirr::net::{TcpListener, TcpStream};
use shirr::time::{advance, interval, interval_at, now, pause, resume, sleep, stalled, timeout};
use shirr::{Runtime, as_completed, gather, metrics, spawn, try_gather, unblock, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{pending, ready};
use std::panic::{self, Location};
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::time::Duration;
use support::{panic_of, poll_once};

const MS: Duration = Duration::from_millis(1);

thread_local! {
    /// Where the thread's latest panic says that it was.
    static PLACE: Cell<Option<(String, u32)>> = const { Cell::new(None) };
    /// Panics that named another line than their caller's.
    static ASTRAY: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Whether the panic of `fault` names a line of the call of this function.
#[track_caller]
fn blames<T>(fault: impl FnOnce() -> T) {
    let text = panic_of(fault);
    let (call, (file, line)) = (Location::caller(), PLACE.take().expect("the hook was called"));
    let here = file == call.file() && (call.line()..call.line() + 5).contains(&line);
    if !here {
        ASTRAY.with_borrow_mut(|list| list.push(format!("{call}: {text:?} says {file}:{line}")));
    }
}

/// Whether the panic of `fault`'s first poll names a line of the call of this function.
#[track_caller]
fn blames_await(fault: impl Future) {
    let mut fault = Box::pin(fault);
    blames(|| poll_once(&mut fault));
}

/// Broken by a panic inside a closure, whose caller is shirr, and by any function on the way
/// that lacks `#[track_caller]`.
#[test]
fn a_panic_that_blames_the_caller_names_the_callers_line() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        report(info);
        PLACE.set(info.location().map(|place| (place.file().to_owned(), place.line())));
    }));
    settings();
    functions_without_a_runtime();
    futures_without_a_runtime();
    shirr::block_on(functions_inside_a_runtime());
    shirr::block_on(futures_awaited_wrongly());
    shirr::block_on(futures_polled_too_often());
    futures_of_another_runtime();
    #[cfg(feature = "trace")]
    the_trace();
    let astray = ASTRAY.take();
    assert!(astray.is_empty(), "{astray:#?}");
}

fn settings() {
    let three = || [ready(1), ready(2), ready(3)];
    blames(|| Runtime::builder().helper_threads(0));
    blames(|| interval(Duration::ZERO));
    blames(|| interval_at(now(), Duration::ZERO));
    blames(|| gather(three()).limit(0));
    blames(|| gather(three()).settled().limit(0));
    blames(|| as_completed(three()).limit(0));
    blames(|| try_gather([ready(Ok::<u8, u8>(1))]).limit(0));
    blames(|| gather!(ready(1), ready(2)).limit(0));
    blames(|| try_gather!(ready(Ok::<u8, u8>(1)), ready(Ok::<u8, u8>(2))).limit(0));
}

fn functions_without_a_runtime() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    blames(|| spawn(async {}));
    blames(|| metrics());
    blames(|| pause());
    blames(|| resume());
    blames(|| stalled());
    blames(|| TcpListener::from_std(listener));
    blames(|| TcpStream::from_std(stream));
}

/// What an `async` function of shirr panics with names shirr's line: Rust has no way yet to have
/// it name another. Its text says which function it was.
fn futures_without_a_runtime() {
    blames_await(async { sleep(MS).await });
    blames_await(async { timeout(MS, pending::<()>()).await });
    blames_await(async { advance(MS).await });
    blames_await(async { unblock(|| ()).await });
    blames_await(async { gather([ready(1)]).await });
    blames_await(async { gather([ready(1)]).settled().await });
    blames_await(async { try_gather([ready(Ok::<u8, u8>(1))]).await });
    blames_await(async { gather!(ready(1), ready(2)).await });
    blames_await(async { try_gather!(ready(Ok::<u8, u8>(1)), ready(Ok::<u8, u8>(2))).await });
}

async fn functions_inside_a_runtime() {
    let other = Runtime::new().unwrap();
    blames(|| other.block_on(async {}));
    blames(|| shirr::block_on(async {}));
    blames(|| resume());
    pause();
    blames(|| pause());
    let mut way = advance(MS);
    assert!(poll_once(&mut way).is_pending());
    blames(|| resume());
    let mut begun = gather([pending::<()>()]);
    assert!(poll_once(&mut begun).is_pending());
    blames(|| begun.limit(1));
    let mut begun = gather([pending::<()>()]);
    assert!(poll_once(&mut begun).is_pending());
    blames(|| begun.settled());
    let aborted = spawn(pending::<()>());
    aborted.abort();
    let error = aborted.await.unwrap_err();
    blames(|| error.into_panic());
}

async fn futures_awaited_wrongly() {
    blames_await(async { advance(MS).await });
    pause();
    blames_await(async { advance(Duration::MAX).await });
    let mut way = advance(MS);
    assert!(poll_once(&mut way).is_pending());
    blames_await(async { advance(MS).await });
}

/// Polled directly, since an `await` of `&mut future` names the line of `core` that passes the
/// poll on.
async fn futures_polled_too_often() {
    let mut cx = Context::from_waker(Waker::noop());
    let mut task = spawn(ready(1));
    yield_now().await;
    assert!(poll_once(&mut task).is_ready());
    blames(|| Pin::new(&mut task).poll(&mut cx));
    let mut whole = gather([ready(1)]);
    (&mut whole).await;
    blames(|| Pin::new(&mut whole).poll(&mut cx));
    let mut work = unblock(|| 1);
    (&mut work).await.unwrap();
    blames(|| Pin::new(&mut work).poll(&mut cx));
    let mut limited = pin!(timeout(MS, ready(1)));
    limited.as_mut().await.unwrap();
    blames(|| limited.as_mut().poll(&mut cx));
}

fn futures_of_another_runtime() {
    let (first, second) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let task = first.spawn(pending::<()>());
    let mut whole = gather([pending::<()>()]);
    first.block_on(async { assert!(poll_once(&mut whole).is_pending()) });
    second.block_on(async {
        blames_await(async { drop(task.await) });
        blames_await(async { drop(whole.await) });
    });
}

#[cfg(feature = "trace")]
fn the_trace() {
    blames(|| shirr::trace::Recorder::with_capacity(0));
    blames(|| shirr::trace::waiting());
}
