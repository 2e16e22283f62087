//! Which public types may go to another thread, be shared with one, or be moved when pinned.
//!
//! A type that becomes `Send` by accident is as bad as one that ceases to be: what belongs
//! to one thread is guarded by nothing else. So both answers are written down here, for every
//! type that is exported (`tests/documents/public_api.rs` holds the list to that), under the path that users
//! write.

#[cfg(feature = "explore")]
use shirr::explore;
#[cfg(feature = "hyper")]
use shirr::interop;
#[cfg(unix)]
use shirr::io;
#[cfg(feature = "trace")]
use shirr::trace;
use shirr::{
    AbortHandle, AbortOnDrop, AsCompleted, AsCompletedSettled, Builder, Gather, GatherTuple, Handle, Id,
    JoinError, JoinHandle, JoinSet, Metrics, RemoteHandle, Runtime, Settled, TryGather, TryGatherTuple,
    Unblock, Within, YieldNow, gather, net, time,
};
use std::cell::Cell;
use std::fmt::Debug;
use std::future::{Ready, ready};
use std::marker::{PhantomData, PhantomPinned};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The answers where the question's own constant does not exist.
trait Otherwise {
    const YES: bool = false;
}

/// Makes a question of a trait: a constant of the type itself is preferred to that of
/// `Otherwise`, and it exists only where the bound holds.
macro_rules! question {
    ($name:ident, $bound:path) => {
        #[allow(dead_code)] // never made, only asked
        struct $name<T: ?Sized>(PhantomData<T>);
        impl<T: ?Sized> Otherwise for $name<T> {}
        #[allow(dead_code)]
        impl<T: ?Sized + $bound> $name<T> {
            const YES: bool = true;
        }
    };
}

question!(IsSend, Send);
question!(IsSync, Sync);
question!(IsUnpin, Unpin);
question!(IsUnwindSafe, UnwindSafe);
question!(IsRefUnwindSafe, RefUnwindSafe);

/// The three answers for a type, as letters; a dash for a no. Does not compile for a type that
/// cannot be printed for debugging.
macro_rules! traits {
    ($kind:ty) => {{
        is_debug::<$kind>();
        let answers =
            [(<IsSend<$kind>>::YES, 'S'), (<IsSync<$kind>>::YES, 'Y'), (<IsUnpin<$kind>>::YES, 'U')];
        answers.map(|(yes, letter)| if yes { letter } else { '-' }).iter().collect::<String>()
    }};
}

fn is_debug<T: Debug + ?Sized>() {}

type Children = std::vec::IntoIter<Ready<u8>>;
type Results = std::vec::IntoIter<Ready<Result<u8, u8>>>;
type Cells = fn() -> Option<u8>;
type Closure = fn() -> u8;
type LocalClosure = PhantomData<(Rc<()>, fn())>;

