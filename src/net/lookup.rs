//! From a name to its addresses.

use super::addrs::{Target, ToAddrs};
use crate::runtime::{consume_budget, current};
use std::fmt::Display;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

/// The addresses that a name stands for, in the order in which the system gives them, which
/// is that in which to try them.
///
/// The system's resolver blocks, so it is asked on a helper thread
/// ([`Builder::helper_threads`](crate::Builder::helper_threads)). While a name is being
/// looked up, whoever asks for the same name in the same runtime waits for that answer
/// instead of taking another thread; each gets the addresses with the port that it gave.
///
/// An answer is kept for those who wait and no longer. For how long it stays true is written
/// in the DNS, and the system's resolver, which may keep answers for that long, does not tell.
///
/// Cancel safe: dropped early, it leaves the look-up to the others who wait for it. With none
/// left, a look-up that no helper has begun is not begun.
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

pub(super) async fn look_up(target: Target) -> io::Result<Vec<SocketAddr>> {
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

async fn resolve(name: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let explain = |kind, why: &dyn Display| io::Error::new(kind, format!("cannot resolve {name:?}: {why}"));
    let not_asked = |why: &dyn Display| explain(io::ErrorKind::Other, why);
    let host = name.clone();
    let ask = move || Ok((host.as_str(), 0).to_socket_addrs().map_err(Arc::new)?.collect());
    let asked = current("shirr::net::lookup_host").lookups.join(&name, ask);
    let asked = asked.map_err(|error| not_asked(&format_args!("no helper thread starts: {error}")))?;
    let answer = asked.await.map_err(|lost| not_asked(&lost))?;
    let mut addrs = answer.map_err(|error| explain(error.kind(), &error))?;
    addrs.iter_mut().for_each(|addr| addr.set_port(port));
    Ok(addrs)
}
