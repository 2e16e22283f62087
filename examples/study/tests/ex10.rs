//! The check of exercise 10: datagrams between two tasks, and no poll in vain (I6).

#[path = "../exercises/ex10.rs"]
mod answer;
mod exercise;
#[path = "../solutions/ex10.rs"]
mod solution;
#[path = "../solutions/ex10_wrong.rs"]
mod wrong;

use exercise::{Boxed, Found, Proof, demand, expect};
use slab::Slab;
use std::cell::RefCell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

/// What is asked of a socket.
trait Udp: Sized + 'static {
    fn bind(reactor: &Rc<Reactor>) -> io::Result<Self>;
    fn address(&self) -> io::Result<SocketAddr>;
    async fn send_to(&self, datagram: &[u8], to: SocketAddr) -> io::Result<usize>;
    async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
}

/// That of s5, without timers.
struct Reactor {
    poll: RefCell<mio::Poll>,
    sources: RefCell<Slab<[Side; 2]>>,
}

/// One direction of a socket: whether a try may succeed, and which tasks wait for that.
struct Side {
    ready: bool,
    waiters: Vec<Waker>,
}

const READ: usize = 0;
const WRITE: usize = 1;

impl Reactor {
    /// A new socket is worth a try, at reading and at writing.
    fn register(&self, socket: &mut impl mio::event::Source) -> io::Result<usize> {
        let side = || Side { ready: true, waiters: Vec::new() };
        let slot = self.sources.borrow_mut().insert([side(), side()]);
        let both = mio::Interest::READABLE | mio::Interest::WRITABLE;
        self.poll.borrow().registry().register(socket, mio::Token(slot), both)?;
        Ok(slot)
    }

    fn deregister(&self, socket: &mut impl mio::event::Source, slot: usize) {
        self.poll.borrow().registry().deregister(socket).expect("it is registered");
        let sides = self.sources.borrow_mut().remove(slot);
        drop(sides);
    }

    /// Whether a try may succeed. If not, the next event wakes the task.
    fn poll_ready(&self, slot: usize, side: usize, cx: &Context<'_>) -> bool {
        let ready = self.sources.borrow()[slot][side].ready;
        if !ready {
            let waker = cx.waker().clone(); // which may be any code: so with nothing borrowed (I3)
            self.sources.borrow_mut()[slot][side].waiters.push(waker);
        }
        ready
    }

    fn clear(&self, slot: usize, side: usize) {
        self.sources.borrow_mut()[slot][side].ready = false;
    }

    /// Waits for news, and says whether there was any. The time is for what waits in vain: a
    /// datagram on this machine is there as soon as it is sent.
    fn wait(&self) -> bool {
        let (mut events, mut woken) = (mio::Events::with_capacity(64), Vec::new());
        self.poll
            .borrow_mut()
            .poll(&mut events, Some(Duration::from_millis(500)))
            .expect("the kernel answers");
        for event in &events {
            let sides = &mut self.sources.borrow_mut()[event.token().0];
            for (side, ready) in sides.iter_mut().zip([event.is_readable(), event.is_writable()]) {
                if ready {
                    side.ready = true;
                    woken.append(&mut side.waiters);
                }
            }
        }
        woken.into_iter().for_each(Waker::wake);
        !events.is_empty()
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

/// Runs the tasks until they have ended, or wait in vain. Returns how often each was polled.
fn run(reactor: &Reactor, tasks: Vec<Boxed<()>>) -> Vec<u32> {
    let mut polls = vec![0; tasks.len()];
    let mut tasks: Vec<_> =
        tasks.into_iter().map(|task| (Some(task), Arc::new(Woken(AtomicBool::new(true))))).collect();
    while tasks.iter().any(|(task, _)| task.is_some()) && polls.iter().all(|polls| *polls < 100) {
        let mut polled = false;
        for ((slot, woken), polls) in tasks.iter_mut().zip(&mut polls) {
            let Some(task) = slot.as_mut().filter(|_| woken.0.swap(false, SeqCst)) else { continue };
            (polled, *polls) = (true, *polls + 1);
            let waker = Waker::from(Arc::clone(woken));
            if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                *slot = None;
            }
        }
        if !polled && !reactor.wait() {
            break;
        }
    }
    polls
}

type Heard = Rc<RefCell<Vec<String>>>;

async fn receive<U: Udp>(socket: U, heard: Heard) {
    for _ in 0..2 {
        let mut buf = [0; 16];
        let line = match socket.recv_from(&mut buf).await {
            Ok((n, _)) => String::from_utf8_lossy(&buf[..n]).into_owned(),
            Err(error) => format!("{:?}", error.kind()),
        };
        heard.borrow_mut().push(line);
    }
}

/// What is asked of an answer.
fn check<U: Udp>() -> Found {
    let reactor = Reactor { poll: RefCell::new(mio::Poll::new().unwrap()), sources: RefCell::default() };
    let (reactor, heard) = (Rc::new(reactor), Heard::default());
    let (receiver, sender) = (U::bind(&reactor).unwrap(), U::bind(&reactor).unwrap());
    let to = receiver.address().unwrap();
    let other = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let send = async move {
        assert_eq!(other.send_to(b"one", to).unwrap(), 3); // both come with one event
        assert_eq!(sender.send_to(b"two", to).await.unwrap(), 3);
    };
    let polls = run(&reactor, vec![Box::pin(receive(receiver, Rc::clone(&heard))), Box::pin(send)]);
    expect("what the receiver heard", heard.take(), vec!["one".to_owned(), "two".to_owned()])?;
    expect("polls of the receiver and of the sender", polls, vec![2, 1])?;
    expect("sockets that are left", reactor.sources.borrow().len(), 0)
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_10_is_solved() {
    demand(check::<answer::UdpSocket>);
}

/// Breaks if the check takes a socket that does not wait, or one that forgets a datagram.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    let proof = Proof {
        exercise: check::<answer::UdpSocket>,
        starts_with: r#"seen ["WouldBlock", "WouldBlock"], expected ["one", "two"]"#,
        solution: check::<solution::UdpSocket>,
        wrong: check::<wrong::UdpSocket>,
        is_refused_with: r#"seen ["one"], expected ["one", "two"]"#,
    };
    proof.holds(10);
}
