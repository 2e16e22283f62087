//! UDP: round trips of datagrams, with both ends on one thread.
//!
//! The sockets are made before the first round. The server answers each that asks, the client is
//! connected to it, as with DNS. A datagram has no end that a short read could show, so each
//! receive is tried once more than there are datagrams, on every runtime.

use crate::runtimes::{Shirr, Tokio, TokioLocal, Udp, on_with};
use crate::workload::{Contender, Cost, Target, Workload};

const TRIPS: u64 = 2_000;
const BYTES: usize = 64;

pub(super) fn workloads() -> Vec<Workload> {
    vec![Workload {
        name: "udp_round_trips",
        what: "a datagram of 64 bytes and its answer, 1 client, 2,000 one after another",
        limits: "both ends share a thread, so the kernel's part is twice a server's, and no event waits for the loop",
        cost: Cost::WallTime,
        per: "round trip",
        count: TRIPS as u32,
        times: 1,
        answer: TRIPS * BYTES as u64,
        contenders: vec![on::<Shirr>(), on::<Tokio>(), on::<TokioLocal>()],
        targets: vec![Target { of: "tokio", at_most: 1.0 }],
    }]
}

fn on<R: Udp>() -> Contender {
    on_with(async |runtime: R| client(runtime).await, async |_, client| round_trips::<R>(&client).await)
}

/// A client whose server is a task.
async fn client<R: Udp>(runtime: R) -> R::Socket {
    let (server, client) = (runtime.bind_udp().await, runtime.bind_udp().await);
    R::connect_udp(&client, R::local_addr(&server)).await;
    runtime.detach(async move {
        let mut buffer = [0; 2 * BYTES];
        loop {
            let (n, from) = R::recv_from(&server, &mut buffer).await;
            R::send_to(&server, &buffer[..n], from).await;
        }
    });
    client
}

/// How many bytes came back.
async fn round_trips<R: Udp>(client: &R::Socket) -> u64 {
    let (mut buffer, mut received) = ([0; 2 * BYTES], 0);
    for trip in 0..TRIPS {
        let message = [trip as u8; BYTES];
        R::send(client, &message).await;
        let n = R::recv(client, &mut buffer).await;
        assert_eq!(buffer[..n], message, "another datagram came back");
        received += n as u64;
    }
    received
}
