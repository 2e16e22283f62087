//! hyper itself on shirr, where no program shows it: its limits and ours by a paused clock,
//! and HTTP/2, which spawns a task for each stream.

mod common;

use ecosystem::{BodyLimit, Stalled, WriteLimit};
use futures_util::{AsyncWriteExt, StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, client};
use shirr::interop::hyper::{Executor, Timer};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{advance, sleep};
use shirr::{Runtime, gather, metrics, spawn};
use std::cell::Cell;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Two ends of one connection.
async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

#[test]
fn a_server_lets_go_of_a_client_that_sends_half_a_head_by_shirrs_clock() {
    Runtime::builder().paused().build().unwrap().block_on(async {
        let (client, server) = pair().await;
        let service = service_fn(|_: Request<Incoming>| async {
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("never")))
        });
        let mut builder = http1::Builder::new();
        builder.timer(Timer).header_read_timeout(30 * SECOND);
        let connection = spawn(builder.serve_connection(server, service));
        client.write_all(b"GET / HTTP/1.1\r\nHost").await.unwrap();
        advance(29 * SECOND).await;
        assert!(!connection.is_finished());
        advance(2 * SECOND).await;
        assert!(connection.is_finished());
        assert!(connection.await.unwrap().unwrap_err().is_timeout());
        assert_eq!(metrics().timers, 0);
    });
}

/// Breaks if the limit counts from the body's begin, or does not count at all.
#[test]
fn a_body_may_be_slow_as_long_as_it_goes_on() {
    /// Frames that come after so many seconds each.
    fn body(seconds: &'static [u32]) -> BodyLimit<impl Body<Data = Bytes, Error = Infallible> + Unpin> {
        let frames = stream::iter(seconds).then(|seconds| async {
            sleep(*seconds * SECOND).await;
            Ok(Frame::data(Bytes::from("frame ")))
        });
        BodyLimit::new(Box::pin(StreamBody::new(frames)), 30 * SECOND)
    }
    Runtime::builder().paused().build().unwrap().block_on(async {
        assert_eq!(body(&[29, 29, 29]).collect().await.unwrap().to_bytes(), "frame frame frame ");
        assert!(body(&[29, 31]).collect().await.unwrap_err().is::<Stalled>());
        assert_eq!(metrics().timers, 0);
    });
}

/// Breaks if the limit counts from the first write, or if its timer does not wake the writer.
#[test]
fn a_client_may_read_slowly_as_long_as_it_reads() {
    Runtime::builder().paused().build().unwrap().block_on(async {
        let (client, server) = pair().await;
        let mut server = WriteLimit::new(server, 30 * SECOND);
        let writing = spawn(async move { server.write_all(&vec![0; 100_000_000]).await });
        let mut buf = vec![0; 20_000_000];
        for _ in 0..3 {
            advance(29 * SECOND).await;
            client.read_exact(&mut buf).await.unwrap();
            assert!(!writing.is_finished());
        }
        advance(31 * SECOND).await;
        assert!(writing.is_finished());
        assert_eq!(writing.await.unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(metrics().timers, 0);
    });
}

/// Counts without an atomic: service, bodies and hyper's own tasks are all of one thread.
#[test]
fn a_hundred_streams_of_one_http2_connection_are_tasks_here() {
    shirr::block_on(async {
        let (client, server) = pair().await;
        let served = Rc::new(Cell::new(0));
        let count = Rc::clone(&served);
        let service = service_fn(move |request: Request<Incoming>| {
            let count = Rc::clone(&count);
            async move {
                let body = request.into_body().collect().await?.to_bytes();
                sleep(Duration::from_millis(1)).await;
                count.set(count.get() + 1);
                Ok::<_, hyper::Error>(Response::new(Full::new(body)))
            }
        });
        let connection = http2::Builder::new(Executor).timer(Timer).serve_connection(server, service);
        let serving = spawn(connection);
        let (sender, connection) = client::conn::http2::handshake(Executor, client).await.unwrap();
        let calling = spawn(connection);
        let calls = gather((0..100).map({
            let sender = sender.clone();
            move |number: usize| {
                let mut sender = sender.clone();
                async move {
                    let text = Bytes::from(format!("{number}").repeat(10_000));
                    let request = Request::post("http://here/").body(Full::new(text.clone())).unwrap();
                    let answer = sender.send_request(request).await.unwrap();
                    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), text);
                }
            }
        }));
        calls.await;
        assert_eq!(served.get(), 100);
        drop(sender);
        calling.await.unwrap().unwrap();
        serving.await.unwrap().unwrap();
    });
}
