//! `fetch_status` against servers that refuse, break off, babble and stall: every failure
//! is counted, and nothing else is disturbed.

use crate::peer::{Act, Peer};
use crate::run::{Run, fetch_status};
use std::net::TcpListener;

fn assert_counts(run: &Run, ok: u64, failed: u64) {
    let json = run.json();
    assert_eq!((&json["ok"], &json["failed"]), (&ok.into(), &failed.into()), "{run:?}");
    assert_eq!(json["requests"], ok + failed);
    let statuses = if ok > 0 { serde_json::json!({ "200": ok }) } else { serde_json::json!({}) };
    assert_eq!(json["statuses"], statuses);
    assert_eq!(run.status, Some(if failed > 0 { 1 } else { 0 }), "{run:?}");
}

#[test]
fn every_failure_is_counted_by_kind_and_the_others_go_on_in_real_time() {
    const ACTS: [Act; 10] = [
        Act::Answer,
        Act::Cut,
        Act::Chunks,
        Act::Reset,
        Act::UntilClose,
        Act::Babble,
        Act::Drip,
        Act::Stall,
        Act::AnswerOnce,
        Act::Close,
    ];
    let peer = Peer::start(|number| ACTS[number % ACTS.len()]);
    // The timeout is long, since those that are slow for being on a busy machine must not
    // meet it.
    let args = ["--url", &peer.url(), "--requests=80", "--sequential=8", "--timeout-ms=3000"];
    let run = fetch_status(&args);
    assert_counts(&run, 40, 40);
    let kinds = ["truncated", "reset", "malformed", "timeout"].map(|kind| run.errors(kind));
    assert_eq!(kinds, [16, 8, 8, 8], "{}", run.stderr);
}

#[test]
fn a_port_without_a_listener_refuses_every_request() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let run = fetch_status(&["--url", &url, "--requests=50", "--sequential=5"]);
    assert_counts(&run, 0, 50);
    assert_eq!(run.errors("refused"), 50, "{}", run.stderr);
}

#[test]
fn a_server_that_goes_away_in_the_middle_refuses_the_rest() {
    let peer = Peer::start(|number| if number < 19 { Act::AnswerOnce } else { Act::AnswerAsLast });
    let run = fetch_status(&["--url", &peer.url(), "--requests=40", "--sequential=3", "--limit=1"]);
    // A closed connection is retried on a new one, so each of the twenty has one.
    assert_counts(&run, 20, 20);
    assert_eq!(run.errors("refused"), 20, "{}", run.stderr);
}

#[test]
fn a_server_that_closes_kept_connections_is_asked_again_on_new_ones() {
    let peer = Peer::start(|_| Act::AnswerOnce);
    let run = fetch_status(&["--url", &peer.url(), "--requests=30", "--rounds=2", "--sequential=4"]);
    assert_counts(&run, 60, 0);
    assert_eq!(run.json()["connections"], 60);
}

#[test]
fn a_server_that_never_answers_costs_one_timeout_of_real_time() {
    let peer = Peer::start(|_| Act::Stall);
    let args = ["--url", &peer.url(), "--requests=50", "--sequential=2", "--timeout-ms=100"];
    let run = fetch_status(&args);
    assert_counts(&run, 0, 50);
    assert_eq!(run.errors("timeout"), 50, "{}", run.stderr);
    assert!(run.json()["gather_s"].as_f64().unwrap() >= 0.1);
}

#[test]
fn a_name_without_address_fails_every_request() {
    // No part of a name may have more than 63 letters, so no server is asked for this one.
    let url = format!("http://{}/", "a".repeat(64));
    let run = fetch_status(&["--url", &url, "--requests=50", "--sequential=1"]);
    assert_counts(&run, 0, 50);
    assert_eq!(run.errors("resolve"), 50, "{}", run.stderr);
    assert!(run.stderr.contains("cannot resolve"), "{}", run.stderr);
}
