//! The system's sockets or, in a run that is explored, simulated ones in their place.
//!
//! mio asks one thing of a socket: to be registered under a token. So does `Source`, and
//! nothing above knows which of the two it has. What is on its way is
//! in `runtime/branches/world.rs`.
//!
//! - [`mod@stream`] and [`mod@port`]: connections, and where they are waited for, as the layer above knows them;
//! - [`mod@connection`]: its two ends;
//! - [`mod@pipe`]: one of its directions;
//! - [`mod@cuts`]: which hosts do not reach each other;
//! - [`mod@handles`]: the system's handles, which a simulated socket has not.

mod connection;
pub(crate) mod cuts;
mod handles;
mod pipe;
mod port;
mod stream;

pub(crate) use port::TcpListener;
pub(crate) use stream::TcpStream;

use crate::runtime::{hosts, unblock};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

/// What the system's handle of a socket is asked for that has none.
fn no_handle() -> ! {
    panic!("a simulated socket has no descriptor; in a run that is explored, ask the shirr socket itself")
}

fn would_block<T>() -> io::Result<T> {
    Err(io::ErrorKind::WouldBlock.into())
}

/// Has a socket registered by mio, or note its slot.
macro_rules! registers {
    ($socket:ty) => {
        impl mio::event::Source for $socket {
            fn register(
                &mut self,
                registry: &mio::Registry,
                token: mio::Token,
                interests: mio::Interest,
            ) -> std::io::Result<()> {
                match self {
                    Self::System(socket) => socket.register(registry, token, interests),
                    Self::Simulated(socket) => {
                        socket.register(token.0);
                        Ok(())
                    }
                }
            }

            fn reregister(
                &mut self,
                registry: &mio::Registry,
                token: mio::Token,
                interests: mio::Interest,
            ) -> std::io::Result<()> {
                match self {
                    Self::System(socket) => socket.reregister(registry, token, interests),
                    Self::Simulated(_) => Ok(()),
                }
            }

            fn deregister(&mut self, registry: &mio::Registry) -> std::io::Result<()> {
                match self {
                    Self::System(socket) => socket.deregister(registry),
                    Self::Simulated(_) => Ok(()),
                }
            }
        }
    };
}

use registers;

/// The address of a host of this world, when the look-up has taken its time.
///
/// # Errors
/// When there is none of this name.
pub(crate) async fn resolve(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let _ = unblock(|| ()).await; // as long as a closure may take
    let host = if name == "localhost" { Some(Ipv4Addr::LOCALHOST.into()) } else { hosts::find(name) };
    let unknown = || {
        let text = format!("cannot resolve {name:?}: no host of this world has that name");
        io::Error::new(io::ErrorKind::NotFound, text)
    };
    host.map(|addr| vec![SocketAddr::new(addr, port)]).ok_or_else(unknown)
}
