//! `https_get`, both its ends, against OpenSSL and curl.

#![cfg(unix)]

mod common;

use common::{LIMIT, Program, curl, folder, run, send_garbage, text, there_is};
use futures_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use futures_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

const HTTPS_GET: &str = env!("CARGO_BIN_EXE_https_get");

#[test]
fn the_show_accepts_one_certificate_and_says_why_it_refuses_three() {
    let output = run(HTTPS_GET, [""; 0]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{stdout}");
    assert_eq!(lines[0], "a good certificate: accepted, 200 OK: Hello over TLS!");
    let refused = [
        (1, "a certificate for another name: refused: ", "not valid for name \"localhost\""),
        (2, "a certificate that has expired: refused: ", "certificate expired"),
        (3, "a certificate of an unknown authority: refused: ", "UnknownIssuer"),
    ];
    for (at, start, reason) in refused {
        assert!(lines[at].starts_with(start) && lines[at].contains(reason), "{}", lines[at]);
    }
}

/// The three servers, and the authority's file.
fn servers(name: &str, args: &[&str]) -> (Program, [u16; 3], String) {
    let ca = folder(name).join("ca.pem").to_str().unwrap().to_owned();
    let program = Program::start(HTTPS_GET, &[&["--serve", &ca], args].concat());
    let ports = [program.port(), program.port(), program.port()];
    assert!(program.line().starts_with("the authority"));
    (program, ports, ca)
}

/// What `openssl s_client` thinks of the server behind a port.
fn s_client(port: u16, ca: &str) -> Output {
    let addr = format!("127.0.0.1:{port}");
    let check = ["-verify_return_error", "-verify_hostname", "localhost", "-servername", "localhost"];
    let args = ["s_client", "-brief", "-CAfile", ca, "-connect", &addr];
    run("openssl", args.iter().chain(&check))
}

#[test]
fn openssl_thinks_the_same_of_the_three_certificates() {
    if !there_is("openssl") {
        return;
    }
    let (_servers, [good, misnamed, expired], ca) = servers("https_get_openssl", &[]);
    let answer = s_client(good, &ca);
    assert!(answer.status.success(), "{answer:?}");
    assert!(text(&answer.stderr).contains("Verification: OK"), "{answer:?}");
    for (port, reason) in [(misnamed, "ostname mismatch"), (expired, "certificate has expired")] {
        let answer = s_client(port, &ca);
        assert!(!answer.status.success(), "{answer:?}");
        assert!(text(&answer.stderr).contains(reason), "{answer:?}");
    }
}

#[test]
fn curl_fetches_the_page_of_the_good_one_only() {
    if !there_is("curl") {
        return;
    }
    let (_servers, [good, misnamed, expired], ca) = servers("https_get_curl", &[]);
    let get = |port| curl(&["--cacert", &ca, &format!("https://localhost:{port}/")]);
    assert_eq!(text(&get(good).stdout), "Hello over TLS!\n");
    for port in [misnamed, expired] {
        assert_eq!(get(port).status.code(), Some(60), "a refused certificate");
    }
}

#[test]
fn its_client_reads_the_authority_from_a_file() {
    let (_servers, [good, misnamed, _], ca) = servers("https_get_file", &[]);
    let get =
        |port: u16, ca: &str| run(HTTPS_GET, ["--ca", ca, "--url", &format!("https://localhost:{port}/")]);
    assert_eq!(text(&get(good, &ca).stdout), "Hello over TLS!\n");
    let refused = get(misnamed, &ca);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("not valid for name \"localhost\""), "{refused:?}");
    let missing = get(good, "not/there.pem");
    assert!(text(&missing.stderr).contains("cannot read not/there.pem"), "{missing:?}");
    fs::write(&ca, "no certificate\n").unwrap();
    let empty = get(good, &ca);
    assert!(text(&empty.stderr).contains("holds no certificate"), "{empty:?}");
}

/// Another project's server, with another project's authority.
#[test]
fn its_client_fetches_from_openssl_s_server() {
    if !there_is("openssl") {
        return;
    }
    let folder = folder("https_get_s_server");
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let [ca, ca_key, leaf, leaf_key] = ["ca.pem", "ca.key", "leaf.pem", "leaf.key"].map(file);
    make_certificate(&["-subj", "/CN=an authority", "-keyout", &ca_key, "-out", &ca]);
    let signed = ["-CA", &ca, "-CAkey", &ca_key, "-addext", "basicConstraints=critical,CA:FALSE"];
    let named = ["-subj", "/CN=a server", "-addext", "subjectAltName=DNS:localhost"];
    make_certificate(&[&signed[..], &named, &["-keyout", &leaf_key, "-out", &leaf]].concat());

    let args = ["s_server", "-www", "-accept", "127.0.0.1:0", "-cert", &leaf, "-key", &leaf_key];
    let server = Program::start("openssl", &args);
    let accepting = loop {
        let line = server.line();
        if line.starts_with("ACCEPT") {
            break line;
        }
    };
    let port = accepting.rsplit(':').next().unwrap().trim();
    let url = format!("https://localhost:{port}/");
    let output = run(HTTPS_GET, ["--ca", &ca, "--url", &url]);
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output.stdout).contains("s_server -www"), "{output:?}");
    let refused = run(HTTPS_GET, ["--url", &url]);
    assert!(text(&refused.stderr).contains("UnknownIssuer"), "{refused:?}");
    assert!(Path::new(&leaf).exists());
}

fn make_certificate(args: &[&str]) {
    let all =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    let output = run("openssl", all.iter().chain(args));
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn garbage_ends_its_own_connection_and_the_next_is_served() {
    let (_servers, [good, ..], ca) = servers("https_get_garbage", &[]);
    send_garbage(good);
    let output = run(HTTPS_GET, ["--ca", &ca, "--url", &format!("https://localhost:{good}/")]);
    assert_eq!(text(&output.stdout), "Hello over TLS!\n", "{output:?}");
}

fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket.set_write_timeout(Some(LIMIT)).unwrap();
    socket
}

/// Breaks if the handshake has no limit.
#[test]
fn a_client_that_says_nothing_is_let_go_and_the_next_is_served() {
    let (servers, [good, ..], ca) = servers("https_get_silent", &["--limit", "1"]);
    let before = servers.held();
    let mut silent = connect(good);
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    servers.lets_go_of_all_since(before);
    let output = run(HTTPS_GET, ["--ca", &ca, "--url", &format!("https://localhost:{good}/")]);
    assert_eq!(text(&output.stdout), "Hello over TLS!\n", "{output:?}");
}

/// Breaks if a write has no limit below TLS.
#[test]
fn a_client_that_asks_and_asks_and_does_not_read_is_reset() {
    let (servers, [good, ..], ca) = servers("https_get_does_not_read", &["--limit", "1"]);
    let before = servers.held();
    let mut trusted = RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_file(&ca).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    let tls = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut client = StreamOwned::new(tls, connect(good));
    let many = "GET / HTTP/1.1\r\nHost: here\r\n\r\n".repeat(300);
    let error = (0..100_000).find_map(|_| client.write_all(many.as_bytes()).err()).unwrap();
    assert_ne!(error.kind(), ErrorKind::WouldBlock, "{error}");
    servers.lets_go_of_all_since(before);
    let output = run(HTTPS_GET, ["--ca", &ca, "--url", &format!("https://localhost:{good}/")]);
    assert_eq!(text(&output.stdout), "Hello over TLS!\n", "{output:?}");
}
