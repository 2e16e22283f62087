//! What cannot work is said before anything is done, with what to do instead.

use crate::run::run;
#[cfg(unix)]
use crate::run::{path, run_command};
use crate::url::Url;
#[cfg(unix)]
use std::process::Command;

#[test]
fn arguments_that_make_no_sense_are_refused_with_what_to_do() {
    let cases: [(&[&str], &str); 13] = [
        (&["--url", "https://example.com/"], "use an http:// URL"),
        (&["--url", "example.com"], "write http://host[:port]/path"),
        (&["--url", "http://:80/"], "names no host"),
        (&["--url", "http://localhost:70000/"], "ports are 1 to 65535"),
        (&["--requests", "0"], "0 is not in 1.."),
        (&["--sequential", "0"], "0 is not in 1.."),
        (&["--rounds", "0"], "0 is not in 1.."),
        (&["--timeout-ms", "0"], "0 is not in 1.."),
        (&["--patience-ms", "0"], "0 is not in 1.."),
        (&["--url", "http://localhost/", "--delay-ms", "5"], "cannot be used with"),
        (&["--url", "http://localhost/", "--patience-ms", "5"], "cannot be used with"),
        (&["--url", "http://localhost/", "--serve"], "cannot be used with"),
        (&["--rounds", "2", "--serve"], "cannot be used with"),
    ];
    for (args, text) in cases {
        let run = run("fetch_status", args);
        assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{args:?}: {run:?}");
        assert!(run.stderr.contains(text), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn help_names_every_argument() {
    let run = run("fetch_status", &["--help"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    let names = [
        "requests",
        "url",
        "delay-ms",
        "patience-ms",
        "limit",
        "timeout-ms",
        "sequential",
        "rounds",
        "verbose",
        "json",
        "serve",
    ];
    for name in names {
        assert!(run.stdout.contains(&format!("--{name}")), "{name} is not in {}", run.stdout);
    }
}

#[cfg(unix)]
fn with_limits(limits: &str, requests: u32) -> crate::run::Run {
    let script = format!("{limits}; exec \"$0\" --json --delay-ms=1 --sequential=1 --requests={requests}");
    run_command(Command::new("sh").args(["-c", &script]).arg(path("fetch_status")))
}

#[cfg(unix)]
#[test]
fn a_low_soft_limit_on_open_files_is_raised() {
    let run = with_limits("ulimit -Hn 512; ulimit -Sn 64", 100);
    assert_eq!((run.status, run.json()["ok"].clone()), (Some(0), 100.into()), "{run:?}");
}

#[cfg(unix)]
#[test]
fn too_few_open_files_are_an_error_that_says_what_to_do() {
    let run = with_limits("ulimit -n 64", 100);
    assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("the system allows 64"), "{}", run.stderr);
    assert!(run.stderr.contains("run `ulimit -n 264` first"), "{}", run.stderr);
}

#[test]
fn a_url_is_taken_apart() {
    let cases = [
        ("http://a", "a", 80, "/", "a"),
        ("HTTP://Example.COM:80/x/y?q=1#part", "example.com", 80, "/x/y?q=1", "example.com"),
        ("http://127.0.0.1:8080?q", "127.0.0.1", 8080, "/?q", "127.0.0.1:8080"),
        ("http://[::1]:81/", "::1", 81, "/", "[::1]:81"),
        ("http://[::1]", "::1", 80, "/", "[::1]"),
        ("http://a:/#b", "a", 80, "/", "a"),
        ("http://my_host-1.local:65535/%20", "my_host-1.local", 65535, "/%20", "my_host-1.local:65535"),
    ];
    for (text, host, port, path, authority) in cases {
        let url: Url = text.parse().unwrap();
        assert_eq!((url.host(), url.port(), url.authority()), (host, port, authority), "{text}");
        assert_eq!(url.to_string(), format!("http://{authority}{path}"));
        let head = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\n");
        assert!(url.request().starts_with(head.as_bytes()), "{text}");
        assert!(url.request().ends_with(b"\r\n\r\n"), "{text}");
    }
}

#[test]
fn a_url_that_cannot_be_fetched_is_refused() {
    let cases = [
        ("", "no scheme"),
        ("/path", "no scheme"),
        ("https://a/", "TLS"),
        ("ftp://a/", "ftp:// is not supported"),
        ("http://", "names no host"),
        ("http:///path", "names no host"),
        ("http://?q", "names no host"),
        ("http://a:0/", "ports are"),
        ("http://a:65536/", "ports are"),
        ("http://a:+80/", "ports are"),
        ("http://a:80x/", "ports are"),
        ("http://::1/", "brackets"),
        ("http://1:2:3/", "brackets"),
        ("http://[::1/", "needs a ]"),
        ("http://[1.2.3.4]/", "not an IPv6 address"),
        ("http://[::1]80/", "ports are"),
        ("http://user:secret@a/", "before the @"),
        ("http://a b/", "cannot contain ' '"),
        ("http://a\r\nX: y/", "cannot contain '\\r'"),
        ("http://münchen.example/", "xn--"),
        ("http://a/b c", "%20"),
        ("http://a/\r\nX: y", "percent-encoded"),
        ("http://a/ü", "percent-encoded"),
    ];
    for (text, reason) in cases {
        let error = text.parse::<Url>().unwrap_err();
        assert!(error.contains(reason), "{text:?}: {error}");
    }
}
