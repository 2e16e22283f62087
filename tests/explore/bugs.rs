//! Thirteen faults that a plain run does not show, each beside its correct twin.

use crate::tools::{Bell, Lock, Program, Queue};
use shirr::explore::{Freedoms, latency};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{sleep, timeout};
use shirr::{gather, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// A fault: what it is, what a schedule has to be free to do, and the program, with the fault or
/// without it.
pub(crate) struct Bug {
    pub(crate) name: &'static str,
    pub(crate) freedoms: Freedoms,
    pub(crate) program: fn(bool) -> Program,
}

const RESETS: Freedoms = Freedoms { resets: true, ..Freedoms::WORLD };

pub(crate) const BUGS: [Bug; 13] = [
    Bug { name: "lost update", freedoms: Freedoms::SHARED, program: |broken| Box::pin(lost_update(broken)) },
    Bug {
        name: "check, then act",
        freedoms: Freedoms::SHARED,
        program: |broken| Box::pin(check_then_act(broken)),
    },
    Bug {
        name: "missed notification",
        freedoms: Freedoms::SHARED,
        program: |broken| Box::pin(missed_notification(broken)),
    },
    Bug {
        name: "deadlock by the order of locks",
        freedoms: Freedoms::SHARED,
        program: |broken| Box::pin(lock_order(broken)),
    },
    Bug {
        name: "order of two sleepers assumed",
        freedoms: Freedoms::SHARED,
        program: |broken| Box::pin(sleepers(broken)),
    },
    Bug {
        name: "receive given up by a timeout",
        freedoms: Freedoms::SHARED,
        program: |broken| Box::pin(receive_in_timeout(broken)),
    },
    Bug {
        name: "double spend from a pool",
        freedoms: Freedoms::SHARED,
        program: |broken| Box::pin(double_spend(broken)),
    },
    Bug {
        name: "shutdown loses the last message",
        freedoms: Freedoms::SHARED,
        program: |broken| Box::pin(shutdown(broken)),
    },
    Bug {
        name: "lock of a future that is not polled",
        freedoms: Freedoms::SHARED,
        program: |broken| Box::pin(unpolled_lock(broken)),
    },
    Bug {
        name: "message taken for one read",
        freedoms: Freedoms::WORLD,
        program: |broken| Box::pin(one_read(broken)),
    },
    Bug {
        name: "remote lost update",
        freedoms: Freedoms::WORLD,
        program: |broken| Box::pin(remote_update(broken)),
    },
    Bug {
        name: "buffer shared by two readers",
        freedoms: Freedoms::WORLD,
        program: |broken| Box::pin(shared_buffer(broken)),
    },
    Bug { name: "retry executes twice", freedoms: RESETS, program: |broken| Box::pin(retry(broken)) },
];

/// Reads, waits, and writes what it has read.
async fn lost_update(broken: bool) {
    let (account, lock) = (Rc::new(Cell::new(10)), Rc::new(Lock::default()));
    let take = |amount: i32| {
        let (account, lock) = (Rc::clone(&account), Rc::clone(&lock));
        async move {
            let _held = if broken { None } else { Some(lock.hold().await) };
            latency().await;
            let before = account.get();
            if broken && amount == 4 {
                latency().await;
            }
            account.set(before - amount);
        }
    };
    let all: Vec<_> = [3, 4].into_iter().map(take).collect();
    gather(all).await;
    assert_eq!(account.get(), 3, "an update was lost");
}

/// Fills a place that it has found empty, some time later.
async fn check_then_act(broken: bool) {
    let (cache, fills) = (Rc::new(RefCell::new(None)), Rc::new(Cell::new(0)));
    let lock = Rc::new(Lock::default());
    let get = |early: bool| {
        let (cache, fills, lock) = (Rc::clone(&cache), Rc::clone(&fills), Rc::clone(&lock));
        async move {
            if !early {
                sleep(5 * MS).await;
            }
            let _held = if broken { None } else { Some(lock.hold().await) };
            if cache.borrow().is_none() {
                latency().await; // the value is made
                fills.set(fills.get() + 1);
                cache.replace(Some(7));
            }
        }
    };
    let all: Vec<_> = [true, false].into_iter().map(get).collect();
    gather(all).await;
    assert_eq!(fills.get(), 1, "the cache was filled twice");
}

/// Looks whether there is work, and then waits for the bell, which may have rung in between.
async fn missed_notification(broken: bool) {
    let (bell, work) = (Rc::new(Bell::default()), Rc::new(Cell::new(false)));
    let (ringing, made) = (Rc::clone(&bell), Rc::clone(&work));
    let producer = spawn(async move {
        sleep(20 * MS).await;
        made.set(true);
        ringing.ring();
    });
    if !work.get() {
        latency().await; // it notes that it is idle
        if broken {
            bell.wait().await;
        } else {
            while !work.get() {
                bell.wait().await;
            }
        }
    }
    producer.await.unwrap();
}

/// Two tasks take two locks, each in an order of its own.
async fn lock_order(broken: bool) {
    let locks = [Rc::new(Lock::default()), Rc::new(Lock::default())];
    let transfer = |from: usize, to: usize| {
        let [first, second] = if broken { [from, to] } else { [from.min(to), from.max(to)] };
        let locks = locks.clone();
        async move {
            sleep(5 * from as u32 * MS).await; // the second comes when the first is done, mostly
            let _first = locks[first].hold().await;
            latency().await;
            let _second = locks[second].hold().await;
        }
    };
    gather([(0, 1), (1, 0)].map(|(from, to)| transfer(from, to))).await;
}

/// Takes it that of two tasks which sleep equally long, the first is first.
async fn sleepers(broken: bool) {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let task = |name: u32| {
        let seen = Rc::clone(&seen);
        spawn(async move {
            sleep(10 * MS).await;
            seen.borrow_mut().push(name);
        })
    };
    let (first, second) = (task(1), task(2));
    first.await.unwrap();
    second.await.unwrap();
    let mut seen = seen.take();
    if !broken {
        seen.sort();
    }
    assert_eq!(seen, [1, 2], "another order than assumed");
}

/// A receive that takes an item and then waits, inside a timeout.
async fn receive_in_timeout(broken: bool) {
    let queue = Queue::new();
    let pushing = Rc::clone(&queue);
    let producer = spawn(async move {
        for item in 0..3 {
            sleep(4 * MS).await;
            pushing.push(item);
        }
        pushing.close();
    });
    let receive = async || {
        let item = queue.pop().await?;
        if broken {
            latency().await; // it is decoded, and the item is with the future meanwhile
        }
        Some(item)
    };
    let mut received = Vec::new();
    loop {
        match timeout(9 * MS, receive()).await {
            Ok(Some(item)) => received.push(item),
            Ok(None) => break,
            Err(_) => {} // tries again
        }
    }
    producer.await.unwrap();
    assert_eq!(received, [0, 1, 2], "an item is lost");
}

/// A pool that looks for a free connection, and marks it as taken some time later.
async fn double_spend(broken: bool) {
    let (free, users) = (Rc::new(Cell::new(true)), Rc::new(Cell::new(0)));
    let lock = Rc::new(Lock::default());
    let work = |after: u32| {
        let (free, users, lock) = (Rc::clone(&free), Rc::clone(&users), Rc::clone(&lock));
        async move {
            sleep(after * MS).await;
            let _held = if broken { None } else { Some(lock.hold().await) };
            while !free.get() {
                sleep(MS).await;
            }
            latency().await; // it is asked whether it still lives
            free.set(false);
            users.set(users.get() + 1);
            assert_eq!(users.get(), 1, "two have one connection");
            yield_now().await;
            users.set(users.get() - 1);
            free.set(true);
        }
    };
    gather([0, 3].map(work)).await;
}

/// A worker that ends when it is told to, though its queue has something still.
async fn shutdown(broken: bool) {
    let (queue, done) = (Queue::new(), Rc::new(Cell::new(0)));
    let (popping, counted) = (Rc::clone(&queue), Rc::clone(&done));
    let worker = spawn(async move {
        while let Some(_message) = popping.pop().await {
            latency().await;
            counted.set(counted.get() + 1);
            if broken && popping.is_closed() {
                break;
            }
        }
    });
    for message in 0..3 {
        queue.push(message);
        sleep(2 * MS).await;
    }
    queue.close();
    worker.await.unwrap();
    assert_eq!(done.get(), 3, "a message is lost");
}

/// A future that holds a lock is put aside after a time, and no one polls it while it is.
async fn unpolled_lock(broken: bool) {
    let lock = Rc::new(Lock::default());
    let held = Rc::clone(&lock);
    let mut work = pin!(async move {
        let _held = held.hold().await;
        latency().await;
    });
    let ended = timeout(5 * MS, work.as_mut()).await.is_ok();
    if !ended && !broken {
        work.as_mut().await;
    }
    drop(lock.hold().await); // the report of it
    if !ended && broken {
        work.await;
    }
}

async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    Ok((client, listener.accept().await?.0))
}

