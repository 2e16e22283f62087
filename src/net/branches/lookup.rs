//! From a name to its addresses.

use super::addrs::{Target, ToAddrs};
use crate::runtime::{consume_budget, current, unblock};
use std::error::Error;
use std::fmt::Display;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// The addresses that a name stands for, in the order in which the system gives them, which
/// is that in which to try them.
///
/// The system's resolver blocks, so it is asked on a helper thread
/// ([`Builder::helper_threads`](crate::Builder::helper_threads)). Each call is a look-up of its
/// own, and no answer is kept: for how long it stays true is written in the DNS, and the
/// system's resolver, which may keep answers for that long, does not tell. So a program that
/// makes many connections to one name looks it up once and connects to the addresses.
///
/// Answers may come in another order than the questions.
///
/// Cancel safe: dropped before a helper thread has begun, the look-up is not begun; one that
/// has begun ends on its thread.
///
/// # Errors
/// When the system cannot resolve the name, when it cannot start a helper thread, or when
/// the runtime ends before a helper has begun; the error carries the name. When a text has no
/// port.
///
/// # Panics
/// For a name, with no shirr runtime on the thread.
///
/// ```
/// shirr::block_on(async {
///     let addrs = shirr::net::lookup_host("127.0.0.1:80").await?;
///     assert_eq!(addrs, ["127.0.0.1:80".parse().unwrap()]);
///     # Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
pub async fn lookup_host(host: impl ToAddrs) -> io::Result<Vec<SocketAddr>> {
    look_up(host.target()).await
}

pub(crate) async fn look_up(target: Target) -> io::Result<Vec<SocketAddr>> {
    if !matches!(target, Target::Name(_, Some(_))) {
        consume_budget().await; // it waits for nothing else
    }
    match target {
        Target::Addr(addr) => Ok(vec![addr]),
        Target::Addrs(addrs) => Ok(addrs),
        Target::Name(host, Some(port)) => resolve(host, port).await,
        Target::Name(text, None) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{text:?} names no port; write \"host:port\" with a port from 0 to 65535"),
        )),
    }
}

/// Does with the addresses of a name or the like what `attempt` does with one, until that succeeds.
pub(crate) async fn first_of<T>(
    what: &str,
    addr: impl ToAddrs,
    attempt: impl Fn(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, format!("no address to {what} was given"));
    for addr in lookup_host(addr).await? {
        match attempt(addr) {
            Ok(done) => return Ok(done),
            Err(error) => last = io::Error::new(error.kind(), format!("cannot {what} {addr}: {error}")),
        }
    }
    Err(last)
}

async fn resolve(name: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    current("shirr::net::lookup_host");
    crate::choice::make!(if crate::choice::is_closed() {
        return super::simulated::resolve(&name, port).await;
    });
    let host = name.clone();
    let asked = unblock(move || (host.as_str(), port).to_socket_addrs().map(Vec::from_iter)).await;
    let explain = |kind, why: &dyn Display| io::Error::new(kind, format!("cannot resolve {name:?}: {why}"));
    match asked {
        Ok(answer) => answer.map_err(|error| explain(error.kind(), &error)),
        Err(lost) => Err(match lost.source() {
            Some(system) => explain(io::ErrorKind::Other, &format_args!("{lost}: {system}")),
            None => explain(io::ErrorKind::Other, &lost),
        }),
    }
}
