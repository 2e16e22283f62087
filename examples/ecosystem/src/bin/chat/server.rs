//! The server: a task for each client, which reads and writes at the same time, and rooms
//! that they share without a lock, since all of them are on one thread.

use async_channel::{Receiver, Sender};
use async_tungstenite::tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response};
use async_tungstenite::tungstenite::http::StatusCode;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use async_tungstenite::tungstenite::{Error, Message};
use async_tungstenite::{WebSocketReceiver, WebSocketSender, accept_hdr_async_with_config};
use ecosystem::{CONNECTIONS, Crowd, Failure, Guest};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::timeout;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Write};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

/// The longest message in bytes, and how many a client may be behind.
const LONGEST: usize = 16 * 1024;
const BEHIND: usize = 64;

/// How long a client may take: to shake hands, to take a message, to say anything at all.
/// The last finds those that are gone without a goodbye.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
const WRITE_LIMIT: Duration = Duration::from_secs(10);
const SILENCE_LIMIT: Duration = Duration::from_secs(15 * 60);

/// How long the other end may take to say goodbye in turn.
const GOODBYE_LIMIT: Duration = Duration::from_secs(2);

type Rooms = HashMap<String, Vec<Member>>;

/// All rooms, by name. `None` once the server ends, so that nobody comes in any more.
#[derive(Clone)]
struct House {
    rooms: Rc<RefCell<Option<Rooms>>>,
}

/// A client, as its room sees it. The client's writer ends with the queue, which ends when
/// this is dropped.
struct Member {
    number: u64,
    queue: Sender<Message>,
}

/// A client's place in a room, given up when dropped.
struct Seat {
    house: House,
    room: String,
    name: String,
    number: u64,
}

impl House {
    fn new() -> Self {
        Self { rooms: Rc::new(RefCell::new(Some(Rooms::new()))) }
    }

    fn join(&self, number: u64, room: String, name: String, queue: Sender<Message>) -> Option<Seat> {
        self.rooms.borrow_mut().as_mut()?.entry(room.clone()).or_default().push(Member { number, queue });
        let seat = Seat { house: self.clone(), room, name, number };
        seat.announce(&format!("* {} is here", seat.name));
        Some(seat)
    }

    /// Ends every client's queue, and with it the client.
    fn close(&self) {
        drop(self.rooms.take());
    }
}

impl Seat {
    /// Queues a line for all in the room, who get the lines in the same order. Nobody is
    /// waited for: a member without room in its queue is out.
    fn announce(&self, line: &str) {
        let message = Message::text(line); // counted bytes: a clone of it copies none
        if let Some(rooms) = &mut *self.house.rooms.borrow_mut() {
            if let Some(members) = rooms.get_mut(&self.room) {
                members.retain(|member| member.queue.try_send(message.clone()).is_ok());
            }
        }
    }

    fn leave(&self) {
        if let Some(rooms) = &mut *self.house.rooms.borrow_mut() {
            if let Some(members) = rooms.get_mut(&self.room) {
                members.retain(|member| member.number != self.number);
                if members.is_empty() {
                    rooms.remove(&self.room);
                }
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
        self.announce(&format!("* {} has left", self.name));
    }
}

/// Serves until `stop` ends; then says goodbye to all.
pub(crate) async fn serve(listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), Failure> {
    let (house, crowd) = (House::new(), Crowd::new(CONNECTIONS));
    accept(listener, stop, &house, &crowd).await?;
    // `println!` panics where nobody reads stdout any more, and nobody would get a goodbye.
    let _ = writeln!(io::stdout(), "Ctrl-C: connected clients: {}; again to end at once", crowd.size());
    house.close();
    let late = |_| "some clients did not take their leave";
    Ok(timeout(WRITE_LIMIT, crowd.gone()).await.map_err(late)?)
}

/// Accepts until `stop` ends; the listener closes with the return.
async fn accept(
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    house: &House,
    crowd: &Crowd,
) -> Result<(), Failure> {
    let mut clients = pin!(crowd.admit(&listener, stop));
    let mut number = 0;
    while let Some(client) = clients.next().await {
        let (client, guest) = client?;
        number += 1;
        drop(shirr::spawn(attend(client, house.clone(), number, guest)));
    }
    Ok(())
}

async fn attend(client: TcpStream, house: House, number: u64, _guest: Guest) {
    if let Err(error) = talk(client, house, number).await {
        eprintln!("client {number}: {error}");
    }
}

/// One client from the handshake on. Reading and writing are two futures in one task: when
/// one ends, the other goes with it, and the seat with both.
async fn talk(client: TcpStream, house: House, number: u64) -> Result<(), Failure> {
    client.set_nodelay(true)?;
    let mut wanted = None;
    let config = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
    let handshake = accept_hdr_async_with_config(client, Doorkeeper(&mut wanted), Some(config));
    let socket = timeout(HANDSHAKE_LIMIT, handshake).await.map_err(|_| "did not shake hands in time")??;
    let Some((room, name)) = wanted else { return Ok(()) };

    let (queue, queued) = async_channel::bounded(BEHIND);
    let Some(seat) = house.join(number, room, name, queue) else { return Ok(()) };
    let (sender, receiver) = socket.split();
    match select(pin!(read(receiver, &seat)), pin!(write(sender, queued))).await {
        Either::Left((ended, _)) => ended,
        Either::Right((Err(error), _)) => Err(error),
        // We said goodbye. Closing before the other end did would cut off what it has not read.
        Either::Right((Ok(()), reading)) => {
            timeout(GOODBYE_LIMIT, reading).await.map_err(|_| "did not say goodbye in turn")?
        }
    }
}

/// Reads the room and the name from the path of a handshake, or refuses it.
struct Doorkeeper<'a>(&'a mut Option<(String, String)>);

impl Callback for Doorkeeper<'_> {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        match request.uri().path().split('/').collect::<Vec<_>>()[..] {
            ["", room, name] if !room.is_empty() && !name.is_empty() => {
                *self.0 = Some((room.to_owned(), name.to_owned()));
                Ok(response)
            }
            _ => {
                let mut refusal = ErrorResponse::new(Some("connect to /ROOM/NAME\n".to_owned()));
                *refusal.status_mut() = StatusCode::NOT_FOUND;
                Err(refusal)
            }
        }
    }
}

/// What the client says goes to the room.
async fn read(mut receiver: WebSocketReceiver<TcpStream>, seat: &Seat) -> Result<(), Failure> {
    while let Some(message) =
        timeout(SILENCE_LIMIT, receiver.next()).await.map_err(|_| "said nothing for too long")?
    {
        if let Message::Text(text) = message? {
            seat.announce(&format!("{}: {text}", seat.name));
        }
    }
    Ok(())
}

/// What the room says goes to the client, as fast as that reads; a goodbye is the last.
async fn write(mut sender: WebSocketSender<TcpStream>, queued: Receiver<Message>) -> Result<(), Failure> {
    while let Ok(message) = queued.recv().await {
        timeout(WRITE_LIMIT, sender.send(message)).await.map_err(|_| "does not read")??;
    }
    let goodbye =
        CloseFrame { code: CloseCode::Away, reason: "the server ends, or you read too slowly".into() };
    match timeout(WRITE_LIMIT, sender.close(Some(goodbye))).await.map_err(|_| "does not read")? {
        Ok(()) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