#[test]
fn the_question_tells_types_apart() {
    assert_eq!(traits!(u8), "SYU");
    assert_eq!(traits!(Cell<u8>), "S-U");
    assert_eq!(traits!(Rc<u8>), "--U");
    assert_eq!(traits!(std::sync::MutexGuard<'static, u8>), "-YU");
    assert_eq!(traits!(PhantomPinned), "SY-");
}

#[test]
fn what_belongs_to_one_thread_cannot_leave_it() {
    assert_eq!(traits!(Runtime), "--U");
    assert_eq!(traits!(JoinHandle<u8>), "--U");
    assert_eq!(traits!(AbortOnDrop<u8>), "--U");
    assert_eq!(traits!(JoinSet<u8>), "--U");
    assert_eq!(traits!(Gather<Children>), "--U");
    assert_eq!(traits!(Settled<Children>), "--U");
    assert_eq!(traits!(Within<Children>), "--U");
    assert_eq!(traits!(TryGather<Results>), "--U");
    assert_eq!(traits!(AsCompleted<Children>), "--U");
    assert_eq!(traits!(AsCompletedSettled<Children>), "--U");
    assert_eq!(traits!(GatherTuple<Cells>), "--U");
    assert_eq!(traits!(TryGatherTuple<Cells, u8>), "--U");
    assert_eq!(traits!(net::TcpStream), "--U");
    assert_eq!(traits!(net::TcpListener), "--U");
    assert_eq!(traits!(net::Incoming<'static>), "--U");
    assert_eq!(traits!(net::ReadHalf<&net::TcpStream>), "--U");
    assert_eq!(traits!(net::WriteHalf<&net::TcpStream>), "--U");
    assert_eq!(traits!(net::OwnedReadHalf), "--U");
    assert_eq!(traits!(net::OwnedWriteHalf), "--U");
    assert_eq!(traits!(net::Closing), "--U");
    assert_eq!(traits!(net::ReuniteError), "--U");
    assert_eq!(traits!(net::UdpSocket), "--U");
    assert_eq!(traits!(time::Advance), "--U");
}

#[cfg(unix)]
#[test]
fn what_watches_a_descriptor_cannot_leave_its_thread() {
    assert_eq!(traits!(net::UnixStream), "--U");
    assert_eq!(traits!(net::UnixListener), "--U");
    assert_eq!(traits!(net::UnixDatagram), "--U");
    assert_eq!(traits!(net::Incoming<'static, net::UnixListener>), "--U");
    assert_eq!(traits!(io::Async<std::fs::File>), "--U");
}

#[test]
fn what_is_plain_data_goes_anywhere() {
    assert_eq!(traits!(AbortHandle), "SYU");
    assert_eq!(traits!(Handle), "SYU");
    assert_eq!(traits!(Id), "SYU");
    assert_eq!(traits!(JoinError), "SYU");
    assert_eq!(traits!(Metrics), "SYU");
    assert_eq!(traits!(Builder), "SYU");
    assert_eq!(traits!(YieldNow), "SYU");
    assert_eq!(traits!(time::Sleep), "SYU");
    assert_eq!(traits!(time::Interval), "SYU");
    assert_eq!(traits!(time::MissedTickBehavior), "SYU");
    assert_eq!(traits!(time::Elapsed), "SYU");
}

#[cfg(feature = "hyper")]
#[test]
fn what_hyper_is_given_goes_anywhere_and_uses_the_runtime_that_is_there() {
    assert_eq!(traits!(interop::hyper::Executor), "SYU");
    assert_eq!(traits!(interop::hyper::Timer), "SYU");
}

/// A recording may be looked at, and its recorder be asked, on any thread.
#[cfg(feature = "trace")]
#[test]
fn a_recording_goes_anywhere() {
    assert_eq!(traits!(trace::Recorder), "SYU");
    assert_eq!(traits!(trace::Recording), "SYU");
    assert_eq!(traits!(trace::Event), "SYU");
    assert_eq!(traits!(trace::What), "SYU");
    assert_eq!(traits!(trace::Actor), "SYU");
    assert_eq!(traits!(trace::Answer), "SYU");
    assert_eq!(traits!(trace::Decision), "SYU");
    assert_eq!(traits!(trace::Direction), "SYU");
    assert_eq!(traits!(trace::Effect), "SYU");
    assert_eq!(traits!(trace::Poll), "SYU");
    assert_eq!(traits!(trace::State), "SYU");
    assert_eq!(traits!(trace::Task), "SYU");
    assert_eq!(traits!(trace::Kind), "SYU");
    assert_eq!(traits!(trace::Wait), "SYU");
    assert_eq!(traits!(trace::Timer), "SYU");
    assert_eq!(traits!(trace::Source), "SYU");
    assert_eq!(traits!(trace::Gather), "SYU");
    assert_eq!(traits!(trace::Waitlist), "SYU");
    assert_eq!(traits!(trace::Unfinished), "SYU");
    assert_eq!(traits!(trace::Reason), "SYU");
}

/// A failure may be told on any thread. Breaks if it keeps what a panic's payload holds.
#[cfg(feature = "explore")]
#[test]
fn what_an_exploration_takes_and_gives_goes_anywhere() {
    assert_eq!(traits!(explore::Explorer), "SYU");
    assert_eq!(traits!(explore::Search), "SYU");
    assert_eq!(traits!(explore::Freedoms), "SYU");
    assert_eq!(traits!(explore::Schedule), "SYU");
    assert_eq!(traits!(explore::Kind), "SYU");
    assert_eq!(traits!(explore::Choice), "SYU");
    assert_eq!(traits!(explore::Passed), "SYU");
    assert_eq!(traits!(explore::Failure), "SYU");
    assert_eq!(traits!(explore::Fault), "SYU");
    assert_eq!(traits!(explore::Stuck), "SYU");
    assert_eq!(traits!(explore::Host), "SYU");
    assert_eq!(traits!(explore::Partition), "SYU");
    #[cfg(feature = "trace")]
    assert_eq!(traits!(explore::Told), "SYU");
}

#[test]
fn a_handle_is_no_more_pinned_and_no_more_local_for_what_its_task_gives() {
    assert_eq!(traits!(JoinHandle<Rc<PhantomPinned>>), "--U");
    assert_eq!(traits!(JoinHandle<PhantomPinned>), "--U");
    assert_eq!(traits!(JoinSet<PhantomPinned>), "--U");
    assert_eq!(traits!(Gather<std::array::IntoIter<Ready<Rc<u8>>, 3>>), "--U");
}

#[test]
fn a_blocking_closure_is_send_as_far_as_what_it_holds_and_gives_is() {
    assert_eq!(traits!(Unblock<Closure, u8>), "SYU");
    assert_eq!(traits!(Unblock<Closure, Cell<u8>>), "SYU"); // locked, hence `Sync`
    assert_eq!(traits!(Unblock<LocalClosure, u8>), "--U");
    assert_eq!(traits!(RemoteHandle<Cell<u8>>), "SYU"); // locked, hence `Sync`
    assert_eq!(traits!(RemoteHandle<Rc<u8>>), "--U");
    assert_eq!(traits!(Unblock<Closure, Rc<u8>>), "--U");
}

#[test]
fn tasks_without_sockets_are_send_when_what_they_hold_is() {
    fn is_send<T: Send>(_: &T) {}
    fn is_unpin<T: Unpin>(_: &T) {}
    is_send(&time::timeout(Duration::ZERO, time::sleep(Duration::ZERO)));
    is_send(&time::timeout(Duration::ZERO, shirr::yield_now()));
    is_send(&time::timeout_at(Instant::now(), time::sleep_until(Instant::now())));
    is_send(&shirr::unblock(|| 1));
    is_unpin(&gather([ready(1)]).limit(1));
    // A look-up is a name and perhaps a closure on its way, so it may be sent as well.
    is_send(&net::lookup_host("localhost:80"));
}

/// Whether a closure that owns one, and one that borrows one, may be given to `catch_unwind`.
macro_rules! outlives_a_panic {
    ($kind:ty) => {
        [<IsUnwindSafe<$kind>>::YES, <IsRefUnwindSafe<$kind>>::YES]
    };
}

/// What holds no future of the user's; tokio's types of these names are so, too.
#[test]
fn what_shirr_keeps_is_good_after_a_panic_and_says_so() {
    assert_eq!(outlives_a_panic!(Rc<Cell<u8>>), [false; 2]);
    assert_eq!(outlives_a_panic!(Runtime), [true; 2]);
    assert_eq!(outlives_a_panic!(Builder), [true; 2]);
    assert_eq!(outlives_a_panic!(JoinHandle<Rc<Cell<u8>>>), [true; 2]);
    assert_eq!(outlives_a_panic!(AbortHandle), [true; 2]);
    assert_eq!(outlives_a_panic!(Handle), [true; 2]);
    assert_eq!(outlives_a_panic!(RemoteHandle<Rc<Cell<u8>>>), [true; 2]);
    assert_eq!(outlives_a_panic!(AbortOnDrop<Rc<Cell<u8>>>), [true; 2]);
    assert_eq!(outlives_a_panic!(JoinSet<Rc<Cell<u8>>>), [true; 2]);
    assert_eq!(outlives_a_panic!(JoinError), [true; 2]);
    assert_eq!(outlives_a_panic!(Unblock<LocalClosure, Rc<Cell<u8>>>), [true; 2]);
    assert_eq!(outlives_a_panic!(net::TcpStream), [true; 2]);
    assert_eq!(outlives_a_panic!(net::TcpListener), [true; 2]);
    assert_eq!(outlives_a_panic!(net::UdpSocket), [true; 2]);
    assert_eq!(outlives_a_panic!(net::Incoming<'static>), [true; 2]);
    assert_eq!(outlives_a_panic!(net::OwnedReadHalf), [true; 2]);
    assert_eq!(outlives_a_panic!(net::OwnedWriteHalf), [true; 2]);
    assert_eq!(outlives_a_panic!(time::Sleep), [true; 2]);
    assert_eq!(outlives_a_panic!(time::Interval), [true; 2]);
}

#[test]
fn both_errors_are_errors_that_any_caller_can_carry() {
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    is_error::<JoinError>();
    is_error::<time::Elapsed>();
}

#[test]
fn keys_and_names_are_copied_compared_and_hashed() {
    fn is_key<T: Copy + Eq + std::hash::Hash + Debug>() {}
    is_key::<Id>();
    is_key::<AbortHandle>();
    fn is_ordered<T: Ord + std::fmt::Display>() {}
    is_ordered::<Id>();
}
