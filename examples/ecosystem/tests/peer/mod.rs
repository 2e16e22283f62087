//! A WebSocket client by hand, which can also do what no library would.

#![allow(dead_code, reason = "each test uses a part of it")]

use crate::common::{Held, LIMIT, Program};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A client that has shaken hands. It answers pings while it listens.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) tcp: BufReader<TcpStream>,
}

/// A frame of a client's. RFC 6455 has it masked, and a mask of zeros changes nothing.
pub(crate) fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match u16::try_from(payload.len()).unwrap() {
        short @ 0..126 => frame.push(0x80 | short as u8),
        long => frame.extend([0x80 | 126, long.to_be_bytes()[0], long.to_be_bytes()[1]]),
    }
    [&frame, &[0; 4][..], payload].concat()
}

pub(crate) fn text(payload: &str) -> Vec<u8> {
    frame(1, payload.as_bytes())
}

pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// The begin of a connection, with its first bytes sent.
pub(crate) fn ask(port: u16, path: &[u8]) -> TcpStream {
    ask_by(TcpStream::connect(("127.0.0.1", port)).unwrap(), path)
}

pub(crate) fn ask_by(mut tcp: TcpStream, path: &[u8]) -> TcpStream {
    let rest = b" HTTP/1.1\r\nHost: chat\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    tcp.set_read_timeout(Some(LIMIT)).unwrap();
    tcp.set_write_timeout(Some(LIMIT)).unwrap();
    tcp.write_all(&[b"GET ", path, rest].concat()).unwrap();
    tcp
}

/// A socket of which the system keeps few bytes that the client has not read.
pub(crate) fn narrow(port: u16) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(128 * 1024).unwrap();
    socket.connect(&SocketAddr::from(([127, 0, 0, 1], port)).into()).unwrap();
    socket.into()
}

impl Peer {
    /// Reads the answer to what was asked; the error is a refusal.
    pub(crate) fn shake(tcp: TcpStream) -> Result<Self, String> {
        let (mut tcp, mut head) = (BufReader::new(tcp), String::new());
        while !head.ends_with("\r\n\r\n") {
            if tcp.read_line(&mut head).unwrap() == 0 {
                return Err(head);
            }
        }
        if head.starts_with("HTTP/1.1 101 ") {
            return Ok(Self { tcp });
        }
        let _ = tcp.read_to_string(&mut head);
        Err(head)
    }

    /// Connects, and waits until the room knows.
    pub(crate) fn join(port: u16, name: &str) -> Self {
        Self::join_by(TcpStream::connect(("127.0.0.1", port)).unwrap(), name)
    }

    pub(crate) fn join_by(tcp: TcpStream, name: &str) -> Self {
        let mut peer = Self::shake(ask_by(tcp, format!("/lobby/{name}").as_bytes())).unwrap();
        peer.hear_up_to(&format!("* {name} is here"));
        peer
    }

    /// Whether the server took it all.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.tcp.get_mut().write_all(bytes).is_ok()
    }

    /// The next line; the error is the server's goodbye, or that it left without one.
    pub(crate) fn hear(&mut self) -> Result<String, String> {
        loop {
            let (opcode, payload) = self.frame().ok_or("cut off")?;
            match opcode {
                1 => return Ok(String::from_utf8(payload).unwrap()),
                8 => return Err(String::from_utf8_lossy(&payload[2..]).into_owned()),
                PING => drop(self.send(&frame(PONG, &payload))),
                _ => {}
            }
        }
    }

    pub(crate) fn hear_up_to(&mut self, line: &str) {
        while self.hear().unwrap() != line {}
    }

    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.bytes(2)?;
        let len = match head[1] {
            126 => self.bytes(2)?.into_iter().fold(0, |len, byte| len << 8 | usize::from(byte)),
            short => usize::from(short),
        };
        Some((head[0] & 0xf, self.bytes(len)?))
    }

    fn bytes(&mut self, len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.tcp.read_exact(&mut bytes).ok().map(|()| bytes)
    }
}

/// The server, its port, and what it holds when a first client has come and gone.
pub(crate) fn server(args: &[&str]) -> (Program, u16, Option<Held>) {
    let args = [&["--listen", "127.0.0.1:0"], args].concat();
    let program = Program::start(env!("CARGO_BIN_EXE_chat"), &args);
    let (port, before) = (program.port(), program.held());
    drop(Peer::join(port, "first"));
    program.lets_go_of_all_since(before);
    let before = program.held();
    (program, port, before)
}

/// The next client is served, and nothing is left of those before.
pub(crate) fn is_as_before(server: &Program, port: u16, before: Option<Held>) {
    drop(Peer::join(port, "next"));
    server.lets_go_of_all_since(before);
}
