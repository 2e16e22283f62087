//! A program in which a bit of everything happens that a trace can record.

use shirr::net::{TcpListener, TcpStream};
use shirr::{as_completed, gather, spawn, time::sleep, unblock, yield_now};
use std::future::pending;
use std::time::Duration;

/// A gather of sleeps, an `as_completed` that changes hands, a task that yields, a closure on a
/// helper, a connection, a task that is aborted and one that is left over.
pub(crate) async fn everything() {
    let naps = gather((0..3).map(|ms| sleep(Duration::from_millis(ms))));
    let yields = spawn(async {
        for _ in 0..200 {
            yield_now().await;
        }
    });
    let aborted = spawn(pending::<()>());
    drop(spawn(pending::<()>()));
    naps.await;
    hand_over().await;
    aborted.abort();
    let _ = aborted.await;
    yields.await.unwrap();
    unblock(|| std::thread::sleep(Duration::from_millis(2))).await.unwrap();
    greet().await;
}

/// The first result goes to one task, the other to the next.
async fn hand_over() {
    let mut naps = as_completed([0, 2].map(|ms| sleep(Duration::from_millis(ms))));
    naps.next().await;
    spawn(async move { naps.next().await }).await.unwrap();
}

async fn greet() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        yield_now().await;
        stream.write_all(b"hello").await.unwrap();
    });
    let stream = TcpStream::connect(address).await.unwrap();
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await.unwrap();
    server.await.unwrap();
}
