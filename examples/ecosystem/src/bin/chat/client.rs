//! One client: what it says goes to its room, what the room says goes to it, and in the end
//! each side says goodbye.

use crate::Limits;
use crate::room::{QUEUED, Seat};
use async_broadcast::Receiver;
use async_tungstenite::tungstenite::error::ProtocolError;
use async_tungstenite::tungstenite::protocol::CloseFrame;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::{Bytes, Error, Message};
use async_tungstenite::{WebSocketReceiver, WebSocketSender, WebSocketStream};
use futures_util::future::{Either, select};
use futures_util::{SinkExt, StreamExt};
use shirr::net::TcpStream;
use shirr::time::{now, timeout, timeout_at};
use socket2::SockRef;
use std::net::Shutdown;
use std::pin::pin;
use std::time::Duration;

/// The longest message in bytes.
pub(crate) const LONGEST: usize = 16 * 1024;

/// How long the client may take to say goodbye in turn.
pub(crate) const GOODBYE_LIMIT: Duration = Duration::from_secs(2);

/// Why the conversation ends, as the client is told.
pub(crate) fn end(code: CloseCode, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: reason.into() }
}

/// The same for an error, with the codes of RFC 6455, 7.4.1.
fn fault(error: &Error) -> CloseFrame {
    use ProtocolError::{ResetWithoutClosingHandshake, SendAfterClosing};
    match error {
        Error::Capacity(_) => end(CloseCode::Size, "a message has 16 KiB at most"),
        Error::Utf8(_) => end(CloseCode::Invalid, "text is UTF-8"),
        Error::ConnectionClosed | Error::AlreadyClosed => end(CloseCode::Normal, ""),
        Error::Protocol(SendAfterClosing) => end(CloseCode::Normal, ""),
        Error::Protocol(ResetWithoutClosingHandshake) => end(CloseCode::Abnormal, "left without a goodbye"),
        Error::Protocol(_) => end(CloseCode::Protocol, "that was not WebSocket"),
        _ => end(CloseCode::Abnormal, "the connection broke"),
    }
}

/// Talks until one side has enough.
///
/// Reading and writing are two futures in one task: when one ends, the other goes with it.
/// The one that writes is asked first. It takes what is queued and waits then; the one that
/// reads may find more to do in every turn, and would leave no steps of its budget.
pub(crate) async fn converse(
    socket: WebSocketStream<TcpStream>,
    seat: Seat,
    lines: Receiver<Message>,
    limits: Limits,
) -> CloseFrame {
    let (mut sender, mut receiver) = socket.split();
    let (Either::Left((ended, _)) | Either::Right((ended, _))) =
        select(pin!(write(&mut sender, lines, limits)), pin!(read(&mut receiver, &seat, limits))).await;
    seat.leave().await;
    if ended.code.is_allowed() {
        let socket = WebSocketStream::reunite(sender, receiver).expect("they are of one stream");
        say_goodbye(socket, ended.clone()).await;
    }
    ended
}

/// What the client says goes to the room.
async fn read(receiver: &mut WebSocketReceiver<TcpStream>, seat: &Seat, limits: Limits) -> CloseFrame {
    seat.arrive().await;
    loop {
        match timeout(limits.idle, receiver.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => seat.say(&text).await,
            Ok(Some(Ok(Message::Binary(_)))) => return end(CloseCode::Unsupported, "send text"),
            Ok(Some(Ok(_))) => {} // tungstenite answers a ping
            Ok(Some(Err(error))) => return fault(&error),
            Ok(None) => return end(CloseCode::Normal, ""),
            Err(_) => return end(CloseCode::Policy, "you sent nothing for too long"),
        }
        // A segment may hold thousands of messages, which tungstenite has read at once: then
        // nothing here waits for the socket, where shirr would count.
        shirr::consume_budget().await;
    }
}

/// What the room says goes to the client.
async fn write(
    sender: &mut WebSocketSender<TcpStream>,
    mut lines: Receiver<Message>,
    limits: Limits,
) -> CloseFrame {
    let mut ping_at = now() + limits.idle / 2;
    loop {
        let first = if now() >= ping_at {
            ping_at = now() + limits.idle / 2;
            Message::Ping(Bytes::new())
        } else {
            match timeout_at(ping_at, lines.recv()).await {
                Ok(Ok(line)) => line,
                Ok(Err(_)) => return end(CloseCode::Away, "the server ends"),
                Err(_) => continue,
            }
        };
        match timeout(limits.write, send(sender, first, &mut lines)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return fault(&error),
            Err(_) => return end(CloseCode::Policy, "you read too slowly"),
        }
    }
}

/// Sends a message and the lines behind it, but no more than are queued at the same time. The
/// socket takes them together, and counts as a step of the budget each time. Pongs that wait go
/// first, since they may have filled tungstenite's buffer.
async fn send(
    sender: &mut WebSocketSender<TcpStream>,
    first: Message,
    lines: &mut Receiver<Message>,
) -> Result<(), Error> {
    sender.flush().await?;
    sender.feed(first).await?;
    for _ in 1..QUEUED {
        let Ok(line) = lines.try_recv() else { break };
        sender.feed(line).await?;
    }
    sender.flush().await
}

/// Tells the client why, and waits until it closes: otherwise what it sends yet would make the
/// system cut off what it has not read (RFC 9112, 9.6, has the same for HTTP). If it does not
/// even take the goodbye, the system is to keep nothing for it, either.
pub(crate) async fn say_goodbye(mut socket: WebSocketStream<TcpStream>, ended: CloseFrame) {
    let said = timeout(GOODBYE_LIMIT, socket.close(Some(ended))).await;
    let tcp = socket.into_inner();
    if !matches!(said, Ok(Ok(()) | Err(Error::ConnectionClosed | Error::AlreadyClosed))) {
        let _ = SockRef::from(&tcp).set_linger(Some(Duration::ZERO));
        return;
    }
    let _ = timeout(GOODBYE_LIMIT, async {
        let mut rest = [0; 1024];
        let mut left = tcp.shutdown(Shutdown::Write).is_err();
        while !left {
            left = tcp.read(&mut rest).await.unwrap_or(0) == 0;
        }
    })
    .await;
}
