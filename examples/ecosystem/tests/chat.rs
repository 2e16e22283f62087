//! `chat` against WebSocket clients of another library (soketto), on shirr as well.

#![cfg(unix)]

mod common;

use common::{Program, curl, run, send_garbage, text, there_is};
use ecosystem::Failure;
use shirr::net::TcpStream;
use shirr::time::timeout;
use shirr::{Runtime, gather};
use soketto::connection::{Error, Receiver, Sender};
use soketto::handshake::{Client, ServerResponse};
use soketto::{Data, Incoming};
use std::time::Duration;

fn server() -> (Program, u16) {
    let program = Program::start(env!("CARGO_BIN_EXE_chat"), &["--listen", "127.0.0.1:0"]);
    let port = program.port();
    (program, port)
}

/// A client of soketto's, which takes a shirr `TcpStream` as it is.
struct Guest {
    sender: Sender<TcpStream>,
    receiver: Receiver<TcpStream>,
}

impl Guest {
    /// Connects; the error is the server's refusal.
    async fn connect(port: u16, path: &str) -> Result<Self, u16> {
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        tcp.set_nodelay(true).unwrap(); // soketto writes a frame in two
        let mut client = Client::new(tcp, "127.0.0.1", path);
        match client.handshake().await.unwrap() {
            ServerResponse::Accepted { .. } => {}
            ServerResponse::Rejected { status_code } | ServerResponse::Redirect { status_code, .. } => {
                return Err(status_code);
            }
        }
        let (sender, receiver) = client.into_builder().finish();
        Ok(Self { sender, receiver })
    }

    /// Connects, and waits until the room knows.
    async fn join(port: u16, room: &str, name: &str) -> Self {
        let mut guest = Self::connect(port, &format!("/{room}/{name}")).await.unwrap();
        assert_eq!(guest.hear().await.unwrap(), format!("* {name} is here"));
        guest
    }

    async fn say(&mut self, text: &str) {
        self.sender.send_text(text).await.unwrap();
        self.sender.flush().await.unwrap();
    }

    /// The next line; the error says that there is none, as after twenty seconds.
    async fn hear(&mut self) -> Result<String, Failure> {
        let mut line = Vec::new();
        match timeout(Duration::from_secs(20), self.receiver.receive(&mut line)).await? {
            Ok(Incoming::Data(Data::Text(_))) => Ok(String::from_utf8(line)?),
            Ok(other) => Err(format!("{other:?}").into()),
            Err(Error::Closed) => Err("closed".into()),
            Err(error) => Err(error.into()),
        }
    }
}

#[test]
fn a_room_hears_what_is_said_in_it_and_no_other() {
    let (_server, port) = server();
    Runtime::new().unwrap().block_on(async {
        let mut ann = Guest::join(port, "lobby", "ann").await;
        let mut bob = Guest::join(port, "lobby", "bob").await;
        let mut cy = Guest::join(port, "cellar", "cy").await;
        assert_eq!(ann.hear().await.unwrap(), "* bob is here");
        ann.say("hello").await;
        assert_eq!(ann.hear().await.unwrap(), "ann: hello");
        assert_eq!(bob.hear().await.unwrap(), "ann: hello");
        drop(bob); // without a goodbye
        assert_eq!(ann.hear().await.unwrap(), "* bob has left");
        cy.say("is this read?").await;
        assert_eq!(cy.hear().await.unwrap(), "cy: is this read?");
        cy.sender.close().await.unwrap();
        assert!(cy.hear().await.is_err());
    });
}

#[test]
fn fifty_hear_the_same_in_the_same_order() {
    /// Waits until the room knows it, whatever other guests come meanwhile.
    async fn join(port: u16, number: usize) -> Guest {
        let mut guest = Guest::connect(port, &format!("/hall/{number}")).await.unwrap();
        while guest.hear().await.unwrap() != format!("* {number} is here") {}
        guest
    }
    /// Returns what all guests said, in the order in which this one read it. It stays for the
    /// guests that still read.
    async fn talk(mut guest: Guest, number: usize) -> (Vec<String>, Guest) {
        guest.say(&format!("the words of {number}")).await;
        let mut heard = Vec::new();
        while heard.len() < 50 {
            let line = guest.hear().await.unwrap();
            if !line.starts_with('*') {
                heard.push(line);
            }
        }
        (heard, guest)
    }
    let (_server, port) = server();
    let heard = shirr::block_on(async {
        let guests = gather((0..50).map(move |number| join(port, number))).await;
        gather(guests.into_iter().zip(0..).map(|(guest, number)| talk(guest, number))).await
    });
    assert!(heard.iter().all(|(lines, _)| *lines == heard[0].0));
    let mut lines = heard[0].0.clone();
    lines.sort_by_key(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap());
    assert_eq!(lines, (0..50).map(|n| format!("{n}: the words of {n}")).collect::<Vec<_>>());
}

#[test]
fn ctrl_c_says_goodbye_to_all() {
    let (server, port) = server();
    Runtime::new().unwrap().block_on(async {
        let mut ann = Guest::join(port, "lobby", "ann").await;
        server.interrupt();
        assert_eq!(server.line(), "stopping: connected clients: 1; again to end at once");
        let end = ann.hear().await.unwrap_err().to_string();
        assert!(end.contains("Closed") || end == "closed", "{end}");
    });
    let ended = server.ended();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn garbage_a_wrong_path_and_too_long_a_message_end_their_own_connection_only() {
    let (_server, port) = server();
    send_garbage(port);
    if there_is("curl") {
        let output = curl(&["-w", "%{http_code}", &format!("http://127.0.0.1:{port}/lobby/ann")]);
        assert_ne!(text(&output.stdout), "101", "{output:?}");
    }
    Runtime::new().unwrap().block_on(async {
        assert_eq!(Guest::connect(port, "/lobby").await.err(), Some(404));
        let mut ann = Guest::join(port, "lobby", "ann").await;
        let mut loud = Guest::join(port, "lobby", "loud").await;
        assert_eq!(ann.hear().await.unwrap(), "* loud is here");
        loud.say(&"x".repeat(17_000)).await;
        assert!(loud.hear().await.is_err());
        assert_eq!(ann.hear().await.unwrap(), "* loud has left");
    });
}

#[test]
fn the_demo_has_three_hear_each_other_and_ends() {
    let output = run(env!("CARGO_BIN_EXE_chat"), ["--demo"]);
    let stdout = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{stdout}");
    for (name, line) in ["ann", "bob", "cy"].iter().zip(lines) {
        assert!(line.starts_with(&format!("{name} heard: ")), "{stdout}");
        for other in ["ann", "bob", "cy"] {
            assert!(line.contains(&format!("{other}: hello from {other}")), "{stdout}");
        }
    }
}