/// What was written at once is taken to be read at once.
async fn one_read(broken: bool) {
    let (client, server) = pair().await.unwrap();
    let writer = spawn(async move { client.write_all(b"a message").await });
    let mut message = [0; 9];
    if broken {
        let n = server.read(&mut message).await.unwrap();
        assert_eq!(&message[..n], b"a message", "a part is taken for the whole");
    } else {
        server.read_exact(&mut message).await.unwrap();
        assert_eq!(&message, b"a message");
    }
    writer.await.unwrap().unwrap();
}

/// A server of one number: `?` asks for it, and other bytes add themselves (or set it).
async fn serve(listener: TcpListener, number: Rc<Cell<u8>>, adds: bool) {
    let mut incoming = listener.incoming();
    while let Some(Ok(stream)) = incoming.next().await {
        let number = Rc::clone(&number);
        drop(spawn(async move {
            let mut byte = [0];
            while let Ok(1) = stream.read(&mut byte).await {
                match byte[0] {
                    b'?' => {}
                    new if adds => number.set(number.get() + new),
                    new => number.set(new),
                }
                if stream.write_all(&[number.get()]).await.is_err() {
                    break;
                }
            }
        }));
    }
}

/// Two clients read a number of a server's, add to it, and write it back.
async fn remote_update(broken: bool) {
    let (number, listener) = (Rc::new(Cell::new(0)), TcpListener::bind("10.0.0.1:80").await.unwrap());
    let server = spawn(serve(listener, Rc::clone(&number), !broken));
    let client = |after: u32| async move {
        let (stream, mut byte) = (TcpStream::connect("10.0.0.1:80").await.unwrap(), [0]);
        sleep(after * MS).await; // the second comes when the first is done, mostly
        stream.write_all(b"?").await.unwrap();
        stream.read_exact(&mut byte).await.unwrap();
        let new = if broken { byte[0] + 1 } else { 1 };
        stream.write_all(&[new]).await.unwrap();
        stream.read_exact(&mut byte).await.unwrap();
    };
    gather([0, 5].map(client)).await;
    server.abort();
    assert_eq!(number.get(), 2, "an update was lost");
}

