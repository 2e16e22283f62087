//! Bodies as servers should not send them.

use crate::error::Kind::{Malformed, Other, Truncated};
use crate::odd_answers::Is::{Bad, Closed, Kept};
use crate::odd_answers::{Is, Odd};

/// A 200 with these lengths, as the values of fields, and a body.
macro_rules! length {
    ($length:literal) => {
        concat!("HTTP/1.1 200 OK\r\nContent-Length: ", $length, "\r\n\r\nhello")
    };
}

/// A 200 with this coding and a body in chunks.
macro_rules! coding {
    ($coding:literal) => {
        concat!("HTTP/1.1 200 OK\r\nTransfer-Encoding:", $coding, "\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    };
}

/// A 200 with these chunks.
macro_rules! chunks {
    ($chunks:literal) => {
        concat!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", $chunks)
    };
}

const HELLO: Is = Kept(200, "hello");
const CLOSED: Is = Closed(200, "hello");
const BAD: Is = Bad(Malformed);
const CUT: Is = Bad(Truncated);
const LONG: Is = Bad(Other);

#[rustfmt::skip]
pub(crate) const BODIES: &[Odd] = &[
    // Lengths.
    ("twice the same (RFC 9112 6.3 allows it)", length!("5\r\nContent-Length: 5"), HELLO),
    ("two", length!("5\r\nContent-Length: 6"), BAD),
    ("two ways to write it; Go compares the text", length!("5\r\nContent-Length: 05"), BAD),
    ("a good one and none", length!("5\r\nContent-Length:"), BAD),
    ("a list of the same; Go refuses it", length!("5, 5"), BAD),
    ("a list", length!("5, 6"), BAD),
    ("empty", length!(""), BAD),
    ("plus", length!("+5"), BAD),
    ("minus", length!("-5"), BAD),
    ("minus zero", length!("-0"), BAD),
    ("hexadecimal", length!("0x5"), BAD),
    ("a fraction", length!("5.0"), BAD),
    ("an exponent", length!("5e0"), BAD),
    ("two words", length!("5 5"), BAD),
    ("a parameter", length!("5;a"), BAD),
    ("a word", length!("five"), BAD),
    ("digits that are not ASCII", length!("٥"), BAD),
    ("zeros first", length!("0005"), HELLO),
    ("more zeros than a number has digits", length!("0000000000000000000000000000005"), HELLO),
    ("zero", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Kept(200, "")),
    ("zero, and a body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n¦hello", Closed(200, "")),
    ("one byte too many", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell¦o", Closed(200, "hell")),
    ("an answer too many", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na¦HTTP/1.1 200 OK\r\n", Closed(200, "a")),
    ("one byte too few", length!("6"), CUT),
    ("the longest, cut", length!("67108864"), CUT),
    ("longer than the longest", length!("67108865"), LONG),
    ("2^63", length!("9223372036854775808"), LONG),
    ("2^64 + 5", length!("18446744073709551621"), LONG),
    ("thirty digits", length!("999999999999999999999999999999"), LONG),
    ("NUL in the body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\0b", Kept(200, "a\0b")),
    ("an empty line in the body", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\r\n\r\na\n", Kept(200, "\r\n\r\na\n")),
    ("none: to the end of the stream", "HTTP/1.1 200 OK\r\n\r\nhello", CLOSED),
    ("none, and no body", "HTTP/1.1 200 OK\r\n\r\n", Closed(200, "")),
    ("none, although kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello", CLOSED),

    // Codings.
    ("odd case", coding!(" ChUnKeD"), HELLO),
    ("no space, and white space after", coding!("chunked \t"), HELLO),
    ("folded", coding!("\r\n chunked"), HELLO),
    ("twice in a list", coding!(" chunked, chunked"), BAD),
    ("twice in fields", coding!(" chunked\r\nTransfer-Encoding: chunked"), BAD),
    ("another before, which must be undone", coding!(" gzip, chunked"), BAD),
    ("another after", coding!(" chunked, gzip"), BAD),
    ("another in a field", coding!(" gzip\r\nTransfer-Encoding: chunked"), BAD),
    ("another", coding!(" gzip"), BAD),
    ("identity, gone since RFC 7230; Go refuses it", coding!(" identity"), BAD),
    ("empty", coding!(""), BAD),
    ("an empty part of a list; Go refuses it", coding!(" ,chunked"), BAD),
    ("a longer word", coding!(" xchunked"), BAD),
    ("a parameter", coding!(" chunked;q=1"), BAD),
    ("in quotes", coding!(" \"chunked\""), BAD),
    ("a control character", coding!(" \x0bchunked"), BAD),
    ("a length, too: chunks count, then close", coding!(" chunked\r\nContent-Length: 5"), CLOSED),
    ("a length before", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", Closed(200, "a")),
    ("a length that is none, which does not count (6.3); curl refuses it", coding!(" chunked\r\nContent-Length: x"), CLOSED),
    ("in HTTP/1.0, where it is faulty (6.1)", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", Closed(200, "a")),
    ("in HTTP/1.0, kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", Closed(200, "a")),

    // Sizes. Go, too, refuses more than sixteen digits.
    ("no content", chunks!("0\r\n\r\n"), Kept(200, "")),
    ("many zeros", chunks!("0000000000000000\r\n\r\n"), Kept(200, "")),
    ("too many zeros", chunks!("00000000000000000\r\n\r\n"), BAD),
    ("zeros first", chunks!("0000000000000005\r\nhello\r\n0\r\n\r\n"), HELLO),
    ("upper case", chunks!("A\r\n0123456789\r\n0\r\n\r\n"), Kept(200, "0123456789")),
    ("lower case", chunks!("a\r\n0123456789\r\n0\r\n\r\n"), Kept(200, "0123456789")),
    ("longer than the longest body", chunks!("4000001\r\n"), LONG),
    ("64 bits", chunks!("ffffffffffffffff\r\n"), LONG),
    ("together too long", chunks!("1\r\na\r\n4000000\r\n"), LONG),
    ("beyond 64 bits", chunks!("10000000000000000\r\n"), BAD),
    ("beyond 64 bits, and small", chunks!("10000000000000005\r\nhello\r\n0\r\n\r\n"), BAD),
    ("a space after; Go and curl take it", chunks!("5 \r\nhello\r\n0\r\n\r\n"), HELLO),
    ("a tab after", chunks!("5\t\r\nhello\r\n0\t\r\n\r\n"), HELLO),
    ("a space first", chunks!(" 5\r\nhello\r\n0\r\n\r\n"), BAD),
    ("two numbers", chunks!("5 5\r\nhello\r\n0\r\n\r\n"), BAD),
    ("empty", chunks!("\r\nhello\r\n0\r\n\r\n"), BAD),
    ("minus", chunks!("-5\r\nhello\r\n0\r\n\r\n"), BAD),
    ("minus zero", chunks!("-0\r\n\r\n"), BAD),
    ("plus", chunks!("+5\r\nhello\r\n0\r\n\r\n"), BAD),
    ("a prefix", chunks!("0x5\r\nhello\r\n0\r\n\r\n"), BAD),
    ("no digit", chunks!("5g\r\nhello\r\n0\r\n\r\n"), BAD),
    ("NUL", chunks!("5\0\r\nhello\r\n0\r\n\r\n"), BAD),
    ("a bare LF ends no size; Go refuses it", chunks!("5\nhello\r\n0\r\n\r\n"), BAD),
    ("a bare CR", chunks!("5\rhello\r\n0\r\n\r\n"), BAD),

    // Extensions.
    ("one", chunks!("5;a\r\nhello\r\n0;last\r\n\r\n"), HELLO),
    ("with a value", chunks!("5;a=b;c\r\nhello\r\n0\r\n\r\n"), HELLO),
    ("in quotes", chunks!("5;a=\"b;\\\" c\"\r\nhello\r\n0\r\n\r\n"), HELLO),
    ("empty", chunks!("5;\r\nhello\r\n0\r\n\r\n"), HELLO),
    ("white space before it", chunks!("5 \t; a\r\nhello\r\n0\r\n\r\n"), HELLO),
    ("a line's end in quotes, where it is one", chunks!("5;a=\"\r\nhello\"\r\n0\r\n\r\n"), BAD),
    ("a bare LF ends no extension; Go refuses it", chunks!("5;a\nhello\r\n0\r\n\r\n"), BAD),
    ("a bare CR", chunks!("5;a\rb\r\nhello\r\n0\r\n\r\n"), BAD),
    ("no size", chunks!(";a\r\nhello\r\n0\r\n\r\n"), BAD),

    // After the content.
    ("no line's end", chunks!("5\r\nhello0\r\n\r\n"), BAD),
    ("a bare LF after it; Go refuses it", chunks!("5\r\nhello\n0\r\n\r\n"), BAD),
    ("CR and no LF", chunks!("5\r\nhello\rx"), BAD),
    ("longer than it says", chunks!("4\r\nhello\r\n0\r\n\r\n"), BAD),
    ("shorter than it says", chunks!("6\r\nhello\r\n0\r\n\r\n"), BAD),
    ("an empty line more", chunks!("5\r\nhello\r\n\r\n0\r\n\r\n"), BAD),

    // Trailers.
    ("some", chunks!("5\r\nhello\r\n0\r\nX: 1\r\nY:\r\n\r\n"), HELLO),
    ("a length, which counts no more", chunks!("5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n"), HELLO),
    ("an end of the connection, which counts no more", chunks!("5\r\nhello\r\n0\r\nConnection: close\r\n\r\n"), HELLO),
    ("bare LF, as in a head", chunks!("5\r\nhello\r\n0\r\nX: 1\n\n"), HELLO),
    ("no colon", chunks!("5\r\nhello\r\n0\r\nX\r\n\r\n"), BAD),
    ("folded, unlike in a head", chunks!("5\r\nhello\r\n0\r\nX: 1\r\n 2\r\n\r\n"), BAD),
    ("NUL in it", chunks!("5\r\nhello\r\n0\r\nX: \0\r\n\r\n"), BAD),
    ("a chunk after the last", chunks!("5\r\nhello\r\n0\r\n5\r\nhello\r\n"), BAD),
    ("bytes after the end", chunks!("5\r\nhello\r\n0\r\n\r\n¦\r\n"), CLOSED),

    // Ends in every state.
    ("before a size", chunks!(""), CUT),
    ("in a size", chunks!("5"), CUT),
    ("in an extension", chunks!("5;a"), CUT),
    ("in a size's line end", chunks!("5\r"), CUT),
    ("before the content", chunks!("5\r\n"), CUT),
    ("in the content", chunks!("5\r\nhel"), CUT),
    ("after the content", chunks!("5\r\nhello"), CUT),
    ("in the line end after it", chunks!("5\r\nhello\r"), CUT),
    ("before the next size", chunks!("5\r\nhello\r\n"), CUT),
    ("before the trailers", chunks!("5\r\nhello\r\n0\r\n"), CUT),
    ("in a trailer", chunks!("5\r\nhello\r\n0\r\nX: 1"), CUT),
    ("in the last line end", chunks!("5\r\nhello\r\n0\r\n\r"), CUT),
];
