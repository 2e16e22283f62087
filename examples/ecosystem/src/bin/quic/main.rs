//! QUIC by quinn, without tokio's runtime: twenty streams of one connection at once, all on one
//! thread.
//!
//! `cargo run --release -p ecosystem --bin quic` makes a certificate, starts a server, connects to
//! it, and opens the streams. Each sends bytes of its own, and has them compared with what the
//! server sends back. It ends by itself.
//!
//! `runtime.rs` has quinn's traits on shirr's `UdpSocket` and `Sleep`, for other programs to copy.
//! Start reading at `exchange`.

mod runtime;

use clap::Parser;
use ecosystem::{Failure, exit_code};
use quinn::rustls::RootCertStore;
use quinn::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use quinn::{
    ClientConfig, Connection, Endpoint, EndpointConfig, Incoming, RecvStream, SendStream, ServerConfig,
};
use runtime::OnShirr;
use shirr::try_gather;
use socket2::SockRef;
use std::net::UdpSocket;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// Sends bytes over many QUIC streams at once to a server in the same thread, and compares what
/// comes back.
#[derive(Debug, Parser)]
struct Args {
    /// How many streams are open at the same time
    #[arg(long, value_name = "N", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    streams: u32,

    /// How many bytes go each way over each of them
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=100_000_000))]
    bytes: u32,

    /// How many bytes of datagrams the system keeps for each end until they are read [default: the
    /// system's]; what finds no room is lost, and sent again by QUIC
    #[arg(long, value_name = "BYTES")]
    buffer: Option<u32>,
}

/// A port of the loopback interface, which serves if it is told how.
fn endpoint(serves: Option<ServerConfig>, buffer: Option<u32>) -> Result<Endpoint, Failure> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    if let Some(bytes) = buffer {
        SockRef::from(&socket).set_recv_buffer_size(bytes as usize)?;
    }
    Ok(Endpoint::new(EndpointConfig::default(), serves, socket, Arc::new(OnShirr))?)
}

/// Two endpoints: a server with a certificate made on the spot, and a client that trusts no other.
fn endpoints(args: &Args) -> Result<(Endpoint, Endpoint), Failure> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let certificate = CertificateDer::from(made.cert);
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut serves = ServerConfig::with_single_cert(vec![certificate.clone()], key.into())?;
    let transport = Arc::get_mut(&mut serves.transport).expect("it is new, so no one else has it");
    transport.max_concurrent_bidi_streams(args.streams.into());
    let mut trusted = RootCertStore::empty();
    trusted.add(certificate)?;
    let mut client = endpoint(None, args.buffer)?;
    client.set_default_client_config(ClientConfig::with_root_certificates(Arc::new(trusted))?);
    Ok((endpoint(Some(serves), args.buffer)?, client))
}

/// A task for each connection, and for each of its streams.
async fn serve(server: Endpoint) {
    while let Some(incoming) = server.accept().await {
        drop(shirr::spawn(async {
            if let Err(error) = converse(incoming).await {
                eprintln!("the server: a connection ended early: {error}");
            }
        }));
    }
}

async fn converse(incoming: Incoming) -> Result<(), Failure> {
    let connection = incoming.await?;
    while let Ok((back, from)) = connection.accept_bi().await {
        drop(shirr::spawn(async {
            if let Err(error) = echo(back, from).await {
                eprintln!("the server: a stream ended early: {error}");
            }
        }));
    }
    Ok(()) // the client has closed the connection
}

/// Sends back what comes, while it comes.
async fn echo(mut back: SendStream, mut from: RecvStream) -> Result<(), Failure> {
    while let Some(chunk) = from.read_chunk(64 * 1024, true).await? {
        back.write_chunk(chunk.bytes).await?;
    }
    Ok(back.finish()?)
}

/// What stream `number` sends: bytes that no other sends, in an order that a mistake would break.
fn message(number: u32, bytes: u32) -> Vec<u8> {
    (0..bytes).map(|at| (at.wrapping_mul(2_654_435_761).wrapping_add(number * 97) >> 8) as u8).collect()
}

/// One stream. Sending and receiving are two futures at once: a server that sends back at once
/// takes no more from a client that does not read.
async fn exchange(connection: Connection, number: u32, bytes: u32) -> Result<(), Failure> {
    let sent = message(number, bytes);
    let (mut to, mut back) = connection.open_bi().await?;
    let send = async {
        to.write_all(&sent).await?;
        to.finish().map_err(Failure::from)
    };
    let receive = async { back.read_to_end(sent.len()).await.map_err(Failure::from) };
    let (_, answer) = futures_util::future::try_join(send, receive).await?;
    if answer != sent {
        return Err(format!("stream {number}: the answer is not what was sent").into());
    }
    Ok(())
}

async fn run(args: Args) -> Result<(), Failure> {
    let (server, client) = endpoints(&args)?;
    let addr = server.local_addr()?;
    drop(shirr::spawn(serve(server.clone())));
    let connection = client.connect(addr, "localhost")?.await?;
    println!("connected to {addr}");

    let start = Instant::now();
    let all = (0..args.streams).map(|number| exchange(connection.clone(), number, args.bytes));
    try_gather(all).await?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{} streams, {} bytes each, all came back as sent: {seconds:.3} s", args.streams, args.bytes);
    println!("packets lost on their way to the server: {}", connection.stats().path.lost_packets);

    connection.close(0_u32.into(), b"done");
    client.wait_idle().await; // the other end is told
    server.wait_idle().await;
    Ok(())
}

fn main() -> ExitCode {
    exit_code("quic", shirr::block_on(run(Args::parse())))
}
