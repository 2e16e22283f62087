//! Three clients of the server, in the same process and on the same thread.

use crate::{Limits, server};
use async_tungstenite::tungstenite::Message;
use async_tungstenite::{WebSocketStream, client_async};
use ecosystem::Failure;
use futures_util::StreamExt;
use shirr::net::{TcpListener, TcpStream};
use shirr::try_gather;
use std::future::pending;
use std::net::SocketAddr;

const NAMES: [&str; 3] = ["ann", "bob", "cy"];

/// A client that is in the room.
struct Client {
    name: &'static str,
    socket: WebSocketStream<TcpStream>,
    heard: Vec<String>,
}

impl Client {
    /// Connects, and waits until the room knows.
    async fn join(addr: SocketAddr, name: &'static str) -> Result<Self, Failure> {
        let tcp = TcpStream::connect(addr).await?;
        tcp.set_nodelay(true)?;
        let (socket, _) = client_async(format!("ws://{addr}/lobby/{name}"), tcp).await?;
        let mut client = Self { name, socket, heard: Vec::new() };
        client.hear(&format!("* {name} is here")).await?;
        Ok(client)
    }

    /// Reads up to a line that has these words.
    async fn hear(&mut self, words: &str) -> Result<(), Failure> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(line))) => self.heard.push(line.to_string()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(format!("the server left before {} heard {words:?}", self.name).into()),
            }
            if self.heard.last().is_some_and(|line| line.contains(words)) {
                return Ok(());
            }
        }
    }

    /// Says hello, hears each client's hello, and leaves. Returns what was heard.
    async fn greet(mut self) -> Result<(&'static str, Vec<String>), Failure> {
        self.socket.send(Message::text(format!("hello from {}", self.name))).await?;
        for _ in NAMES {
            self.hear(": hello from").await?;
        }
        self.socket.close(None).await?;
        Ok((self.name, self.heard))
    }
}

pub(crate) async fn run(connections: usize, limits: Limits) -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    drop(shirr::spawn(server::serve(listener, pending(), connections, limits)));

    let mut clients = Vec::new();
    for name in NAMES {
        clients.push(Client::join(addr, name).await?);
    }
    for (name, heard) in try_gather(clients.into_iter().map(Client::greet)).await? {
        println!("{name} heard: {}", heard.join(", "));
    }
    Ok(())
}
