//! UDP: datagrams that come, are lost, or come to several tasks; options; what a round trip asks
//! of the kernel.

mod common;

use common::{Count, begin, ends, registered, run, turns};
use shirr::net::UdpSocket;
use shirr::{Runtime, gather, spawn, yield_now};
use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::{self, SocketAddr};
use std::pin::pin;
use std::rc::Rc;

/// As `src/wake/budget.rs` has it.
const STEPS: usize = 128;

async fn bound() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = socket.local_addr().unwrap();
    (socket, addr)
}

/// Two sockets, the first connected to the second, which is `std`'s.
async fn pair() -> (UdpSocket, net::UdpSocket) {
    let (socket, other) = (bound().await.0, net::UdpSocket::bind("127.0.0.1:0").unwrap());
    socket.connect(other.local_addr().unwrap()).await.unwrap();
    other.connect(socket.local_addr().unwrap()).unwrap();
    (socket, other)
}

/// Breaks if an operation waited where it need not, or gave another datagram's address.
#[test]
fn a_datagram_comes_whole_with_its_sender_and_may_be_empty() {
    run(async || {
        let ((one, from), (other, to)) = (bound().await, bound().await);
        let mut buf = [0; 8];
        for sent in [&b"whole"[..], b"", b"next"] {
            assert_eq!(one.send_to(sent, to).await.unwrap(), sent.len());
            assert_eq!(other.peek_from(&mut buf).await.unwrap(), (sent.len(), from));
            assert_eq!(other.recv_from(&mut buf).await.unwrap(), (sent.len(), from));
            assert_eq!(&buf[..sent.len()], sent);
        }
    });
}

/// Breaks if the rest of a datagram came with the next receive.
#[cfg(unix)]
#[test]
fn what_does_not_fit_is_gone_and_the_next_receive_gets_the_next_datagram() {
    run(async || {
        let (socket, other) = pair().await;
        other.send(b"too long").unwrap();
        other.send(b"next").unwrap();
        let mut buf = [0; 4];
        assert_eq!(socket.peek(&mut buf).await.unwrap(), 4);
        assert_eq!((socket.recv(&mut buf).await.unwrap(), &buf), (4, b"too "));
        assert_eq!((socket.recv(&mut buf).await.unwrap(), &buf), (4, b"next"));
    });
}

