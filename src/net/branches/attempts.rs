//! Several addresses, tried side by side: "happy eyeballs", RFC 8305.

use super::addrs::Target;
use super::lookup::look_up;
use crate::net::TcpStream;
use crate::net::connect::none_answered;
use crate::time::timeout;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// How long an address has for its answer before the next is tried beside it. RFC 8305 calls
/// it the Connection Attempt Delay and recommends this.
const NEXT_AFTER: Duration = Duration::from_millis(250);

/// To the first address that answers. Each is tried in order; one that is slow or fails has the
/// next tried beside it.
pub(crate) async fn connect_to_any(target: Target) -> io::Result<TcpStream> {
    let addrs = look_up(target).await?;
    let Some((last, others)) = addrs.split_last() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no address to connect to was given"));
    };
    let mut attempts = Attempts::default();
    for addr in others {
        attempts.begin(*addr);
        if let Ok(Some(stream)) = timeout(NEXT_AFTER, attempts.news()).await {
            return Ok(stream);
        }
    }
    attempts.begin(*last);
    while attempts.are_under_way() {
        if let Some(stream) = attempts.news().await {
            return Ok(stream);
        }
    }
    Err(attempts.into_error())
}

/// The addresses tried so far, in order, each with its attempt or why that failed.
#[derive(Default)]
struct Attempts(Vec<(SocketAddr, Result<Connecting, io::Error>)>);

type Connecting = Pin<Box<dyn Future<Output = io::Result<TcpStream>>>>;

impl Attempts {
    fn begin(&mut self, addr: SocketAddr) {
        self.0.push((addr, Ok(Box::pin(TcpStream::connect_to(addr)))));
    }

    fn are_under_way(&self) -> bool {
        self.0.iter().any(|(_, attempt)| attempt.is_ok())
    }

    /// Waits until one has connected or, with `None`, until one has failed.
    fn news(&mut self) -> impl Future<Output = Option<TcpStream>> {
        poll_fn(|cx| self.poll_all(cx))
    }

    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<Option<TcpStream>> {
        let mut polled = Poll::Pending;
        for (_, attempt) in &mut self.0 {
            let Ok(connecting) = attempt else { continue };
            match connecting.as_mut().poll(cx) {
                Poll::Ready(Ok(stream)) => return Poll::Ready(Some(stream)),
                Poll::Ready(Err(error)) => {
                    *attempt = Err(error);
                    polled = Poll::Ready(None);
                }
                Poll::Pending => {}
            }
        }
        polled
    }

    fn into_error(self) -> io::Error {
        let failed = self.0.into_iter().filter_map(|(addr, attempt)| Some((addr, attempt.err()?)));
        none_answered(&failed.collect::<Vec<_>>())
    }
}
