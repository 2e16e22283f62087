// A request to the server, in s5 and s6, and in the program of the later steps and of shirr.

const SOURCES: [&str; 3] = ["users", "orders", "prices"];

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
