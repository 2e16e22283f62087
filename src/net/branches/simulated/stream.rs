//! A stream, of the system's or simulated.

use super::connection::End;
use super::{no_handle, port, registers};
use crate::choice;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::{Shutdown, SocketAddr};

#[derive(Debug)]
pub(crate) enum TcpStream {
    System(mio::net::TcpStream),
    Simulated(End),
}

registers!(TcpStream);

impl TcpStream {
    pub(crate) fn connect(addr: SocketAddr) -> io::Result<Self> {
        if choice::is_closed() {
            return port::connect(addr).map(Self::Simulated);
        }
        mio::net::TcpStream::connect(addr).map(Self::System)
    }

    pub(crate) fn from_std(socket: std::net::TcpStream) -> Self {
        Self::System(mio::net::TcpStream::from_std(socket))
    }

    /// The system's socket.
    ///
    /// # Panics
    /// When it is simulated.
    pub(crate) fn system(&self) -> &mio::net::TcpStream {
        match self {
            Self::System(socket) => socket,
            Self::Simulated(_) => no_handle(),
        }
    }

    pub(crate) fn try_io<T>(&self, f: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self {
            Self::System(socket) => socket.try_io(f),
            Self::Simulated(_) => f(),
        }
    }

    pub(crate) fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::System(socket) => socket.peek(buf),
            Self::Simulated(end) => end.peek(buf),
        }
    }

    pub(crate) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self {
            Self::System(socket) => return socket.shutdown(how),
            Self::Simulated(end) => {
                if how != Shutdown::Read {
                    end.close_writes();
                }
                if how != Shutdown::Write {
                    end.close_reads();
                }
            }
        }
        Ok(())
    }

    pub(crate) fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        match self {
            Self::System(socket) => return socket.set_nodelay(nodelay),
            Self::Simulated(end) => end.nodelay.set(nodelay),
        }
        Ok(())
    }

    pub(crate) fn nodelay(&self) -> io::Result<bool> {
        match self {
            Self::System(socket) => socket.nodelay(),
            Self::Simulated(end) => Ok(end.nodelay.get()),
        }
    }

    pub(crate) fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        match self {
            Self::System(socket) => return socket.set_ttl(ttl),
            Self::Simulated(end) => end.ttl.set(ttl),
        }
        Ok(())
    }

    pub(crate) fn ttl(&self) -> io::Result<u32> {
        match self {
            Self::System(socket) => socket.ttl(),
            Self::Simulated(end) => Ok(end.ttl.get()),
        }
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::System(socket) => socket.local_addr(),
            Self::Simulated(end) => Ok(end.local()),
        }
    }

    pub(crate) fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::System(socket) => socket.peer_addr(),
            Self::Simulated(end) if !end.is_made() => Err(ErrorKind::NotConnected.into()),
            Self::Simulated(end) => Ok(end.peer()),
        }
    }

    pub(crate) fn take_error(&self) -> io::Result<Option<io::Error>> {
        match self {
            Self::System(socket) => socket.take_error(),
            Self::Simulated(end) => {
                Ok(end.is_refused().then(|| io::Error::from(ErrorKind::ConnectionRefused)))
            }
        }
    }
}

impl Read for &TcpStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            TcpStream::System(socket) => (&mut &*socket).read(buf),
            TcpStream::Simulated(end) => end.read(buf),
        }
    }

    /// Into the first buffer that has room: a short read is legal.
    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        match self {
            TcpStream::System(socket) => (&mut &*socket).read_vectored(bufs),
            TcpStream::Simulated(end) => {
                let buf = bufs.iter_mut().find(|buf| !buf.is_empty());
                buf.map_or(Ok(0), |buf| end.read(buf))
            }
        }
    }
}

impl Write for &TcpStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            TcpStream::System(socket) => (&mut &*socket).write(buf),
            TcpStream::Simulated(end) => end.write(buf),
        }
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            TcpStream::System(socket) => (&mut &*socket).write_vectored(bufs),
            TcpStream::Simulated(end) => {
                let buf = bufs.iter().find(|buf| !buf.is_empty());
                buf.map_or(Ok(0), |buf| end.write(buf))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
