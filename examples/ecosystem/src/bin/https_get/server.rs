//! A certificate authority made on the spot, and three TLS servers with certificates of it:
//! one good, one for another name, one that has expired.

use ecosystem::{CONNECTIONS, Crowd, Failure, Guest, WriteLimit, with_causes};
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::ServerConfig;
use futures_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use shirr::interop::hyper::Timer;
use shirr::net::{TcpListener, TcpStream};
use shirr::time::timeout;
use smol_hyper::rt::FuturesIo;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

pub(crate) type Authority = CertifiedIssuer<'static, KeyPair>;

/// The authority, and the three ports.
pub(crate) struct Servers {
    pub(crate) authority: Authority,
    pub(crate) good: u16,
    pub(crate) misnamed: u16,
    pub(crate) expired: u16,
}

/// Starts the servers as tasks. `limit` is how long a client may take to agree on a key, and how
/// long it may leave unread what it is sent.
pub(crate) async fn start(limit: Duration) -> Result<Servers, Failure> {
    let authority = make_authority()?;
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let honest = CertificateParams::new(names)?; // good until the year 4096
    let other = CertificateParams::new(["other.example".to_owned()])?;
    let mut past = honest.clone();
    past.not_before = rcgen::date_time_ymd(2020, 1, 1);
    past.not_after = rcgen::date_time_ymd(2020, 12, 31);
    let good = listen(&authority, honest, limit).await?;
    let misnamed = listen(&authority, other, limit).await?;
    let expired = listen(&authority, past, limit).await?;
    Ok(Servers { authority, good, misnamed, expired })
}

fn make_authority() -> Result<Authority, Failure> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "an authority made on the spot");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

/// A server with a certificate of the authority's. Returns its port.
async fn listen(authority: &Authority, params: CertificateParams, limit: Duration) -> Result<u16, Failure> {
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, authority)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    drop(shirr::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), limit)));
    Ok(port)
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, limit: Duration) {
    let crowd = Crowd::new(CONNECTIONS);
    loop {
        let guest = crowd.enter().await;
        match listener.accept().await {
            Ok((client, _)) => drop(shirr::spawn(converse(client, tls.clone(), limit, guest))),
            Err(error) => return eprintln!("the server: cannot accept any more: {error}"),
        }
    }
}

/// One client, whatever it sends: garbage ends its own connection and nothing else.
async fn converse(client: TcpStream, tls: TlsAcceptor, limit: Duration, _guest: Guest) {
    if let Err(error) = try_to_converse(client, tls, limit).await {
        eprintln!("the server: a connection ended early: {}", with_causes(&*error));
    }
}

/// A client that never says anything, or speaks another protocol by one byte an hour, must not
/// keep its connection. One that closes its end behind its request is answered.
async fn try_to_converse(client: TcpStream, tls: TlsAcceptor, limit: Duration) -> Result<(), Failure> {
    client.set_nodelay(true)?;
    let stream = timeout(limit, tls.accept(WriteLimit::new(client, limit))).await??;
    let mut http = http1::Builder::new();
    http.timer(Timer).half_close(true);
    Ok(http.serve_connection(FuturesIo::new(stream), service_fn(hello)).await?)
}

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("Hello over TLS!\n")))
}
