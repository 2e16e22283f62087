//! Several hosts in one world, and what may happen to them.

use crate::choice;
use crate::net::cuts;
use crate::runtime::hosts;
use std::future::Future;
use std::net::IpAddr;

/// A host of the world in which a program is explored, from [`host`]. Dropped, it runs on.
#[derive(Clone, Debug)]
pub struct Host {
    name: String,
    addr: IpAddr,
}

/// Starts a host beside the program's own, which has the name `main`: a runtime with a name and an
/// address, for a server, say. Sockets are all that hosts have in common. They find each other
/// by name, as `TcpStream::connect("server:80")`. The host ends with the run.
///
/// # Panics
/// Outside of a run that is explored, and when there is a host of this name that is up.
///
/// ```
/// use shirr::explore::{explore, host};
/// use shirr::net::{TcpListener, TcpStream};
///
/// explore(async || {
///     host("server", async {
///         let listener = TcpListener::bind("0.0.0.0:80").await.unwrap();
///         let (stream, _) = listener.accept().await.unwrap();
///         stream.write_all(b"hello").await.unwrap();
///     });
///     let stream = loop {
///         match TcpStream::connect("server:80").await {
///             Ok(stream) => break stream,
///             Err(_) => shirr::explore::latency().await, // it does not listen yet
///         }
///     };
///     let mut text = [0; 5];
///     stream.read_exact(&mut text).await.unwrap();
///     assert_eq!(&text, b"hello");
/// });
/// ```
#[track_caller]
pub fn host(name: &str, program: impl Future<Output = ()> + 'static) -> Host {
    assert!(choice::is_closed(), "shirr::explore::host was used outside of a run that is explored");
    hosts::start(name, Box::pin(program)).expect("the system has a descriptor left");
    let addr = hosts::find(name).expect("it was started");
    Host { name: name.to_owned(), addr }
}

impl Host {
    /// Its address, which it keeps.
    pub fn addr(&self) -> IpAddr {
        self.addr
    }

    /// Whether all its tasks have ended, or it is down.
    pub fn is_finished(&self) -> bool {
        hosts::is_at_end(&self.name)
    }

    /// Takes it down: its tasks are dropped, and its peers are not told. What they write is
    /// taken and lost, what they read does not come, and a connection to it is not made, and refused
    /// when the host is up again. A task that takes its own host down goes on to its next await. Does
    /// nothing when the host is down.
    pub fn crash(&self) {
        hosts::stop(&self.name);
    }

    /// Starts it again. It knows none of its connections: its peers find them reset.
    ///
    /// # Panics
    /// When it is up.
    #[track_caller]
    pub fn restart(&self, program: impl Future<Output = ()> + 'static) {
        cuts::reset_all_of(self.addr);
        hosts::start(&self.name, Box::pin(program)).expect("the system has a descriptor left");
    }
}

/// Two hosts do not reach each other while this lives, from [`partition`].
#[derive(Debug)]
#[must_use = "dropped, the hosts reach each other again"]
pub struct Partition([IpAddr; 2]);

/// Keeps two hosts apart until what it returns is dropped. What they send to each other meanwhile
/// is held back and comes later, as TCP has it, and connections are made later.
///
/// # Panics
/// When there is no host of a name; the program's own is `main`.
///
/// ```
/// use shirr::explore::{explore, host, partition};
///
/// explore(async || {
///     host("server", async {});
///     let apart = partition("main", "server");
///     drop(apart);
/// });
/// ```
#[track_caller]
pub fn partition(one: &str, other: &str) -> Partition {
    let Some(hosts) = hosts::find(one).zip(hosts::find(other)) else {
        panic!("there is no host {one:?}, or no host {other:?}; make it with shirr::explore::host")
    };
    let hosts = [hosts.0, hosts.1];
    cuts::cut(hosts);
    Partition(hosts)
}

impl Drop for Partition {
    fn drop(&mut self) {
        cuts::mend(self.0);
    }
}
