//! From what the user has, a name or an address, to addresses.

use crate::runtime::unblock;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, ToSocketAddrs};

/// What can be connected to or bound: an address, or a name with a port.
///
/// `std`'s trait of this kind resolves names on the spot and blocks. Here an address
/// literal, as in `"127.0.0.1:80"`, is taken as it stands, and a name goes to a helper
/// thread. Implemented for the address types, `"host:port"`, `(host, port)`, and slices of
/// addresses, which are tried in order.
pub trait ToAddrs: sealed::ToAddrs {}

impl<T: sealed::ToAddrs> ToAddrs for T {}

mod sealed {
    pub trait ToAddrs {
        fn target(self) -> super::Target;
    }
}

/// An address, or what is still to be looked up.
#[derive(Debug)]
pub enum Target {
    /// Ready to use.
    Addrs(Vec<SocketAddr>),
    /// A host with its port; the port is missing if the text had none.
    Name(String, Option<u16>),
}

/// The addresses that a name stands for, in the order in which the system gives them.
///
/// # Errors
/// When the system cannot resolve the name; the error carries the name. When a text has no
/// port.
///
/// Cancel safe: dropped early, the look-up's answer is dropped when it comes.
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
    match host.target() {
        Target::Addrs(addrs) => Ok(addrs),
        Target::Name(host, Some(port)) => resolve(host, port).await,
        Target::Name(text, None) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{text:?} names no port; write \"host:port\" with a port from 0 to 65535"),
        )),
    }
}

async fn resolve(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let name = host.clone();
    let looked_up = unblock(move || Ok((host.as_str(), port).to_socket_addrs()?.collect()));
    let answer: io::Result<Vec<SocketAddr>> = looked_up.await.map_err(io::Error::other)?;
    let explain =
        |error: io::Error| io::Error::new(error.kind(), format!("cannot resolve {name:?}: {error}"));
    answer.map_err(explain)
}

fn host_and_port(host: &str, port: u16) -> Target {
    match host.parse::<IpAddr>() {
        Ok(ip) => Target::Addrs(vec![(ip, port).into()]),
        Err(_) => Target::Name(host.to_owned(), Some(port)),
    }
}

impl sealed::ToAddrs for &str {
    fn target(self) -> Target {
        if let Ok(addr) = self.parse::<SocketAddr>() {
            return Target::Addrs(vec![addr]);
        }
        match self.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
            Some((host, Ok(port))) => Target::Name(host.to_owned(), Some(port)),
            _ => Target::Name(self.to_owned(), None),
        }
    }
}

impl sealed::ToAddrs for (&str, u16) {
    fn target(self) -> Target {
        host_and_port(self.0, self.1)
    }
}

impl sealed::ToAddrs for (String, u16) {
    fn target(self) -> Target {
        host_and_port(&self.0, self.1)
    }
}

impl sealed::ToAddrs for String {
    fn target(self) -> Target {
        self.as_str().target()
    }
}

impl sealed::ToAddrs for &String {
    fn target(self) -> Target {
        self.as_str().target()
    }
}

impl sealed::ToAddrs for &[SocketAddr] {
    fn target(self) -> Target {
        Target::Addrs(self.to_vec())
    }
}

impl sealed::ToAddrs for Vec<SocketAddr> {
    fn target(self) -> Target {
        Target::Addrs(self)
    }
}

macro_rules! one_address {
    ($($kind:ty),*) => {$(
        impl sealed::ToAddrs for $kind {
            fn target(self) -> Target {
                Target::Addrs(vec![self.into()])
            }
        }
    )*};
}

one_address!(SocketAddr, SocketAddrV4, SocketAddrV6, (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));
