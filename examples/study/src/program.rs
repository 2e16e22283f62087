// The program that runs on the last three steps and on shirr: three sleeps, then three
// requests. Who includes it says in one `use` line where `block_on`, `gather`, `sleep` and
// `TcpStream` come from.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use std::{collections::BTreeMap, thread};

const SOURCES: [&str; 3] = ["users", "orders", "prices"];

/// Sleeps for so many milliseconds, and gives the number back.
async fn delay(ms: u64) -> u64 {
    sleep(Duration::from_millis(ms)).await;
    ms
}

/// Asks the server for one source; request and answer are a line each.
async fn fetch(server: SocketAddr, source: &str) -> io::Result<String> {
    let stream = TcpStream::connect(server).await?;
    stream.write_all(format!("{source}\n").as_bytes()).await?;
    let (mut answer, mut piece) = (Vec::new(), [0; 64]);
    while !answer.ends_with(b"\n") {
        match stream.read(&mut piece).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => answer.extend_from_slice(&piece[..n]),
        }
    }
    Ok(String::from_utf8_lossy(&answer).trim_end().to_owned())
}

/// A thread of its own, so that it knows of no runtime. It answers in the order of the
/// alphabet, each client when the one before has gone: so they end in one order.
fn serve(listener: &TcpListener) -> io::Result<()> {
    let mut clients = BTreeMap::new();
    for _ in SOURCES {
        let (client, _) = listener.accept()?;
        let mut request = String::new();
        BufReader::new(&client).read_line(&mut request)?;
        clients.insert(request, client);
    }
    for (source, mut client) in clients {
        thread::sleep(Duration::from_millis(20));
        client.write_all(format!("data of {source}").as_bytes())?;
        client.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

/// What `main` runs first.
pub(crate) fn run() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let server = listener.local_addr()?;
    let serving = thread::spawn(move || serve(&listener));
    let (delays, answers) = block_on(async move {
        let delays = gather([30, 10, 20].map(delay)).await;
        (delays, gather(SOURCES.map(|source| fetch(server, source))).await)
    });
    println!("result: {delays:?}");
    println!("result: {:?}", answers.into_iter().collect::<io::Result<Vec<_>>>()?);
    serving.join().expect("the server does not panic")
}
