//! Everything at once, at random: whatever a program does in whichever order, it ends, and
//! when it has ended nothing of it is left.

mod common;

use common::{Drops, begin, ends, registered, turns};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{sleep, timeout};
use shirr::{JoinHandle, Runtime, gather, spawn, unblock, yield_now};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

/// What all bodies of one program share.
struct World {
    random: Cell<u64>,
    drops: Drops,
    /// One for every body that was ever made.
    made: Cell<usize>,
    handles: RefCell<Vec<JoinHandle<()>>>,
    echo: SocketAddr,
}

impl World {
    fn below(&self, limit: u64) -> u64 {
        let state = self.random.get().wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.random.set(state);
        (state >> 33) % limit
    }

    fn micros(&self) -> Duration {
        Duration::from_micros(self.below(3_000))
    }

    /// Takes one of the handles that lie about, if there are any.
    fn any_handle(&self) -> Option<JoinHandle<()>> {
        let mut handles = self.handles.borrow_mut();
        let n = handles.len() as u64;
        (n > 0).then(|| handles.swap_remove(self.below(n) as usize))
    }
}

/// A body that does a few things, one of them perhaps with more bodies, until `depth` is 0.
fn body(world: &Rc<World>, depth: u64) -> Pin<Box<dyn Future<Output = ()>>> {
    let (world, guard) = (Rc::clone(world), world.drops.guard());
    world.made.set(world.made.get() + 1);
    Box::pin(async move {
        let _guard = guard;
        for _ in 0..1 + world.below(5) {
            step(&world, depth).await;
        }
    })
}

async fn step(world: &Rc<World>, depth: u64) {
    let several = || (0..world.below(5)).map(|_| body(world, depth - 1)).collect::<Vec<_>>();
    match world.below(if depth > 0 { 13 } else { 8 }) {
        0 => yield_now().await,
        1 => sleep(world.micros()).await,
        2 => drop(world.any_handle()),
        3 => drop(world.any_handle().inspect(JoinHandle::abort)),
        4 => {
            if let Some(mut handle) = world.any_handle() {
                // It may be this task's own handle, or that of a task that waits for this one.
                let _ = timeout(world.micros(), &mut handle).await;
            }
        }
        5 => drop(timeout(world.micros(), unblock(|| ())).await),
        6 => drop(timeout(world.micros(), echoed(world.echo)).await),
        // No text, since it is not read.
        7 if world.below(4) == 0 => resume_unwind(Box::new(())),
        7 => turns(world.below(300) as usize).await,
        8 => drop(gather(several()).await),
        9 => drop(gather(several()).limit(1 + world.below(3) as usize).await),
        10 => drop(timeout(world.micros(), gather(several())).await),
        11 => {
            let mut all = gather(several()).limit(1 + world.below(3) as usize);
            drop(begin(&mut all).await);
            turns(world.below(3) as usize).await;
        }
        _ => {
            let task = spawn(body(world, depth - 1));
            world.handles.borrow_mut().push(task);
        }
    }
}

async fn echoed(server: SocketAddr) {
    let Ok(stream) = TcpStream::connect(server).await else { return };
    stream.write_all(b"echo").await.unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"echo");
}

/// Echoes on every connection until it is aborted.
async fn serve(listener: TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        drop(spawn(async move {
            let mut buf = [0; 8];
            while let Ok(n @ 1..) = stream.read(&mut buf).await {
                if stream.write_all(&buf[..n]).await.is_err() {
                    return;
                }
            }
        }));
    }
}

async fn program(seed: u64, drops: Drops) -> Rc<World> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = Rc::new(World {
        random: Cell::new(seed),
        drops,
        made: Cell::new(0),
        handles: RefCell::default(),
        echo: listener.local_addr().unwrap(),
    });
    let server = spawn(serve(listener));
    let top: Vec<_> = (0..6).map(|_| spawn(body(&world, 4))).collect();
    for task in top {
        let _ = task.await; // well or with a panic, but it ends
    }
    server.abort();
    let _: Result<(), _> = server.await;
    world
}

#[test]
fn any_mixture_ends_and_leaves_nothing() {
    ends(|| {
        let mut made = 0;
        for seed in 0..150 {
            shirr::block_on(async {
                let world = program(seed, Drops::default()).await;
                // Detached tasks go on for a while, and may leave handles of others.
                while shirr::metrics().tasks > 1 || registered() != (0, 0) {
                    world.handles.borrow_mut().drain(..).for_each(|task| task.abort());
                    sleep(Duration::from_millis(1)).await;
                }
                assert_eq!(world.drops.count(), world.made.get(), "with seed {seed}");
                made += world.made.get();
            });
        }
        assert!(made > 5_000, "{made} bodies are no mixture");
    });
}

#[test]
fn any_mixture_may_be_cut_off_by_the_end_of_its_runtime() {
    ends(|| {
        for seed in 1000..1150 {
            let runtime = Runtime::new().unwrap();
            let drops = Drops::default();
            let inner = drops.clone();
            drop(runtime.spawn(async move { drop(program(seed, inner).await) }));
            runtime.block_on(sleep(Duration::from_micros(seed % 10 * 500)));
            drop(runtime);
            assert!(drops.none_alive(), "with seed {seed}");
        }
    });
}
