//! What can be set on a UDP socket and asked of it.

use super::UdpSocket;
use crate::net::branches::options::options;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

options! { UdpSocket;
    /// The address of this end, with the port that the system picked for port 0.
    local_addr() -> SocketAddr;
    /// The address that the socket is connected to.
    peer_addr() -> SocketAddr;
    /// Takes the error that the system has noted for the socket, if there is one.
    take_error() -> Option<io::Error>;
    /// Over how many routers a datagram may go (`IP_TTL`).
    set_ttl(ttl: u32) -> ();
    /// Over how many routers a datagram may go.
    ttl() -> u32;
    /// Whether it may send to a broadcast address.
    set_broadcast(broadcast: bool) -> ();
    /// Whether it may send to a broadcast address.
    broadcast() -> bool;
    /// Receives what is sent to this group, on the interface of this address; the unspecified
    /// address leaves the choice to the system.
    join_multicast_v4(group: &Ipv4Addr, interface: &Ipv4Addr) -> ();
    /// Undoes [`join_multicast_v4`](Self::join_multicast_v4).
    leave_multicast_v4(group: &Ipv4Addr, interface: &Ipv4Addr) -> ();
    /// Receives what is sent to this group, on the interface of this number; 0 leaves the
    /// choice to the system.
    join_multicast_v6(group: &Ipv6Addr, interface: u32) -> ();
    /// Undoes [`join_multicast_v6`](Self::join_multicast_v6).
    leave_multicast_v6(group: &Ipv6Addr, interface: u32) -> ();
    /// Whether what this machine sends to an IPv4 group comes back to it.
    set_multicast_loop_v4(comes_back: bool) -> ();
    /// Whether what this machine sends to an IPv4 group comes back to it.
    multicast_loop_v4() -> bool;
    /// Whether what this machine sends to an IPv6 group comes back to it.
    set_multicast_loop_v6(comes_back: bool) -> ();
    /// Whether what this machine sends to an IPv6 group comes back to it.
    multicast_loop_v6() -> bool;
    /// Over how many routers a datagram to an IPv4 group may go.
    set_multicast_ttl_v4(ttl: u32) -> ();
    /// Over how many routers a datagram to an IPv4 group may go.
    multicast_ttl_v4() -> u32;
}
