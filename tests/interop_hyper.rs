//! hyper's traits, as hyper uses them.

#![cfg(feature = "hyper")]

mod common;
mod heap;
mod support;

use common::peer::{pair, pattern};
use common::{paused, run};
use hyper::rt::{Executor as _, Read, ReadBuf, Sleep, Timer as _, Write};
use shirr::interop::hyper::{Executor, Timer};
use shirr::net::TcpStream;
use shirr::time::now;
use shirr::{metrics, yield_now};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;
use support::hooked::Hooks;

const SECOND: Duration = Duration::from_secs(1);

/// One read into `buf`; how many bytes came.
async fn read(stream: &mut TcpStream, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
    let before = buf.filled().len();
    poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, buf.unfilled())).await?;
    Ok(buf.filled().len() - before)
}

#[test]
fn a_read_fills_uninitialized_memory_and_no_more_than_there_is() {
    run(async || {
        let (mut stream, mut socket) = pair().await;
        socket.write_all(b"seven by").unwrap();
        let mut memory = [MaybeUninit::uninit(); 5];
        let mut buf = ReadBuf::uninit(&mut memory);
        assert_eq!(read(&mut stream, &mut buf).await.unwrap(), 5);
        assert_eq!(buf.filled(), b"seven");
        let mut memory = [MaybeUninit::uninit(); 16];
        let mut buf = ReadBuf::uninit(&mut memory);
        buf.unfilled().put_slice(b"had:");
        assert_eq!(read(&mut stream, &mut buf).await.unwrap(), 3);
        assert_eq!(buf.filled(), b"had: by");
        drop(socket);
        assert_eq!(read(&mut stream, &mut buf).await.unwrap(), 0);
    });
}

#[test]
fn what_is_larger_than_the_scratch_comes_in_pieces_of_it() {
    run(async || {
        let (mut stream, mut socket) = pair().await;
        let sent = pattern(1 << 20, 3);
        let thread = thread::spawn({
            let sent = sent.clone();
            move || socket.write_all(&sent).unwrap()
        });
        let mut memory = vec![0; 2 << 20];
        let mut buf = ReadBuf::new(&mut memory);
        loop {
            match read(&mut stream, &mut buf).await.unwrap() {
                0 => break,
                n => assert!(n <= 64 * 1024, "{n}"),
            }
        }
        thread.join().unwrap();
        assert!(buf.filled() == sent);
    });
}

#[test]
fn a_full_buffer_asks_for_nothing() {
    run(async || {
        let (mut stream, _socket) = pair().await;
        assert_eq!(read(&mut stream, &mut ReadBuf::new(&mut [])).await.unwrap(), 0);
    });
}

#[test]
fn after_the_first_a_read_allocates_nothing() {
    run(async || {
        let (mut stream, mut socket) = pair().await;
        let mut memory = [0; 64];
        let mut word = async || {
            socket.write_all(b"word").unwrap();
            let mut buf = ReadBuf::new(&mut memory);
            assert_eq!(read(&mut stream, &mut buf).await.unwrap(), 4);
        };
        word().await;
        let before = heap::counts().calls;
        for _ in 0..100 {
            word().await;
        }
        assert_eq!(heap::counts().calls - before, 0);
    });
}

/// A waker may do anything while it is cloned, another read among it, which happens in the
/// middle of this one's.
#[test]
fn a_read_inside_a_read_has_memory_of_its_own() {
    thread_local! {
        static OTHER: RefCell<Option<(TcpStream, Vec<u8>)>> = const { RefCell::new(None) };
    }
    run(async || {
        let ((mut stream, mut socket), (other, mut others)) = (pair().await, pair().await);
        others.write_all(b"inner").unwrap();
        other.readable().await.unwrap();
        OTHER.set(Some((other, vec![0; 8])));
        let read_other = || {
            if let Some((mut stream, mut memory)) = OTHER.take() {
                let mut buf = ReadBuf::new(&mut memory);
                let mut cx = Context::from_waker(std::task::Waker::noop());
                assert!(Pin::new(&mut stream).poll_read(&mut cx, buf.unfilled()).is_ready());
                assert_eq!(buf.filled(), b"inner");
            }
        };
        let (_hooks, waker) = Hooks::new().at_clone(read_other).waker();
        let mut memory = [0; 8];
        let mut buf = ReadBuf::new(&mut memory);
        let mut cx = Context::from_waker(&waker);
        assert!(Pin::new(&mut stream).poll_read(&mut cx, buf.unfilled()).is_pending());
        assert!(OTHER.take().is_none(), "the inner read was done");
        socket.write_all(b"outer").unwrap();
        assert_eq!(read(&mut stream, &mut buf).await.unwrap(), 5);
        assert_eq!(buf.filled(), b"outer");
    });
}