/// Two tasks read from one connection, each into the buffer that both have.
async fn shared_buffer(broken: bool) {
    let (client, server) = pair().await.unwrap();
    let (server, buffer) = (Rc::new(server), Rc::new(RefCell::new([0; 2])));
    let lock = Rc::new(Lock::default());
    let reader = || {
        let (server, buffer, lock) = (Rc::clone(&server), Rc::clone(&buffer), Rc::clone(&lock));
        async move {
            let _held = if broken { None } else { Some(lock.hold().await) };
            let mut filled = 0;
            while filled < 2 {
                let mut part = [0; 2];
                let n = server.read(&mut part[..2 - filled]).await.unwrap();
                buffer.borrow_mut()[filled..filled + n].copy_from_slice(&part[..n]);
                filled += n;
                latency().await; // what it does with it
            }
            let word = *buffer.borrow();
            assert!(word == *b"ab" || word == *b"cd", "the buffer has {word:?}");
        }
    };
    let writer = spawn(async move { client.write_all(b"abcd").await });
    gather([reader(), reader()]).await;
    writer.await.unwrap().unwrap();
}

/// A client that asks again when the connection breaks, and a server that adds again. The right
/// one says which request it is, and the server knows those that it has seen.
async fn retry(broken: bool) {
    let (sum, seen) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
    let listener = TcpListener::bind("10.0.0.1:80").await.unwrap();
    let (adding, known) = (Rc::clone(&sum), Rc::clone(&seen));
    let server = spawn(async move {
        let mut incoming = listener.incoming();
        while let Some(Ok(stream)) = incoming.next().await {
            let mut byte = [0];
            if let Ok(1) = stream.read(&mut byte).await {
                if broken || !known.replace(true) {
                    adding.set(adding.get() + 1);
                }
                let _ = stream.write_all(b"!").await;
            }
        }
    });
    loop {
        let asked = async {
            let (stream, mut byte) = (TcpStream::connect("10.0.0.1:80").await?, [0]);
            stream.write_all(b"+").await?;
            stream.read_exact(&mut byte).await
        };
        if asked.await.is_ok() {
            break;
        }
    }
    server.abort();
    assert_eq!(sum.get(), 1, "it was executed twice");
}
