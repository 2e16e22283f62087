//! The server: a task for each client, from its handshake to its goodbye.

use crate::Limits;
use crate::client::{GOODBYE_LIMIT, LONGEST, converse, end, say_goodbye};
use crate::room::House;
use async_tungstenite::accept_hdr_async_with_config;
use async_tungstenite::tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response};
use async_tungstenite::tungstenite::http::StatusCode;
use async_tungstenite::tungstenite::protocol::WebSocketConfig;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use ecosystem::{Crowd, Failure, Guest};
use futures_util::StreamExt;
use shirr::net::{TcpListener, TcpStream};
use shirr::time::timeout;
use socket2::SockRef;
use std::io::{self, Write};
use std::pin::pin;

/// The longest name of a client or a room.
const LONGEST_NAME: usize = 32;

/// How many bytes the system may keep for a client. By itself it takes up to megabytes, and it
/// says that there is room when a third of them is free again: a steady reader would look as if
/// it had stopped for that time.
const SENT: usize = 128 * 1024;

/// Serves until `stop` ends; then says goodbye to all.
pub(crate) async fn serve(
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    connections: usize,
    limits: Limits,
) -> Result<(), Failure> {
    let (house, crowd) = (House::new(), Crowd::new(connections));
    accept(listener, stop, &house, &crowd, limits).await?;
    // `println!` panics where stdout is closed, and then no client would get a goodbye.
    let _ = writeln!(io::stdout(), "stopping: connected clients: {}; again to end at once", crowd.size());
    house.close();
    let late = |_| "some clients did not take their leave";
    // A member may have begun to take one batch, and take another after that.
    let longest = limits.handshake.max(2 * limits.write) + 2 * GOODBYE_LIMIT;
    Ok(timeout(longest, crowd.gone()).await.map_err(late)?)
}

/// Accepts until `stop` ends; the listener closes with the return.
async fn accept(
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    house: &House,
    crowd: &Crowd,
    limits: Limits,
) -> Result<(), Failure> {
    let mut clients = pin!(crowd.admit(&listener, stop));
    let mut number = 0;
    while let Some(client) = clients.next().await {
        let (client, guest) = client?;
        number += 1;
        drop(shirr::spawn(attend(client, house.clone(), number, limits, guest)));
    }
    Ok(())
}

async fn attend(client: TcpStream, house: House, number: u64, limits: Limits, _guest: Guest) {
    if let Err(error) = talk(client, house, limits).await {
        eprintln!("client {number}: {error}");
    }
}

/// One client, from the handshake on. The error is what went wrong with it.
async fn talk(client: TcpStream, house: House, limits: Limits) -> Result<(), Failure> {
    client.set_nodelay(true)?;
    SockRef::from(&client).set_send_buffer_size(SENT)?;
    let mut wanted = None;
    let handshake = accept_hdr_async_with_config(client, Doorkeeper(&mut wanted), Some(config()));
    let socket = timeout(limits.handshake, handshake).await.map_err(|_| "did not shake hands in time")??;
    let Some((room, name)) = wanted else { return Ok(()) };

    let Some((seat, lines)) = house.join(room, name) else {
        say_goodbye(socket, end(CloseCode::Away, "the server ends")).await;
        return Ok(());
    };
    let ended = converse(socket, seat, lines, limits).await;
    match ended.code {
        CloseCode::Normal | CloseCode::Away => Ok(()),
        _ => Err(ended.reason.as_str().into()),
    }
}

/// What a client may cost: the buffers of tungstenite's defaults have 128 KiB for reading, and
/// no end for the pongs to one that pings and does not read.
fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(LONGEST))
        .max_frame_size(Some(LONGEST))
        .read_buffer_size(LONGEST)
        .write_buffer_size(LONGEST)
        .max_write_buffer_size(4 * LONGEST)
}

/// Reads the room and the name from the path of a handshake, or refuses it.
struct Doorkeeper<'a>(&'a mut Option<(String, String)>);

impl Callback for Doorkeeper<'_> {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        match request.uri().path().split('/').collect::<Vec<_>>()[..] {
            ["", room, name] if is_name(room) && is_name(name) => {
                *self.0 = Some((room.to_owned(), name.to_owned()));
                Ok(response)
            }
            ["", _, _] => Err(refusal(
                StatusCode::BAD_REQUEST,
                "ROOM and NAME have 1 to 32 characters each, of a-z, A-Z, 0-9, - and _",
            )),
            _ => Err(refusal(StatusCode::NOT_FOUND, "connect to /ROOM/NAME")),
        }
    }
}

/// A name is in other clients' lines, and in the server's memory: it can neither look like
/// a part of the line nor be long.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(plain)
}

fn refusal(status: StatusCode, text: &str) -> ErrorResponse {
    let mut refusal = ErrorResponse::new(Some(format!("{text}\n")));
    *refusal.status_mut() = status;
    refusal
}
