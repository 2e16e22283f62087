//! The runtimes, and what a workload may ask of one.
//!
//! A workload is written once, generic over these traits, so it is the same on every runtime
//! by construction. What differs is here: a file for each runtime, which does the same with
//! that runtime's functions, and says why where these force something.
//!
//! Everything is on one thread. A value that implements [`Runtime`] is what tasks are spawned
//! by: of no size where spawning is ambient, a reference where it is not.

mod async_local_executor;
mod compio;
mod local_pool;
mod monoio;
mod shirr;
mod smol;
mod tokio;
mod tokio_local;

pub(crate) use self::async_local_executor::AsyncLocalExecutor;
pub(crate) use self::compio::Compio;
pub(crate) use self::local_pool::LocalPool;
pub(crate) use self::monoio::Monoio;
pub(crate) use self::shirr::Shirr;
pub(crate) use self::smol::Smol;
pub(crate) use self::tokio::Tokio;
pub(crate) use self::tokio_local::TokioLocal;

use crate::workload::Contender;
use hyper::rt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

/// Tasks.
pub(crate) trait Runtime: Copy + 'static {
    /// In the table's head.
    const NAME: &'static str;

    /// What runs tasks, with everything switched on that the runtime has: timers and I/O.
    type Engine: 'static;

    fn start() -> (Self::Engine, Self);

    fn block_on<T: 'static>(engine: &mut Self::Engine, future: impl Future<Output = T> + 'static) -> T;

    /// Spawns a task and gives its handle. On some runtimes, dropping that ends the task.
    fn spawn<T: 'static>(
        self,
        future: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + Unpin + 'static;

    /// Spawns a task that is never joined.
    fn detach(self, future: impl Future<Output = ()> + 'static);
}

/// Timers.
pub(crate) trait Time: Runtime {
    fn sleep(self, time: Duration) -> impl Future<Output = ()> + 'static;

    /// `None` when time is up.
    fn timeout<T>(self, limit: Duration, future: impl Future<Output = T>) -> impl Future<Output = Option<T>>;
}

/// TCP on the loopback interface.
///
/// Buffers are handed over and given back, since completion-based runtimes cannot borrow
/// them; to the others that is a move of three words.
pub(crate) trait Net: Runtime {
    type Listener: 'static;
    type Stream: 'static;

    /// Listens on a free port.
    async fn bind(self) -> (Self::Listener, SocketAddr);

    async fn accept(self, listener: &Self::Listener) -> Self::Stream;

    async fn connect(self, addr: SocketAddr) -> Self::Stream;

    /// Sends small writes at once.
    fn set_nodelay(stream: &Self::Stream);

    /// Reads once into all of `buffer`; how many bytes came. They are its first ones, and the
    /// rest means nothing: completion-based runtimes also cut the buffer to that length, and
    /// read into its capacity the next time, where the others read into its length.
    async fn read(stream: &mut Self::Stream, buffer: Vec<u8>) -> (usize, Vec<u8>);

    /// Writes the first `length` bytes of `buffer`.
    async fn write_all(stream: &mut Self::Stream, buffer: Vec<u8>, length: usize) -> Vec<u8>;
}

/// UDP on the loopback interface. Whole datagrams, of which none is lost.
pub(crate) trait Udp: Runtime {
    type Socket: 'static;

    /// A socket on a free port.
    async fn bind_udp(self) -> Self::Socket;

    fn local_addr(socket: &Self::Socket) -> SocketAddr;

    async fn connect_udp(socket: &Self::Socket, addr: SocketAddr);

    async fn send(socket: &Self::Socket, datagram: &[u8]);

    async fn recv(socket: &Self::Socket, buffer: &mut [u8]) -> usize;

    async fn send_to(socket: &Self::Socket, datagram: &[u8], addr: SocketAddr);

    async fn recv_from(socket: &Self::Socket, buffer: &mut [u8]) -> (usize, SocketAddr);
}

/// HTTP by hyper.
pub(crate) trait Http: Net {
    /// The stream as hyper takes it: as it is, or in the wrapper that the runtime's own users
    /// would take for that.
    fn for_hyper(stream: Self::Stream) -> impl rt::Read + rt::Write + Unpin + 'static;
}

/// `work` on this runtime, whose engine is made when it is first needed and kept between
/// rounds.
pub(crate) fn on<R: Runtime>(work: impl AsyncFn(R) -> u64 + 'static) -> Contender {
    on_with(async |_: R| (), async move |runtime, _| work(runtime).await)
}

/// The same with what `prepare` makes before the first round. Tasks that it leaves stay.
pub(crate) fn on_with<R: Runtime, S: 'static>(
    prepare: impl AsyncFn(R) -> S + 'static,
    work: impl AsyncFn(R, Rc<S>) -> u64 + 'static,
) -> Contender {
    let (prepare, work) = (Rc::new(prepare), Rc::new(work));
    let mut prepared = None;
    let measured = move |times| {
        let (engine, runtime, state) = prepared.get_or_insert_with(|| {
            let (mut engine, runtime) = R::start();
            let prepare = Rc::clone(&prepare);
            let state = R::block_on(&mut engine, async move { prepare(runtime).await });
            (engine, runtime, Rc::new(state))
        });
        // In a task, since some runtimes poll for events whenever their root is woken.
        let (runtime, state, work) = (*runtime, Rc::clone(state), Rc::clone(&work));
        let all = async move { runtime.spawn(repeat(times, runtime, state, work)).await };
        R::block_on(engine, all)
    };
    Contender { name: R::NAME, work: Box::new(measured) }
}

/// `work` once, on a new engine in every round.
pub(crate) fn on_fresh<R: Runtime>(work: impl AsyncFn(R) -> u64 + 'static) -> Contender {
    let work = Rc::new(work);
    let measured = move |_| {
        let (mut engine, runtime) = R::start();
        let work = Rc::clone(&work);
        R::block_on(&mut engine, async move { work(runtime).await })
    };
    Contender { name: R::NAME, work: Box::new(measured) }
}

async fn repeat<R: Runtime, S>(
    times: u32,
    runtime: R,
    state: Rc<S>,
    work: Rc<impl AsyncFn(R, Rc<S>) -> u64>,
) -> u64 {
    let mut sum = 0;
    for _ in 0..times {
        sum += work(runtime, Rc::clone(&state)).await;
    }
    sum
}
