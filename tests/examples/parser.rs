//! Answers in every form, however they arrive.

use crate::error::{Error, Kind};
use crate::http::{Parser, Response};

/// Hands `bytes` over as they would arrive in pieces that end at `ends`, then the end of the
/// stream if that is needed. What comes after the answer is found before the next request.
pub(crate) fn parse(bytes: &[u8], ends: impl IntoIterator<Item = usize>) -> Result<Response, Error> {
    let (mut parser, mut at) = (Parser::default(), 0);
    for end in ends {
        let (n, response) = parser.advance(&bytes[at..end])?;
        at += n;
        if let Some(mut response) = response {
            response.reusable &= end == bytes.len();
            return Ok(response);
        }
    }
    parser.finish(bytes.len() - at)
}

/// How many of the bytes are the answer's.
pub(crate) fn understood(bytes: &[u8]) -> usize {
    Parser::default().advance(bytes).unwrap().0
}

fn parse_whole(text: &str) -> Result<Response, Error> {
    parse(text.as_bytes(), [text.len()])
}

fn kind_of(text: &str) -> Kind {
    parse_whole(text).expect_err(text).kind
}

/// Answers with their status, their body, and whether the connection can be kept.
const ANSWERS: [(&str, u16, &str, bool); 12] = [
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true),
    ("HTTP/1.1 200\r\ncontent-length:5\r\nContent-Length: 5 \r\n\r\nhello", 200, "hello", true),
    ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, "", true),
    ("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304, "", true),
    (
        "HTTP/1.1 301 Moved\r\nLocation: /b\r\nContent-Length: 1\r\nConnection: x, Close\r\n\r\n.",
        301,
        ".",
        false,
    ),
    ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", false),
    ("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", 200, "", true),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         5;name=value;q=\"a b\"\r\nhello\r\n00A \r\n, world!\r\n\r\n0;end\r\nX-Sum: 1\r\nY: 2\r\n\r\n",
        200,
        "hello, world!\r\n",
        true,
    ),
    (
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n\
         HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        200,
        "hi",
        true,
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        200,
        "x",
        false,
    ),
];

#[test]
fn an_answer_is_the_same_wherever_it_is_split() {
    for (text, status, body, reusable) in ANSWERS {
        let expected = Response { status, body: body.into(), reusable };
        for split in 1..text.len() {
            assert_eq!(
                parse(text.as_bytes(), [split, text.len()]).expect(text),
                expected,
                "{text} at {split}"
            );
        }
        assert_eq!(parse(text.as_bytes(), 1..=text.len()).expect(text), expected, "{text} byte by byte");
        assert_eq!(understood(text.as_bytes()), text.len(), "{text}");
    }
}

#[test]
fn an_answer_that_is_cut_anywhere_is_truncated() {
    for (text, ..) in ANSWERS {
        for end in 0..text.len() {
            let error = parse(&text.as_bytes()[..end], [end]).expect_err(text);
            assert_eq!(error.kind, Kind::Truncated, "{text} after {end} bytes");
        }
    }
}

#[test]
fn a_body_without_a_length_goes_on_until_the_connection_closes() {
    let text = "HTTP/1.1 200 OK\r\nServer: a\r\n\r\nhello";
    let expected = Response { status: 200, body: b"hello".into(), reusable: false };
    assert_eq!(parse(text.as_bytes(), 1..=text.len()).unwrap(), expected);
    let head = text.len() - 5;
    assert_eq!(parse(&text.as_bytes()[..head], [head]).unwrap().body, b"");
    assert_eq!(parse(&text.as_bytes()[..head - 1], [head - 1]).unwrap_err().kind, Kind::Truncated);
}

#[test]
fn bytes_after_the_answer_make_the_connection_unusable() {
    for (text, status, body, _) in ANSWERS {
        let response = parse_whole(&format!("{text}HTTP/1.1 200 OK\r\n")).unwrap();
        assert_eq!(response, Response { status, body: body.into(), reusable: false }, "{text}");
    }
}

#[test]
fn what_is_not_http_is_malformed() {
    let heads = [
        "hello\r\n\r\n",
        "220 mail.example ESMTP\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ];
    heads.iter().for_each(|text| assert_eq!(kind_of(text), Kind::Malformed, "{text}"));
    for chunks in
        ["\r\n\r\n", ";a\r\n\r\n", "x\r\n", "-1\r\n", "5hello", "2\r\nhello\r\n", "0\r\nno colon\r\n\r\n"]
    {
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        assert_eq!(kind_of(&text), Kind::Malformed, "{text}");
    }
}

#[test]
fn a_head_without_an_end_is_malformed_before_it_fills_the_memory() {
    let endless = "a".repeat(64 * 1024);
    let fields = "A: b\r\n".repeat(101);
    for text in [
        format!("HTTP/1.1 200 OK\r\nX: {endless}"),
        format!("HTTP/1.1 200 OK\r\n{fields}\r\n"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;{endless}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: {endless}"),
        "HTTP/1.1 100 Continue\r\n\r\n".repeat(3_000),
    ] {
        assert_eq!(kind_of(&text), Kind::Malformed, "{}", &text[..60]);
    }
}

#[test]
fn a_body_that_is_too_long_is_refused_by_its_announcement() {
    for length in ["67108865", "18446744073709551615", "99999999999999999999999999"] {
        let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        assert_eq!(kind_of(&text), Kind::Other, "{text}");
    }
    for size in ["4000001", "ffffffffffffffff"] {
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n");
        assert_eq!(kind_of(&text), Kind::Other, "{text}");
    }
    let longest = "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n";
    assert_eq!(kind_of(longest), Kind::Truncated);
}
