//! Answers of HTTP made of bytes: the same whole, byte by byte and in other pieces, and never
//! more in memory than the parser says.
//!
//! The last bytes of an input say how it is taken: a part of it is repeated, since bounds are
//! met by long answers only, and pieces have a length.

#[path = "../../examples/parser.rs"]
#[allow(dead_code, reason = "shared with the tests of the examples")]
mod parser;

use crate::error::Kind;
use crate::http::{Parser, Response};
use arbitrary::Unstructured;

/// How long an answer is made at most, beyond every bound but that of the body.
const LONGEST: usize = 200_000;

/// The longest that is taken byte by byte: what is not whole is read again from its beginning.
const LONGEST_BY_BYTES: usize = 3_000;

/// What a parser leaves unread at most: the longest head, or the longest trailers.
const MOST_LEFT: usize = 64 * 1024;

/// What is compared of an outcome.
type Outcome = Result<Response, Kind>;

pub(crate) fn run(bytes: &[u8]) {
    let Some((answer, piece)) = answer(bytes) else { return };
    let whole = outcome(&answer, [answer.len()]);
    let small = if answer.len() <= LONGEST_BY_BYTES { 1 } else { answer.len().div_ceil(400) };
    for piece in [small, piece.max(small)] {
        let ends = (1..).map(|n| (n * piece).min(answer.len())).take(answer.len().div_ceil(piece));
        assert_eq!(outcome(&answer, ends), whole, "in pieces of {piece}");
        check_memory(&answer, piece);
    }
    if let Ok(response) = &whole {
        check_response(&answer, response);
    }
}

/// The answer and the length of its pieces, from what the end of the input says.
fn answer(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (text, end) = bytes.split_at(bytes.len().checked_sub(7)?);
    let mut input = Unstructured::new(end);
    let [from, to]: [u8; 2] = input.arbitrary().ok()?;
    let [times, piece]: [u16; 2] = input.arbitrary().ok()?;
    let place = |place: u8| text.len() * usize::from(place) / 255;
    let (from, to) = (place(from.min(to)), place(from.max(to)));
    let most = (LONGEST - text.len().min(LONGEST)) / (to - from).max(1);
    let repeated = text[from..to].repeat(usize::from(times).min(most));
    Some(([&text[..to], &repeated, &text[to..]].concat(), usize::from(piece).max(1)))
}

fn outcome(answer: &[u8], ends: impl IntoIterator<Item = usize>) -> Outcome {
    parser::parse(answer, ends).map_err(|error| error.kind)
}

/// Reads as a connection does, which keeps what is not understood.
fn check_memory(answer: &[u8], piece: usize) {
    let (mut parser, mut left) = (Parser::default(), Vec::new());
    for piece in answer.chunks(piece) {
        left.extend_from_slice(piece);
        let Ok((understood, response)) = parser.advance(&left) else { return };
        left.drain(..understood);
        let Some(response) = response else {
            assert!(left.len() <= MOST_LEFT, "{} bytes are kept", left.len());
            continue;
        };
        // A vector grows to twice of what it holds.
        assert!(response.body.capacity() <= 2 * answer.len() + 64);
        return;
    }
}

/// What must hold of every answer, however it was framed.
fn check_response(answer: &[u8], response: &Response) {
    assert!((200..1000).contains(&response.status), "{}", response.status);
    assert!(response.body.len() < answer.len());
    let mut bodies = answer.iter();
    let in_order = response.body.iter().all(|byte| bodies.any(|other| other == byte));
    assert!(in_order, "a body holds what was not sent");
}
