//! The hosts of a simulated world: a runtime each, with an address and a name, all on one thread
//! and by one clock.
//!
//! The program's own runtime is the host `main`. It runs the others when it polls for events,
//! each until none of its tasks is ready: what two hosts know of each other comes by the network.

use crate::choice::{self, Kind};
use crate::runtime::context::{Core, try_current};
use crate::runtime::{Runtime, now};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Instant;

/// Where the program itself runs.
pub(crate) const MAIN: &str = "main";

struct Host {
    name: String,
    /// Nothing while the host is down.
    runtime: Option<Rc<Runtime>>,
}

thread_local! {
    static HOSTS: RefCell<Vec<Host>> = const { RefCell::new(Vec::new()) };
    static STOPPING: Cell<bool> = const { Cell::new(false) };
}

/// What a host does.
pub(crate) type Program = Pin<Box<dyn Future<Output = ()>>>;

/// The address of the host of this number; that of `main` is 0.
fn addr(number: usize) -> IpAddr {
    Ipv4Addr::from_bits(u32::from_be_bytes([10, 0, 0, 1]) + number as u32).into()
}

/// Ends all hosts, in the order in which they were made.
pub(super) fn clear() {
    let hosts = HOSTS.take();
    drop(hosts);
}

/// The address of the host of this name, if there is one.
pub(crate) fn find(name: &str) -> Option<IpAddr> {
    if name == MAIN {
        return Some(addr(0));
    }
    HOSTS.with_borrow(|hosts| hosts.iter().position(|host| host.name == name).map(|at| addr(at + 1)))
}

/// The address of the host that runs now.
pub(crate) fn own_addr() -> IpAddr {
    let runtime = try_current().map(|core| core.number());
    let is_own = |host: &Host| host.runtime.as_ref().map(|own| own.core.number()) == runtime;
    addr(HOSTS.with_borrow(|hosts| hosts.iter().position(is_own).map_or(0, |at| at + 1)))
}

/// Whether there is a host of this address, and it is down.
pub(crate) fn is_down(at: IpAddr) -> bool {
    HOSTS.with_borrow(|hosts| (1..).zip(hosts).any(|(n, host)| addr(n) == at && host.runtime.is_none()))
}

/// Whether a host is being taken down, so that what is dropped says nothing to its peers.
pub(crate) fn is_stopping() -> bool {
    STOPPING.get()
}

/// Starts a host, or starts one again that is down.
///
/// # Errors
/// When the system has no descriptor left.
///
/// # Panics
/// When a host of this name is up.
#[track_caller]
pub(crate) fn start(name: &str, program: Program) -> io::Result<()> {
    assert!(find(name).is_none_or(is_down), "there is a host {name:?} already, and it is up");
    let runtime = Rc::new(Runtime::builder().paused().build()?);
    drop(runtime.spawn(program));
    HOSTS.with_borrow_mut(|hosts| match hosts.iter_mut().find(|host| host.name == name) {
        Some(host) => host.runtime = Some(runtime),
        None => hosts.push(Host { name: name.to_owned(), runtime: Some(runtime) }),
    });
    Ok(())
}

/// Takes a host down: its tasks are dropped.
pub(crate) fn stop(name: &str) {
    let stopped = HOSTS.with_borrow_mut(|hosts| {
        let host = hosts.iter_mut().find(|host| host.name == name);
        host.and_then(|host| host.runtime.take())
    });
    if let Some(runtime) = stopped {
        runtime.core.tasks.close();
        drop_in_silence(runtime); // its tasks go while nothing is borrowed
    }
}

/// Drops runtimes of hosts. Those that have been taken down tell their peers nothing.
fn drop_in_silence<T>(runtimes: T) {
    let outer = STOPPING.replace(true);
    drop(runtimes);
    STOPPING.set(outer);
}

/// Whether the host's tasks have all ended.
pub(crate) fn is_at_end(name: &str) -> bool {
    HOSTS.with_borrow(|hosts| {
        let host = hosts.iter().find(|host| host.name == name).and_then(|host| host.runtime.as_ref());
        host.is_none_or(|runtime| runtime.core.tasks.len() == 0)
    })
}

/// The runtime of this number.
pub(super) fn core(runtime: usize) -> Option<Rc<Core>> {
    let cores = |host: &Host| host.runtime.as_ref().map(|runtime| Rc::clone(&runtime.core));
    HOSTS.with_borrow(|hosts| hosts.iter().filter_map(cores).find(|core| core.number() == runtime))
}

fn running() -> Vec<Rc<Runtime>> {
    HOSTS.with_borrow(|hosts| hosts.iter().filter_map(|host| host.runtime.clone()).collect())
}

/// The nearest deadline of any host but `main`.
pub(super) fn earliest() -> Option<Instant> {
    running().iter().filter_map(|runtime| runtime.core.reactor.earliest()).min()
}

pub(super) fn step_clocks_to(now: Instant) {
    running().iter().for_each(|runtime| runtime.core.reactor.step_clock_to(Some(now)));
}

/// Runs one of the hosts that have something to do, until it has nothing to do any more. Says
/// whether there was one.
pub(super) fn run_one() -> bool {
    let at_work: Vec<_> = running().into_iter().filter(|runtime| runtime.core.has_work()).collect();
    if at_work.is_empty() {
        return false;
    }
    run(&at_work[choice::among(Kind::Host, at_work.len(), 0)]);
    drop_in_silence(at_work); // some may have been taken down meanwhile
    true
}

fn run(runtime: &Runtime) {
    let _traced = runtime.traced.at_work();
    let _entered = Core::enter_anyway(&runtime.core);
    while runtime.core.has_work() {
        runtime.core.reactor.fire_due();
        runtime.core.tasks.run_ready();
    }
}

impl Core {
    fn has_work(&self) -> bool {
        self.receive(usize::MAX);
        if self.tasks.is_closed() {
            return false; // one of its tasks has taken it down
        }
        self.ready.len() > 0 || self.reactor.earliest().is_some_and(|at| at <= now())
    }
}
