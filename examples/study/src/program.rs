// The program that runs on the last three steps and on shirr: three sleeps, then three
// requests. The file that includes this one says in one `use` line where `block_on`, `gather`,
// `sleep` and `TcpStream` come from.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

include!("requests.rs"); // `SOURCES` and `fetch`

/// Sleeps for so many milliseconds, counted from this call, and gives the number back.
fn delay(ms: u64) -> impl Future<Output = u64> {
    let sleep = sleep(Duration::from_millis(ms));
    async move {
        sleep.await;
        ms
    }
}

/// What `main` runs first.
pub(crate) fn run() -> io::Result<()> {
    let server = study::serve(SOURCES.len())?;
    let (delays, answers) = block_on(async move {
        let delays = gather([90, 30, 60].map(delay)).await;
        (delays, gather(SOURCES.map(|source| fetch(server, source))).await)
    });
    println!("result: {delays:?}");
    println!("result: {:?}", answers.into_iter().collect::<io::Result<Vec<_>>>()?);
    Ok(())
}
