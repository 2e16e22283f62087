//! Odd answers, each with what RFC 9112 makes of it, or Go's net/http and curl where it leaves
//! that open.
//!
//! Where they differ the strictest is followed, because an answer that two readers understand in
//! two ways can hide another one. The row names it. Two rows are stricter than the RFC: httparse
//! takes neither a version above 1.1 nor a folded trailer. curl 7.88 alone takes some fifty that are
//! refused here, such as any name of a field, `5g` as a chunk's size, or an end in mid-head.

use crate::error::{Error, Kind};
use crate::http::Response;
use crate::odd_bodies::BODIES;
use crate::odd_heads::HEADS;
use crate::parser::{parse, understood};

/// What comes of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Is {
    /// This status and body, and the connection is good for another request.
    Kept(u16, &'static str),
    /// This status and body, and the connection closes.
    Closed(u16, &'static str),
    /// No answer.
    Bad(Kind),
}

/// What is odd, the bytes, and what they are. A `¦` marks where the answer ends, when more
/// comes after it.
pub(crate) type Odd = (&'static str, &'static str, Is);

impl Is {
    fn assert(self, found: Result<Response, Error>, context: &str) {
        let (status, body, reusable) = match self {
            Self::Kept(status, body) => (status, body, true),
            Self::Closed(status, body) => (status, body, false),
            Self::Bad(kind) => return assert_eq!(found.map_err(|error| error.kind), Err(kind), "{context}"),
        };
        let expected = Response { status, body: body.into(), reusable };
        assert_eq!(found.unwrap_or_else(|error| panic!("{error}: {context}")), expected, "{context}");
    }
}

/// Breaks if a row is understood in another way, or differently when it arrives in pieces.
#[test]
fn each_odd_answer_is_understood_in_one_way_wherever_it_is_split() {
    assert!(HEADS.len() + BODIES.len() > 101);
    for (what, text, is) in HEADS.iter().chain(BODIES) {
        let (answer, more) = text.split_once('¦').unwrap_or((text, ""));
        let bytes = [answer, more].concat().into_bytes();
        let context = format!("{what}: {text:?}");
        is.assert(parse(&bytes, [bytes.len()]), &context);
        is.assert(parse(&bytes, 1..=bytes.len()), &format!("{context}, byte by byte"));
        for split in 1..bytes.len() {
            is.assert(parse(&bytes, [split, bytes.len()]), &format!("{context}, split at {split}"));
        }
        if !matches!(is, Is::Bad(_)) {
            assert_eq!(understood(&bytes), answer.len(), "{context}: its end");
        }
    }
}

/// Breaks if two rows are one, which says that one of them was meant to be something else.
#[test]
fn no_odd_answer_is_there_twice() {
    let mut texts: Vec<_> = HEADS.iter().chain(BODIES).map(|(_, text, _)| text).collect();
    texts.sort_unstable();
    let twice: Vec<_> = texts.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
