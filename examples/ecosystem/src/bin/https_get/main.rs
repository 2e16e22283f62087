//! TLS on shirr: rustls between a `TcpStream` and hyper, with certificates really checked.
//!
//! `cargo run --release -p ecosystem --bin https_get` needs no network: it makes a
//! certificate authority on the spot, starts three TLS servers, and shows which certificates
//! are accepted and which refused, and why. With `-- --url https://www.rust-lang.org/` it
//! fetches a page and trusts the public authorities. Start reading at `get`.

mod server;

use clap::Parser;
use ecosystem::{CtrlC, Failure, exit_code, limit, url, with_causes};
use futures_rustls::TlsConnector;
use futures_rustls::rustls::pki_types::pem::PemObject;
use futures_rustls::rustls::pki_types::{CertificateDer, ServerName};
use futures_rustls::rustls::{ClientConfig, RootCertStore};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Request, StatusCode, Uri};
use server::{Servers, start};
use shirr::gather;
use shirr::net::TcpStream;
use shirr::time::timeout;
use smol_hyper::rt::FuturesIo;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Shows which certificates are accepted, or fetches a page over https.
#[derive(Debug, Parser)]
struct Args {
    /// Fetch this instead of the show; the body goes to stdout
    #[arg(long, value_name = "URL", value_parser = https_url)]
    url: Option<Uri>,

    /// Trust the authorities in this PEM file, and not the public ones
    #[arg(long, value_name = "FILE", requires = "url")]
    ca: Option<PathBuf>,

    /// Keep the three servers running until Ctrl-C, for other clients, and write the
    /// authority's certificate to this file
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    serve: Option<PathBuf>,

    /// How long a page may take; of a client of the three servers: the handshake, and leaving
    /// unread what it is sent. Each of them has up to 1000 clients; those above wait until
    /// another leaves
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    limit: Duration,
}

fn https_url(text: &str) -> Result<Uri, String> {
    url("https", text)
}

/// The authorities that are trusted to sign a server's certificate.
fn trust(
    authorities: impl IntoIterator<Item = CertificateDer<'static>>,
) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority)?;
    }
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

fn trust_file(path: &Path) -> Result<Arc<ClientConfig>, Failure> {
    let read = || CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>();
    let authorities = read().map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    if authorities.is_empty() {
        return Err(format!("{} holds no certificate", path.display()).into());
    }
    trust(authorities)
}

fn trust_public() -> Arc<ClientConfig> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// One page: bytes by shirr, TLS by rustls, HTTP by hyper. rustls speaks the traits of
/// futures-io, as a `TcpStream` does; hyper has its own, to which `FuturesIo` translates.
async fn get(url: Uri, trusted: Arc<ClientConfig>, to: &mut dyn Write) -> Result<StatusCode, Failure> {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']); // around an IPv6 address
    let name = ServerName::try_from(host.to_owned())?; // which the certificate must have
    let tcp = TcpStream::connect((host, url.port_u16().unwrap_or(443))).await?;
    tcp.set_nodelay(true)?;
    let tls = TlsConnector::from(trusted).connect(name, tcp).await?;
    let (mut sender, connection) = http1::handshake(FuturesIo::new(tls)).await?;
    drop(shirr::spawn(connection)); // its failure is the request's, too

    let authority = url.authority().map_or("", |authority| authority.as_str());
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path).header(HOST, authority).body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let (status, mut body) = (response.status(), response.into_body());
    while let Some(frame) = body.frame().await {
        if let Ok(chunk) = frame?.into_data() {
            to.write_all(&chunk)?;
        }
    }
    Ok(status)
}

/// One line of the show; an error if it went otherwise than it had to.
async fn shown(what: &str, port: u16, trusted: Arc<ClientConfig>, good: bool) -> Result<String, Failure> {
    let url = format!("https://localhost:{port}/").parse()?;
    let mut page = Vec::new();
    let (accepted, line) = match get(url, trusted, &mut page).await {
        Ok(status) => {
            (true, format!("{what}: accepted, {status}: {}", String::from_utf8_lossy(&page).trim()))
        }
        Err(error) => (false, format!("{what}: refused: {}", with_causes(&*error))),
    };
    if accepted == good { Ok(line) } else { Err(format!("this should not be: {line}").into()) }
}

async fn show(limit: Duration) -> Result<(), Failure> {
    let Servers { authority, good, misnamed, expired } = start(limit).await?;
    let trusted = trust([authority.der().clone()])?;
    let lines = gather(
        [
            ("a good certificate", good, trusted.clone(), true),
            ("a certificate for another name", misnamed, trusted.clone(), false),
            ("a certificate that has expired", expired, trusted, false),
            ("a certificate of an unknown authority", good, trust_public(), false),
        ]
        .map(|(what, port, trusted, good)| shown(what, port, trusted, good)),
    );
    for line in lines.await {
        println!("{}", line?);
    }
    Ok(())
}

async fn serve(path: &Path, limit: Duration) -> Result<(), Failure> {
    let stop = CtrlC::handled()?;
    let Servers { authority, good, misnamed, expired } = start(limit).await?;
    fs::write(path, authority.pem()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    println!("a good certificate: https://localhost:{good}/");
    println!("a certificate for another name: https://localhost:{misnamed}/");
    println!("a certificate that has expired: https://localhost:{expired}/");
    println!("the authority that signed them: {}", path.display());
    stop.pressed().await;
    Ok(())
}

async fn fetch(url: Uri, ca: Option<&Path>, limit: Duration) -> Result<(), Failure> {
    let trusted = match ca {
        Some(path) => trust_file(path)?,
        None => trust_public(),
    };
    let fetched = timeout(limit, get(url.clone(), trusted, &mut io::stdout())).await;
    let fetched = fetched.unwrap_or_else(|_| Err(format!("took longer than {limit:?}").into()));
    let status = fetched.map_err(|error| format!("{url}: {}", with_causes(&*error)))?;
    eprintln!("{url}: {status}");
    Ok(())
}

async fn run(args: Args) -> Result<(), Failure> {
    match (args.url, args.serve) {
        (Some(url), _) => fetch(url, args.ca.as_deref(), args.limit).await,
        (None, Some(path)) => serve(&path, args.limit).await,
        (None, None) => timeout(args.limit, show(args.limit)).await?,
    }
}

fn main() -> ExitCode {
    exit_code("https_get", shirr::block_on(run(Args::parse())))
}
