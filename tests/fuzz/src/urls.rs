//! URLs made of bytes. What is taken makes one request, whose parts are those of the URL.

use crate::url::Url;

pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(url) = text.parse::<Url>() else { return };
    assert!(url.port() > 0 && !url.host().is_empty());
    let printed = url.to_string();
    let again: Url = printed.parse().expect("what a URL prints is a URL");
    assert_eq!(again, url, "{printed}");
    check_request(&url, &printed);
}

/// Whether the request is one line and its fields, with nothing of the URL beyond its place.
fn check_request(url: &Url, printed: &str) {
    let request = std::str::from_utf8(url.request()).expect("a request is ASCII");
    let lines: Vec<_> = request.split("\r\n").collect();
    let [first, host, agent, accept, "", ""] = lines[..] else { panic!("{request:?} has other lines") };
    assert!(lines.iter().all(|line| line.chars().all(|c| c == ' ' || c.is_ascii_graphic())), "{request:?}");
    let path = first.strip_prefix("GET ").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
    let path = path.unwrap_or_else(|| panic!("{first:?} is no first line"));
    assert!(path.starts_with('/') && !path.contains([' ', '#']), "{path:?}");
    assert_eq!(host.strip_prefix("Host: "), Some(url.authority()));
    assert!(!url.authority().contains(['/', '?', '#', '@', ' ']), "{host:?}");
    assert_eq!([agent, accept], ["User-Agent: shirr-example", "Accept: */*"]);
    assert_eq!(printed, format!("http://{}{path}", url.authority()));
}
