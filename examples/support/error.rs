//! Why a request failed.

use std::fmt;
use std::io;

/// What went wrong with one request: a kind to count by, and a text for the reader.
#[derive(Clone, Debug)]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    text: String,
}

/// The kinds of failure, as the summary counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// No server listens at the address.
    Refused,
    /// The server broke the connection off.
    Reset,
    /// What came is not HTTP/1.
    Malformed,
    /// The connection was closed before the answer's end.
    Truncated,
    /// It took too long.
    Timeout,
    /// The host's name has no address.
    Resolve,
    /// Anything else, as no descriptors left, no route, or a body too large to take.
    Other,
}

impl Error {
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    pub(crate) fn malformed(text: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, text)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::ConnectionRefused => Kind::Refused,
            // A write to a connection that was broken off before says "broken pipe".
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Kind::Reset
            }
            io::ErrorKind::TimedOut => Kind::Timeout,
            _ => Kind::Other,
        };
        Self::new(kind, error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Malformed => "malformed",
            Self::Truncated => "truncated",
            Self::Timeout => "timeout",
            Self::Resolve => "resolve",
            Self::Other => "other",
        })
    }
}
