//! A server for the steps that have sockets: a thread, which knows of no runtime.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Answers so many clients at a time, again and again until the process ends. A request and
/// its answer are a line each.
///
/// # Errors
/// When there is no port to listen at.
pub fn serve(at_a_time: usize) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    thread::spawn(move || while answer(&listener, at_a_time).is_ok() {});
    Ok(addr)
}

/// Connects, sends a request, and gives the socket, which does not block.
///
/// # Errors
/// When the server is gone.
pub fn ask(server: SocketAddr, source: &str) -> io::Result<TcpStream> {
    let mut socket = TcpStream::connect(server)?;
    socket.set_nonblocking(true)?;
    socket.write_all(format!("{source}\n").as_bytes())?;
    Ok(socket)
}

/// It has read all requests before it answers the first, in the order of the alphabet, and
/// answers the next when the client before has gone: so they end in one order.
fn answer(listener: &TcpListener, clients: usize) -> io::Result<()> {
    let mut requests = BTreeMap::new();
    for _ in 0..clients {
        let (client, _) = listener.accept()?;
        let mut request = String::new();
        BufReader::new(&client).read_line(&mut request)?;
        requests.insert(request, client);
    }
    for (request, mut client) in requests {
        thread::sleep(Duration::from_millis(20));
        client.write_all(format!("data of {request}").as_bytes())?;
        client.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}
