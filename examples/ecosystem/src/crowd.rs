//! How many clients a server has at the same time, and a wait for the last of them.

use async_channel::{Receiver, Sender, bounded};
use futures_util::stream::{Stream, StreamExt, unfold};
use shirr::net::{TcpListener, TcpStream};
use std::io;

/// A limit of clients, and a wait until all have left: the task of each holds a [`Guest`] and
/// drops it at its end.
///
/// Without a limit, clients that say nothing take every file that the process may open. The
/// channel is a semaphore: it holds a `()` for each guest, and sending waits while it is full.
/// Go's `netutil.LimitListener` does the same.
#[derive(Debug)]
pub struct Crowd {
    entrance: Sender<()>,
    exit: Receiver<()>,
}

/// One of a [`Crowd`]. Dropping it makes room for another.
#[derive(Debug)]
pub struct Guest {
    exit: Receiver<()>,
}

impl Crowd {
    /// An empty crowd with room for `limit` guests.
    ///
    /// # Panics
    /// When `limit` is 0.
    pub fn new(limit: usize) -> Self {
        let (entrance, exit) = bounded(limit);
        Self { entrance, exit }
    }

    /// Waits until there is room, first come, first served, and takes a place.
    pub async fn enter(&self) -> Guest {
        let _ = self.entrance.send(()).await; // `self` has both ends, so it is not closed
        Guest { exit: self.exit.clone() }
    }

    /// The clients of a listener, each with its place, until `stop` ends.
    ///
    /// The place comes first: while there is none, no client is accepted, and the kernel's
    /// queue holds those that connect. When that is full too, they try again for a while.
    pub fn admit<'a>(
        &'a self,
        listener: &'a TcpListener,
        stop: impl Future<Output = ()> + 'a,
    ) -> impl Stream<Item = io::Result<(TcpStream, Guest)>> + 'a {
        unfold(listener.incoming(), move |mut incoming| async move {
            let guest = self.enter().await;
            let client = incoming.next().await?;
            Some((client.map(|client| (client, guest)), incoming))
        })
        .take_until(stop)
    }

    /// How many are there, with the one that [`admit`](Self::admit) has a place for already.
    pub fn size(&self) -> usize {
        self.exit.len()
    }

    /// Ends when all have left: all the places are free to be taken at once. They are taken then,
    /// so it is for the end.
    pub async fn gone(&self) {
        for _ in 0..self.entrance.capacity().unwrap_or_default() {
            let _ = self.entrance.send(()).await;
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.exit.try_recv();
    }
}
