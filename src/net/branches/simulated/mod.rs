//! The system's sockets or, in a run that is explored, simulated ones in their place.
//!
//! mio asks one thing of a socket: to be registered under a token. So does `Source`, and
//! nothing above knows which of the two it has. What is on its way is
//! in `runtime/branches/world.rs`.
//!
//! - [`mod@end`]: one end of a connection, and the two pipes between the ends;
//! - [`mod@port`]: where connections are waited for;
//! - [`mod@handles`]: the system's handles, which a simulated socket has not.

mod end;
mod handles;
mod port;
mod stream;

pub(crate) use port::TcpListener;
pub(crate) use stream::TcpStream;

use std::io;

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
