//! hyper on shirr: a client of HTTP/1.1 that keeps its connections.
//!
//! `cargo run --release -p ecosystem --bin http_client -- http://127.0.0.1:8080/count/3`
//! streams a body to stdout, as fast as stdout takes it. Of several URLs those of one host
//! share a connection, one after another, and the hosts are asked at the same time, by
//! `gather`. Start reading at `fetch`.

#[path = "../../../support/whole_file.rs"]
mod whole_file;

use clap::Parser;
use ecosystem::{CtrlC, Failure, interruptible_exit_code, limit, unless_interrupted, url, with_causes};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HOST;
use hyper::{Request, Response, StatusCode, Uri};
use shirr::net::TcpStream;
use shirr::time::{sleep, timeout};
use shirr::{gather, unblock};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

/// Fetches URLs of http:// servers: the body of one goes to stdout, those of several into a
/// folder.
#[derive(Debug, Parser)]
struct Args {
    /// What to fetch; https:// is for the example `https_get`
    #[arg(required = true, value_name = "URL", value_parser = http_url)]
    urls: Vec<Uri>,

    /// A folder for the bodies, which are named 1, 2 and so on; needed for several URLs
    ///
    /// A body gets its name, and replaces what had it, when it is whole; a fetch that fails
    /// leaves what was there before. As with curl, an answer with an error status, such as
    /// 404, is saved like any other, and is no failure: its status is on stderr. Ctrl-C leaves
    /// whole bodies only, and the exit status is 130. A run that is killed may leave temporary
    /// files behind, whose names begin with .part-: delete them when no run is under way.
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,

    /// How long one URL may take
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    limit: Duration,
}

fn http_url(text: &str) -> Result<Uri, String> {
    if text.starts_with("https://") {
        return Err("for https:// there is `--bin https_get`".into());
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a URL is ASCII; write the rest percent-encoded, as %20 for a space".into());
    }
    url("http", text)
}

/// One URL, with its place among the arguments, which names its file.
#[derive(Debug)]
struct Job {
    url: Uri,
    number: usize,
}

/// A connection that is free for a request.
type Connection = SendRequest<Empty<Bytes>>;

/// Connects, and has a task move the bytes. The task ends with the connection, which ends
/// when its `SendRequest` is dropped or the server wants no more.
async fn connect(url: &Uri) -> Result<Connection, Failure> {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']); // around an IPv6 address
    let stream = TcpStream::connect((host, url.port_u16().unwrap_or(80))).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(stream).await?;
    drop(shirr::spawn(connection)); // its failure is the request's, too
    Ok(sender)
}

/// Asks by the connection that is left over from the last URL, if that is still good, else by
/// a new one. A server may close what is left over just as we use it, and no client can know
/// beforehand; a GET may be sent twice, so that is no failure. On a new connection it is one.
///
/// What came on it since the last answer, while this thread renamed a file or wrote a line, is
/// no answer to the next request. hyper gives the connection up when it sees that, and sees it
/// when the loop has polled for events: no timer ends before that.
async fn ask(
    free: &mut Option<Connection>,
    url: &Uri,
) -> Result<(Connection, Response<Incoming>, &'static str), Failure> {
    if let Some(mut connection) = free.take() {
        sleep(Duration::from_millis(1)).await;
        if connection.ready().await.is_ok() {
            if let Ok(response) = connection.send_request(request(url)?).await {
                return Ok((connection, response, "same connection"));
            }
        }
    }
    let mut connection = connect(url).await?;
    let response = connection.send_request(request(url)?).await?;
    Ok((connection, response, "new connection"))
}

fn request(url: &Uri) -> Result<Request<Empty<Bytes>>, Failure> {
    let authority = url.authority().map_or("", |authority| authority.as_str());
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    Ok(Request::get(path).header(HOST, authority).body(Empty::new())?)
}

