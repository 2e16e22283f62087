//! A program in which a bit of everything happens that a trace can tell.

use shirr::net::{TcpListener, TcpStream};
use shirr::{gather, spawn, time::sleep, unblock, yield_now};
use std::future::pending;
use std::time::Duration;

/// A gather of sleeps, a task that yields, a closure on a helper, a connection, a task that
/// is aborted and one that is left over.
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
    aborted.abort();
    let _ = aborted.await;
    yields.await.unwrap();
    unblock(|| std::thread::sleep(Duration::from_millis(2))).await.unwrap();
    greet().await;
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
