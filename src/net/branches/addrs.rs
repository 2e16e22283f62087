//! From what the user has, a name or an address, to what is still to be looked up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// What can be connected to or bound: an address, or a name with a port.
///
/// `std`'s [`ToSocketAddrs`](std::net::ToSocketAddrs) resolves names on the spot and blocks.
/// Here an address literal, as in `"127.0.0.1:80"`, is taken as it stands, and a name goes to
/// a helper thread. Implemented for what `std`'s trait is implemented for (the address types,
/// `"host:port"`, `(host, port)`, slices of addresses, and references to any of these), and
/// for arrays and vectors of addresses. Several are tried in order.
///
/// ```
/// use shirr::net::lookup_host;
/// use std::net::{Ipv4Addr, SocketAddr};
///
/// shirr::block_on(async {
///     let addrs = [SocketAddr::from(([127, 0, 0, 1], 80)), SocketAddr::from(([127, 0, 0, 1], 81))];
///     assert_eq!(lookup_host(&addrs).await?, addrs);
///     assert_eq!(lookup_host(&addrs.to_vec()).await?, addrs);
///     assert_eq!(lookup_host((Ipv4Addr::LOCALHOST, 80)).await?, addrs[..1]);
///     assert_eq!(lookup_host(&"127.0.0.1:80".to_owned()).await?, addrs[..1]);
///     # Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
pub trait ToAddrs: sealed::ToAddrs {}

impl<T: sealed::ToAddrs + ?Sized> ToAddrs for T {}

pub(crate) mod sealed {
    pub trait ToAddrs {
        fn target(&self) -> super::Target;
    }
}

/// An address, or what is still to be looked up.
#[derive(Debug)]
pub enum Target {
    /// Ready to use. By itself, since it is the common case and then needs no memory.
    Addr(SocketAddr),
    /// Several, or none.
    Addrs(Vec<SocketAddr>),
    /// A host with its port; the port is missing if the text had none.
    Name(String, Option<u16>),
}

fn host_and_port(host: &str, port: u16) -> Target {
    match host.parse::<IpAddr>() {
        Ok(ip) => Target::Addr((ip, port).into()),
        Err(_) => Target::Name(host.to_owned(), Some(port)),
    }
}

impl<T: sealed::ToAddrs + ?Sized> sealed::ToAddrs for &T {
    fn target(&self) -> Target {
        (**self).target()
    }
}

impl sealed::ToAddrs for str {
    fn target(&self) -> Target {
        if let Ok(addr) = self.parse::<SocketAddr>() {
            return Target::Addr(addr);
        }
        match self.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
            Some((host, Ok(port))) => Target::Name(host.to_owned(), Some(port)),
            _ => Target::Name(self.to_owned(), None),
        }
    }
}

impl sealed::ToAddrs for String {
    fn target(&self) -> Target {
        self.as_str().target()
    }
}

impl sealed::ToAddrs for (&str, u16) {
    fn target(&self) -> Target {
        host_and_port(self.0, self.1)
    }
}

impl sealed::ToAddrs for (String, u16) {
    fn target(&self) -> Target {
        host_and_port(&self.0, self.1)
    }
}

impl sealed::ToAddrs for [SocketAddr] {
    fn target(&self) -> Target {
        match self {
            [addr] => Target::Addr(*addr),
            addrs => Target::Addrs(addrs.to_vec()),
        }
    }
}

impl<const N: usize> sealed::ToAddrs for [SocketAddr; N] {
    fn target(&self) -> Target {
        self.as_slice().target()
    }
}

impl sealed::ToAddrs for Vec<SocketAddr> {
    fn target(&self) -> Target {
        self.as_slice().target()
    }
}

macro_rules! one_address {
    ($($kind:ty),*) => {$(
        impl sealed::ToAddrs for $kind {
            fn target(&self) -> Target {
                Target::Addr((*self).into())
            }
        }
    )*};
}

one_address!(SocketAddr, SocketAddrV4, SocketAddrV6, (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));
