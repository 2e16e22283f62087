//! `http://host[:port]/path`, taken apart.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// Where a request goes and what it says, made once and used for any number of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    host: String,
    port: u16,
    /// Host and port as they are in the URL and in the `Host` field.
    authority: String,
    path: String,
    request: String,
}

impl Url {
    /// A name or an address; an IPv6 address without its brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The whole GET request, so that it goes out in one write.
    pub(crate) fn request(&self) -> &[u8] {
        self.request.as_bytes()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

impl FromStr for Url {
    /// What the user can do about it.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = after_scheme(text)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (host, port) = host_and_port(authority)?;
        let path = request_path(path)?;
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let authority = if port == 80 { bracketed } else { format!("{bracketed}:{port}") };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: shirr-example\r\nAccept: */*\r\n\r\n"
        );
        Ok(Self { host, port, authority, path, request })
    }
}

fn after_scheme(text: &str) -> Result<&str, String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("it has no scheme; write http://host[:port]/path".into());
    };
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(rest),
        "https" => Err("https needs TLS, which this example does without; use an http:// URL".into()),
        _ => Err(format!("{scheme}:// is not supported; use an http:// URL")),
    }
}

fn host_and_port(authority: &str) -> Result<(String, u16), String> {
    if authority.contains('@') {
        return Err("user names and passwords are not sent; leave out what is before the @".into());
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or("the [ of an IPv6 address needs a ] after it")?;
            host.parse::<Ipv6Addr>().map_err(|_| format!("{host:?} is not an IPv6 address"))?;
            (host, port)
        }
        None if authority.matches(':').count() > 1 => {
            return Err("an IPv6 address needs brackets, as in http://[::1]:8080/".into());
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            check_name(host)?;
            (host, port)
        }
    };
    Ok((host.to_ascii_lowercase(), parse_port(port)?))
}

fn check_name(host: &str) -> Result<(), String> {
    if host.is_empty() {
        return Err("it names no host; write http://host[:port]/path".into());
    }
    match host.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._".contains(*c)) {
        Some(c) if c.is_ascii() => Err(format!("a host's name cannot contain {c:?}")),
        Some(_) => Err("a host's name must be ASCII; write an international one in its xn-- form".into()),
        None => Ok(()),
    }
}

/// `port` is empty or begins with a colon; an empty number means the default, too.
fn parse_port(port: &str) -> Result<u16, String> {
    if port.is_empty() || port == ":" {
        return Ok(80);
    }
    let number = port.strip_prefix(':').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    match number.and_then(|digits| digits.parse().ok()) {
        Some(0) | None => {
            Err(format!("{:?} is not a port; ports are 1 to 65535", port.trim_start_matches(':')))
        }
        Some(port) => Ok(port),
    }
}

/// What is in the request's first line: no fragment, and nothing that would end the
/// line early.
fn request_path(path: &str) -> Result<String, String> {
    let path = path.split('#').next().unwrap_or_default();
    if let Some(c) = path.chars().find(|c| !c.is_ascii_graphic()) {
        return Err(format!("its path contains {c:?}; write that percent-encoded, as %20 for a space"));
    }
    Ok(if path.starts_with('/') { path.to_owned() } else { format!("/{path}") })
}
