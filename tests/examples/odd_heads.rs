//! Heads as servers should not send them.

use crate::error::Kind::{Malformed, Truncated};
use crate::odd_answers::Is::{Bad, Closed, Kept};
use crate::odd_answers::Odd;

/// A status line of 200, then this.
macro_rules! ok {
    ($rest:literal) => {
        concat!("HTTP/1.1 200 OK\r\n", $rest)
    };
}

/// A 200 with this first line and a body.
macro_rules! line {
    ($line:literal) => {
        concat!($line, "\r\nContent-Length: 5\r\n\r\nhello")
    };
}

/// A 200 with a body and this field before.
macro_rules! field {
    ($field:literal) => {
        concat!("HTTP/1.1 200 OK\r\n", $field, "\r\nContent-Length: 5\r\n\r\nhello")
    };
}

const HELLO: crate::odd_answers::Is = Kept(200, "hello");
const CLOSED: crate::odd_answers::Is = Closed(200, "hello");
const BAD: crate::odd_answers::Is = Bad(Malformed);

#[rustfmt::skip]
pub(crate) const HEADS: &[Odd] = &[
    // Line ends. A client may take a bare LF in a head (RFC 9112 2.2); Go and curl do.
    ("bare LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", HELLO),
    ("LF and CRLF mixed", "HTTP/1.1 200 OK\nContent-Length: 5\r\n\nhello", HELLO),
    ("bare CR for line ends", "HTTP/1.1 200 OK\rContent-Length: 5\r\rhello", BAD),
    ("bare CR in a value", field!("X: a\rb"), BAD),
    ("bare CR in the reason", line!("HTTP/1.1 200 O\rK"), BAD),
    ("CR without LF at the head's end", ok!("\rX"), BAD),
    ("an empty line first; Go refuses it", line!("\r\nHTTP/1.1 200 OK"), BAD),
    ("a space first", line!(" HTTP/1.1 200 OK"), BAD),
    ("nothing at all", "", Bad(Truncated)),
    ("ends in the version", "HTTP/1", Bad(Truncated)),
    ("ends after the status line", ok!(""), Bad(Truncated)),
    ("ends in a name", ok!("Content-Le"), Bad(Truncated)),
    ("ends before the empty line", ok!("Content-Length: 5\r\n"), Bad(Truncated)),
    ("ends in the empty line", ok!("\r"), Bad(Truncated)),

    // The reason.
    ("an empty reason", line!("HTTP/1.1 200 "), HELLO),
    ("no reason, and no space; Go and curl take it", line!("HTTP/1.1 200"), HELLO),
    ("a reason that is not ASCII", line!("HTTP/1.1 200 schön"), HELLO),
    ("a tab in the reason", line!("HTTP/1.1 200 O\tK"), HELLO),
    ("NUL in the reason", line!("HTTP/1.1 200 O\0K"), BAD),
    ("two spaces before the reason", line!("HTTP/1.1 200  OK"), HELLO),
    ("two spaces before the status; Go refuses them", line!("HTTP/1.1  200 OK"), BAD),
    ("a tab before the status", line!("HTTP/1.1\t200 OK"), BAD),
    ("no space after the status", line!("HTTP/1.1 200OK"), BAD),

    // The version. Of HTTP/1, curl takes 1.0 and 1.1 only; Go takes any minor one.
    ("HTTP/0.9, which has no head", "<html>hello</html>", BAD),
    ("HTTP/0.9 by name", line!("HTTP/0.9 200 OK"), BAD),
    ("HTTP/1.2", line!("HTTP/1.2 200 OK"), BAD),
    ("HTTP/1.9", line!("HTTP/1.9 200 OK"), BAD),
    ("HTTP/1.10", line!("HTTP/1.10 200 OK"), BAD),
    ("HTTP/2.0", line!("HTTP/2.0 200 OK"), BAD),
    ("HTTP/2", line!("HTTP/2 200 OK"), BAD),
    ("no minor version", line!("HTTP/1 200 OK"), BAD),
    ("no version", line!("HTTP 200 OK"), BAD),
    ("lower case", line!("http/1.1 200 OK"), BAD),
    ("another protocol", line!("ICY 200 OK"), BAD),
    ("a request", line!("GET / HTTP/1.1"), BAD),

    // The status has three digits (RFC 9112 4); above 599 it is an error of some kind (9110 15).
    ("status 000", line!("HTTP/1.1 000 No"), BAD),
    ("status 099; Go takes it", line!("HTTP/1.1 099 Low"), BAD),
    ("status 99", line!("HTTP/1.1 99 Low"), BAD),
    ("two digits, no reason", line!("HTTP/1.1 20"), BAD),
    ("status 599", line!("HTTP/1.1 599 High"), Kept(599, "hello")),
    ("status 600", line!("HTTP/1.1 600 High"), Kept(600, "hello")),
    ("status 999", line!("HTTP/1.1 999 High"), Kept(999, "hello")),
    ("status 2000", line!("HTTP/1.1 2000 OK"), BAD),
    ("status -20", line!("HTTP/1.1 -20 OK"), BAD),
    ("status +20", line!("HTTP/1.1 +20 OK"), BAD),
    ("status 0x2", line!("HTTP/1.1 0x2 OK"), BAD),
    ("status abc", line!("HTTP/1.1 abc OK"), BAD),
    ("no status", line!("HTTP/1.1 OK"), BAD),
    ("nothing after the version", line!("HTTP/1.1"), BAD),

    // Heads that announce another one.
    ("100", line!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), HELLO),
    ("102 and 103", line!("HTTP/1.1 102 Busy\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK"), HELLO),
    ("199", line!("HTTP/1.1 199 Odd\r\n\r\nHTTP/1.1 200 OK"), HELLO),
    ("100 with a length; it has no body", line!("HTTP/1.1 100 C\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK"), HELLO),
    ("100 with chunks", line!("HTTP/1.1 100 C\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 OK"), HELLO),
    ("100 that closes; the answer decides", line!("HTTP/1.1 100 C\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK"), HELLO),
    ("100 and no answer", "HTTP/1.1 100 Continue\r\n\r\n", Bad(Truncated)),
    ("100 and an empty line", line!("HTTP/1.1 100 Continue\r\n\r\n\r\nHTTP/1.1 200 OK"), BAD),
    ("101, not asked for", line!("HTTP/1.1 101 Switching Protocols"), BAD),
    ("101 after 100", line!("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 101 S"), BAD),

    // Without a body by their status (RFC 9112 6.3).
    ("204", "HTTP/1.1 204 No Content\r\n\r\n", Kept(204, "")),
    ("204 with a body", "HTTP/1.1 204 No Content\r\n\r\n¦hello", Closed(204, "")),
    ("204 of length 0; Go takes it", "HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", Kept(204, "")),
    ("204 that announces a body; it may come", "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", Closed(204, "")),
    ("204 with chunks", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n¦0\r\n\r\n", Closed(204, "")),
    ("304 with the length of another", "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", Kept(304, "")),
    ("304 with chunks, which it may have", "HTTP/1.1 304 N\r\nTransfer-Encoding: chunked\r\n\r\n", Kept(304, "")),
    ("304 with a body", "HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n¦hello", Closed(304, "")),
    ("an answer as to HEAD", ok!("Content-Length: 5\r\n\r\n"), Bad(Truncated)),
    ("205 of length 0", "HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", Kept(205, "")),
    ("205 without a length", "HTTP/1.1 205 Reset\r\n\r\n", Closed(205, "")),

    // Names and values.
    ("lower case", ok!("content-length:5\r\n\r\nhello"), HELLO),
    ("upper case", ok!("CONTENT-LENGTH: 5\r\n\r\nhello"), HELLO),
    ("white space around the value", ok!("Content-Length: \t 5 \t \r\n\r\nhello"), HELLO),
    ("a space before the colon; Go refuses it", ok!("Content-Length : 5\r\n\r\nhello"), BAD),
    ("a tab before the colon", field!("X\t: y"), BAD),
    ("a space in a name", field!("Content Type: y"), BAD),
    ("a space before the first name", field!(" X: y"), BAD),
    ("no name", field!(": y"), BAD),
    ("no colon", field!("no colon"), BAD),
    ("no value", field!("X:"), HELLO),
    ("an empty value with spaces", field!("X:  \t"), HELLO),
    ("all that a name may have", field!("!#$%&'*+-.^_`|~09azAZ: y"), HELLO),
    ("a parenthesis in a name", field!("X(y): z"), BAD),
    ("a name that is not ASCII", field!("Schön: y"), BAD),
    ("a value that is not ASCII", field!("X: schön"), HELLO),
    ("NUL in a name", field!("X\0: y"), BAD),
    ("NUL in a value", field!("X: a\0b"), BAD),
    ("a control character in a value", field!("X: a\x01b"), BAD),
    ("DEL in a value", field!("X: a\x7fb"), BAD),
    ("colons in a value", field!("X: a:b::c"), HELLO),

    // Folded lines: a client must take them (RFC 9112 5.2).
    ("folded", field!("X: a\r\n b\r\n\tc"), HELLO),
    ("folded with LF", field!("X: a\n b"), HELLO),
    ("folded to a blank", field!("X: a\r\n "), HELLO),
    ("folded before the value", ok!("Content-Length:\r\n 5\r\n\r\nhello"), HELLO),
    ("a length in two lines", ok!("Content-Length: 5\r\n 5\r\n\r\nhello"), BAD),
    ("a folded end of the connection", field!("Connection: keep-alive,\r\n close"), CLOSED),

    // The header that says whether the connection closes.
    ("close", field!("Connection: close"), CLOSED),
    ("odd case", field!("cOnNeCtIoN: cLoSe"), CLOSED),
    ("close last in a list", field!("Connection: x, keep-alive,\tclose"), CLOSED),
    ("close first in a list", field!("Connection: close,keep-alive"), CLOSED),
    ("empty parts in a list", field!("Connection: ,, close ,,"), CLOSED),
    ("close in the second field", field!("Connection: keep-alive\r\nConnection: close"), CLOSED),
    ("a longer word", field!("Connection: closed"), HELLO),
    ("in quotes, where it is no word", field!("Connection: \"close\""), HELLO),
    ("a proxy's", field!("Proxy-Connection: close"), HELLO),
    ("empty", field!("Connection:"), HELLO),
    ("1.1 keeps without a word", ok!("Content-Length: 5\r\n\r\nhello"), HELLO),
    ("1.0 closes without a word", line!("HTTP/1.0 200 OK"), CLOSED),
    ("1.0 keeps with one", line!("HTTP/1.0 200 OK\r\nConnection: x, Keep-Alive"), HELLO),
    ("1.0 with both: close wins (RFC 9112 9.3)", line!("HTTP/1.0 200 OK\r\nConnection: keep-alive, close"), CLOSED),
    ("a field of its own", line!("HTTP/1.0 200 OK\r\nKeep-Alive: timeout=5"), CLOSED),
];
