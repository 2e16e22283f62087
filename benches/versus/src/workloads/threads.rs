//! A wake from another thread, there and back.
//!
//! The task and the thread wait for each other in turn, both asleep in between, so that
//! this is the price of waking a sleeping loop.

use crate::row::{Cost, Row};
use crate::sides::{shirr_with, tokio_with};
use futures::channel::oneshot;
use std::sync::mpsc;
use std::thread;

const TRIPS: u64 = 1_000;

pub(super) fn rows() -> Vec<Row> {
    vec![Row {
        name: "remote_wake",
        what: "wake from another thread, round trip: shirr / tokio",
        cost: Cost::WallTime,
        per: "round trip",
        count: TRIPS as u32,
        times: 1,
        answer: TRIPS,
        target: None,
        left: shirr_with(async || answering_thread(), round_trips),
        right: tokio_with(async || answering_thread(), round_trips),
    }]
}

type Requests = mpsc::Sender<oneshot::Sender<u64>>;

/// A thread that answers every request with a one, until nobody can ask any more.
fn answering_thread() -> Requests {
    let (requests, inbox) = mpsc::channel::<oneshot::Sender<u64>>();
    thread::spawn(move || inbox.iter().for_each(|request| request.send(1).unwrap()));
    requests
}

async fn round_trips(thread: &Requests) -> u64 {
    let mut answered = 0;
    for _ in 0..TRIPS {
        let (request, answer) = oneshot::channel();
        thread.send(request).unwrap();
        answered += answer.await.unwrap();
    }
    answered
}