#[test]
fn a_write_takes_several_buffers_and_a_shutdown_ends_it() {
    run(async || {
        let (mut stream, mut socket) = pair().await;
        assert!(stream.is_write_vectored());
        let parts = [IoSlice::new(b"head, "), IoSlice::new(b"body")];
        let mut stream = Pin::new(&mut stream);
        assert_eq!(poll_fn(|cx| stream.as_mut().poll_write_vectored(cx, &parts)).await.unwrap(), 10);
        assert_eq!(poll_fn(|cx| stream.as_mut().poll_write(cx, b", end")).await.unwrap(), 5);
        poll_fn(|cx| stream.as_mut().poll_flush(cx)).await.unwrap();
        poll_fn(|cx| stream.as_mut().poll_shutdown(cx)).await.unwrap();
        poll_fn(|cx| stream.as_mut().poll_shutdown(cx)).await.unwrap();
        let mut received = String::new();
        socket.read_to_string(&mut received).unwrap();
        assert_eq!(received, "head, body, end");
    });
}

#[test]
fn shutting_down_what_is_broken_off_is_no_error() {
    run(async || {
        let (mut stream, socket) = pair().await;
        socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap();
        drop(socket); // which resets the connection
        read(&mut stream, &mut ReadBuf::new(&mut [0])).await.unwrap_err();
        stream.shutdown(Shutdown::Write).unwrap_err();
        poll_fn(|cx| Pin::new(&mut stream).poll_shutdown(cx)).await.unwrap();
    });
}

#[test]
fn the_executor_runs_what_is_not_send() {
    run(async || {
        let trace = Rc::new(RefCell::new(Vec::new()));
        for name in ["first", "second"] {
            let trace = Rc::clone(&trace);
            Executor.execute(async move {
                yield_now().await;
                trace.borrow_mut().push(name);
            });
        }
        assert_eq!(metrics().tasks, 3); // with the root
        yield_now().await;
        yield_now().await;
        assert_eq!((&trace.borrow()[..], metrics().tasks), (&["first", "second"][..], 1));
    });
}

#[test]
fn the_timer_goes_by_the_runtimes_clock() {
    paused(async || {
        let start = now();
        assert_eq!(Timer.now(), start);
        Timer.sleep(5 * SECOND).await;
        assert_eq!(Timer.now(), start + 5 * SECOND);
        Timer.sleep_until(start + 7 * SECOND).await;
        assert_eq!(Timer.now(), start + 7 * SECOND);
    });
}

#[test]
fn a_limit_that_is_moved_keeps_its_memory_and_its_timer() {
    paused(async || {
        let start = now();
        let mut limit = Timer.sleep(SECOND);
        let address = |limit: &Pin<Box<dyn Sleep>>| std::ptr::from_ref(&**limit).cast::<()>();
        let first = address(&limit);
        assert!(poll_fn(|cx| Poll::Ready(limit.as_mut().poll(cx).is_pending())).await);
        let before = heap::counts().calls;
        for seconds in 2..100 {
            Timer.reset(&mut limit, start + seconds * SECOND);
        }
        assert_eq!((heap::counts().calls - before, metrics().timers, address(&limit)), (0, 1, first));
        limit.await;
        assert_eq!((now(), metrics().timers), (start + 99 * SECOND, 0));
    });
}

/// A sleep that another timer made.
struct Foreign(Arc<AtomicUsize>);

impl Future for Foreign {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for Foreign {}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_limit_of_another_timer_is_replaced() {
    paused(async || {
        let (start, drops) = (now(), Arc::default());
        let mut limit: Pin<Box<dyn Sleep>> = Box::pin(Foreign(Arc::clone(&drops)));
        Timer.reset(&mut limit, start + SECOND);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        limit.await;
        assert_eq!(now(), start + SECOND);
    });
}