/// Fetches one URL. The connection is put back only at the end: a failure, or being dropped
/// half-way, closes it, since the rest of this body would be taken for the next answer.
async fn fetch(free: &mut Option<Connection>, job: &Job, save: Option<&Path>) -> Result<String, Failure> {
    let path = save.map(|folder| place(folder, job)).transpose()?;
    let (connection, response, how) = ask(free, &job.url).await?;
    let status = response.status();
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Err("the server switched to another protocol, which it was not asked for".into());
    }
    let bytes = match path {
        Some(path) => write_to_file(response, &path).await?,
        None => write_to_stdout(response).await?,
    };
    *free = Some(connection);
    Ok(format!("{status}, {bytes} bytes, {how}"))
}

/// A chunk is asked for when the one before is written: a slow terminal slows the server.
async fn write_to_stdout(response: Response<Incoming>) -> Result<usize, Failure> {
    let (mut body, mut bytes) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        if let Ok(chunk) = frame?.into_data() {
            bytes += chunk.len();
            io::stdout().write_all(&chunk)?; // nothing else waits here: there is one URL
        }
    }
    io::stdout().flush()?;
    Ok(bytes)
}

/// Where to put a body. A folder would be in the way of it only when it is whole.
fn place(folder: &Path, job: &Job) -> Result<PathBuf, Failure> {
    let path = folder.join(job.number.to_string());
    match fs::symlink_metadata(&path) {
        Ok(there) if there.is_dir() => Err(format!("{} is a folder; move it away", path.display()).into()),
        _ => Ok(path),
    }
}

/// Disks may be slow, and other hosts must not wait for ours, so a helper thread writes. The
/// temporary name stays here: when this is dropped the file goes, whatever a helper still does.
async fn write_to_file(response: Response<Incoming>, path: &Path) -> Result<usize, Failure> {
    let (mut file, temporary) = whole_file::create_beside(path)?;
    let (mut body, mut bytes) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        if let Ok(chunk) = frame?.into_data() {
            bytes += chunk.len();
            file = unblock(move || file.write_all(&chunk).map(|()| file)).await??;
        }
    }
    unblock(move || file.sync_all()).await??;
    temporary.persist(path)?;
    Ok(bytes)
}

/// What one host has, one URL after another. Returns how many could not be had.
async fn visit(jobs: Vec<Job>, save: Option<Rc<Path>>, limit: Duration) -> usize {
    let (mut free, mut failed) = (None, 0);
    for job in jobs {
        let fetched = timeout(limit, fetch(&mut free, &job, save.as_deref())).await;
        match fetched.unwrap_or_else(|_| Err(format!("took longer than {limit:?}").into())) {
            Ok(text) => eprintln!("{}: {text}", job.url),
            Err(error) => {
                eprintln!("{}: {}", job.url, with_causes(&*error));
                failed += 1;
            }
        }
    }
    failed
}

/// The URLs by host, in the order in which the hosts were named.
fn by_host(urls: Vec<Uri>) -> Vec<Vec<Job>> {
    let mut hosts: Vec<Vec<Job>> = Vec::new();
    for (number, url) in (1..).zip(urls) {
        let same = hosts.iter_mut().find(|jobs| jobs[0].url.authority() == url.authority());
        match same {
            Some(jobs) => jobs.push(Job { url, number }),
            None => hosts.push(vec![Job { url, number }]),
        }
    }
    hosts
}

async fn fetch_all(args: Args) -> Result<(), Failure> {
    if args.urls.len() > 1 && args.save.is_none() {
        return Err("several bodies would be mixed up on stdout; give a folder with --save".into());
    }
    if let Some(folder) = &args.save {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    let save: Option<Rc<Path>> = args.save.map(Rc::from);
    let saves = save.is_some();
    let visits = by_host(args.urls).into_iter().map(move |jobs| visit(jobs, save.clone(), args.limit));
    let all = async { Ok(gather(visits).await) };
    // Without files there is nothing to remove, and Ctrl-C ends also a write to stdout.
    let failed = if saves { unless_interrupted(CtrlC::handled()?, all).await } else { all.await };
    match failed?.iter().sum() {
        0 => Ok(()),
        failed => Err(format!("not fetched: {failed}").into()),
    }
}

fn main() -> ExitCode {
    interruptible_exit_code("http_client", shirr::block_on(fetch_all(Args::parse())))
}