/// Breaks if one attempt waited, or a poll left no waker.
#[test]
fn a_try_does_not_wait_and_a_poll_is_woken() {
    run(async || {
        let (socket, other) = pair().await;
        let mut buf = [0; 8];
        assert_eq!(socket.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(socket.try_recv_from(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        let mut polling = pin!(poll_fn(|cx| socket.poll_recv(cx, &mut buf)));
        assert!(begin(&mut polling).await.is_pending());
        other.send(b"polled").unwrap();
        assert_eq!(polling.await.unwrap(), 6);
        socket.writable().await.unwrap();
        assert_eq!(socket.try_send(b"tried").unwrap(), 5);
        assert_eq!(other.recv(&mut buf).unwrap(), 5);
        other.send(b"x").unwrap();
        socket.readable().await.unwrap();
        assert_eq!(socket.try_recv(&mut buf).unwrap(), 1);
    });
}

/// Breaks if a wait went on after a loss, or datagrams came twice or out of order.
#[test]
fn of_five_thousand_datagrams_those_that_find_room_come_in_order_and_then_the_next() {
    run(async || {
        let ((sender, _), (receiver, to)) = (bound().await, bound().await);
        socket2::SockRef::from(&receiver).set_recv_buffer_size(64 << 10).unwrap();
        for i in 0..5_000_u32 {
            sender.send_to(&i.to_le_bytes(), to).await.unwrap();
        }
        let (mut came, mut buf) = (Vec::new(), [0; 4]);
        receiver.readable().await.unwrap();
        while let Ok(4) = receiver.try_recv(&mut buf) {
            came.push(u32::from_le_bytes(buf));
        }
        println!("{} of 5,000 came", came.len());
        assert!(!came.is_empty() && came.len() < 5_000);
        assert!(came.windows(2).all(|two| two[0] < two[1]));
        {
            let mut next = pin!(receiver.recv(&mut buf));
            assert!(begin(&mut next).await.is_pending());
            sender.send_to(b"next", to).await.unwrap();
            assert_eq!(next.await.unwrap(), 4);
        }
        assert_eq!(&buf, b"next");
    });
}

/// Breaks if an event woke one waiter only, or one that found nothing did not wait again.
#[test]
fn several_tasks_at_one_socket_each_get_a_datagram() {
    run(async || {
        let (socket, other) = pair().await;
        let socket = Rc::new(socket);
        let receive = |_| {
            let socket = Rc::clone(&socket);
            async move {
                let mut buf = [0; 1];
                socket.recv(&mut buf).await.unwrap();
                buf[0]
            }
        };
        let tasks: Vec<_> = (0..5).map(|i| spawn(receive(i))).collect();
        for i in 0..5 {
            turns(3).await;
            other.send(&[i]).unwrap();
        }
        let mut came: Vec<u8> = gather(tasks).await.into_iter().map(Result::unwrap).collect();
        came.sort_unstable();
        assert_eq!(came, [0, 1, 2, 3, 4]);
    });
}

/// Breaks if a receive that is given up took a datagram, or left its waker.
#[test]
fn given_up_a_receive_loses_nothing_and_dropped_a_socket_leaves_nothing() {
    run(async || {
        let (socket, other) = pair().await;
        let mut buf = [0; 8];
        {
            let mut receiving = pin!(socket.recv(&mut buf));
            assert!(begin(&mut receiving).await.is_pending());
            other.send(b"kept").unwrap();
        }
        assert_eq!(socket.recv(&mut buf).await.unwrap(), 4);
        let task = spawn(async move { socket.recv(&mut [0; 8]).await });
        turns(2).await;
        assert_eq!(registered(), (0, 1));
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(registered(), (0, 0));
    });
}

/// Breaks if the kernel's word that no one is there did not end the wait.
#[cfg(target_os = "linux")]
#[test]
fn a_peer_that_is_gone_ends_the_wait_of_a_connected_socket() {
    run(async || {
        let (socket, other) = pair().await;
        drop(other);
        socket.send(b"anyone?").await.unwrap();
        assert_eq!(socket.recv(&mut [0; 8]).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        // It was about one datagram; the socket is as good as before.
        let (again, addr) = bound().await;
        socket.connect(addr).await.unwrap();
        socket.send(b"you").await.unwrap();
        assert_eq!(again.recv(&mut [0; 8]).await.unwrap(), 3);
    });
}

/// Breaks if a receive were no step of the budget.
#[test]
fn a_receiver_of_what_is_always_there_gives_way_after_128() {
    run(async || {
        let (socket, other) = pair().await;
        (0..=STEPS).for_each(|_| _ = other.send(b"x").unwrap());
        socket.readable().await.unwrap();
        yield_now().await; // a turn of its own
        let received = Count::default();
        let count = received.clone();
        let beside = spawn(async move { count.get() });
        for _ in 0..=STEPS {
            socket.recv(&mut [0; 1]).await.unwrap();
            received.add(1);
        }
        assert_eq!(beside.await.unwrap(), STEPS);
    });
}

#[test]
fn from_std_and_back_it_is_the_same_socket() {
    run(async || {
        let socket = net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let addr = socket.local_addr().unwrap();
        let socket = UdpSocket::from_std(socket).unwrap();
        assert_eq!((socket.local_addr().unwrap(), registered()), (addr, (0, 1)));
        let socket = socket.into_std().unwrap();
        assert_eq!((socket.local_addr().unwrap(), registered()), (addr, (0, 0)));
        assert_eq!(socket.recv(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn awaited_in_another_runtime_a_socket_says_where_it_belongs() {
    ends(|| {
        let (home, other) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let (socket, _) = home.block_on(bound());
        let error = other.block_on(socket.recv(&mut [0; 8])).unwrap_err();
        assert!(error.to_string().contains("outside the runtime in which it was opened"), "{error}");
    });
}

/// Breaks if an address that cannot be bound ended the search, or an error named none.
#[test]
fn the_first_address_that_can_be_bound_is_and_an_error_names_the_last() {
    run(async || {
        let (_taken, addr) = bound().await;
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let socket = UdpSocket::bind(&[addr, free]).await.unwrap();
        assert!(socket.local_addr().unwrap().port() != addr.port());
        let error = UdpSocket::bind(addr).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot bind {addr}: ")), "{error}");
        let none: [SocketAddr; 0] = [];
        assert_eq!(socket.connect(&none).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn options_are_read_as_they_were_set() {
    run(async || {
        let (socket, _) = bound().await;
        socket.set_ttl(7).unwrap();
        socket.set_broadcast(true).unwrap();
        socket.set_multicast_loop_v4(false).unwrap();
        socket.set_multicast_ttl_v4(3).unwrap();
        assert_eq!((socket.ttl().unwrap(), socket.broadcast().unwrap()), (7, true));
        assert_eq!((socket.multicast_loop_v4().unwrap(), socket.multicast_ttl_v4().unwrap()), (false, 3));
        assert!(socket.take_error().unwrap().is_none() && socket.peer_addr().is_err());
    });
}

/// Breaks if joining did nothing, or leaving did not end it.
#[cfg(target_os = "linux")]
#[test]
fn what_is_sent_to_a_group_comes_while_the_socket_is_in_it() {
    run(async || {
        use std::net::Ipv4Addr;
        let (group, here) = (Ipv4Addr::new(239, 255, 77, 7), Ipv4Addr::LOCALHOST);
        let receiver = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
        let to = SocketAddr::new(group.into(), receiver.local_addr().unwrap().port());
        let (sender, _) = bound().await;
        socket2::SockRef::from(&sender).set_multicast_if_v4(&here).unwrap();
        receiver.join_multicast_v4(&group, &here).unwrap();
        sender.send_to(b"to all", to).await.unwrap();
        assert_eq!(receiver.recv(&mut [0; 8]).await.unwrap(), 6);
        receiver.leave_multicast_v4(&group, &here).unwrap();
        sender.send_to(b"to others", to).await.unwrap();
        assert_eq!(receiver.try_recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

/// With poll(2) a receive that finds nothing is what asks for the next event.
#[cfg(all(target_os = "linux", not(mio_unsupported_force_poll_poll)))]
mod system_calls {
    use super::bound;
    use crate::common::run;
    use crate::common::strace::{can_trace, traced};
    use mio::{Events, Interest, Poll, Token, net::UdpSocket};
    use shirr::spawn;
    use std::io::ErrorKind::WouldBlock;

    /// Set in the process that is traced, to how many round trips it makes.
    const TRIPS: &str = "SHIRR_TEST_UDP_TRIPS";
    const FEW: usize = 100;
    const MANY: usize = 2_100;

    fn trips() -> Option<usize> {
        std::env::var(TRIPS).ok().map(|trips| trips.parse().unwrap())
    }

    /// How many system calls a round trip of that test takes, its start and end left out.
    fn calls(name: &str) -> f64 {
        let arguments = ["--follow-forks", "--summary-only", "--summary-columns=calls,name"];
        let total = |trips: usize| {
            let said = traced(name, (TRIPS, &trips.to_string()), &arguments);
            let totals = said.lines().filter_map(|line| line.trim().strip_suffix("total"));
            totals.map(|calls| calls.trim().parse::<f64>().unwrap()).sum::<f64>()
        };
        (total(MANY) - total(FEW)) / (MANY - FEW) as f64
    }

    /// Breaks if a receive or a wait more than by hand were asked of the kernel.
    #[test]
    fn a_round_trip_asks_no_more_of_the_kernel_than_a_loop_by_hand() {
        if !can_trace() {
            return;
        }
        let [own, by_hand] =
            ["system_calls::round_trips_of_tasks", "system_calls::round_trips_by_hand"].map(calls);
        println!("system calls a round trip: {own:.3}, by hand {by_hand:.3}");
        assert!(own <= by_hand * 1.02, "{own} system calls a round trip, {by_hand} by hand");
        assert!(own >= 4.0, "{own} system calls are too few for two sends and two receives");
    }

    #[test]
    fn round_trips_of_tasks() {
        let trips = trips().unwrap_or(FEW);
        run(move || async move {
            let ((server, addr), (client, _)) = (bound().await, bound().await);
            client.connect(addr).await.unwrap();
            let server = spawn(async move {
                let mut buf = [0; 64];
                for _ in 0..trips {
                    let (n, from) = server.recv_from(&mut buf).await.unwrap();
                    server.send_to(&buf[..n], from).await.unwrap();
                }
            });
            let mut buf = [0; 64];
            for trip in 0..trips {
                client.send(&trip.to_le_bytes()).await.unwrap();
                client.recv(&mut buf).await.unwrap();
                assert_eq!(buf[..size_of::<usize>()], trip.to_le_bytes());
            }
            server.await.unwrap();
        });
    }

    /// On mio, which tells of changes: each socket is received from until nothing is there.
    #[test]
    fn round_trips_by_hand() {
        let trips = trips().unwrap_or(FEW);
        let mut poll = Poll::new().unwrap();
        let mut sockets = [0, 1].map(|_| UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap());
        for (i, socket) in sockets.iter_mut().enumerate() {
            poll.registry().register(socket, Token(i), Interest::READABLE).unwrap();
        }
        let [client, server] = &sockets;
        client.connect(server.local_addr().unwrap()).unwrap();
        let (mut events, mut buf, mut done) = (Events::with_capacity(8), [0; 64], 0);
        client.send(&0_usize.to_le_bytes()).unwrap();
        while done < trips {
            poll.poll(&mut events, None).unwrap();
            for event in &events {
                loop {
                    match sockets[event.token().0].recv_from(&mut buf) {
                        Err(error) if error.kind() == WouldBlock => break,
                        received if event.token().0 == 1 => {
                            let (n, from) = received.unwrap();
                            server.send_to(&buf[..n], from).unwrap();
                        }
                        received => {
                            received.unwrap();
                            assert_eq!(buf[..size_of::<usize>()], done.to_le_bytes());
                            done += 1;
                            if done == trips {
                                return;
                            }
                            client.send(&done.to_le_bytes()).unwrap();
                        }
                    }
                }
            }
        }
    }
}
