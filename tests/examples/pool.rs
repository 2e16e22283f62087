//! The client session: connections are kept, bounded, and given up where they must be.

use crate::error::Kind;
use crate::peer::{Act, Peer};
use crate::session::ClientSession;
use crate::url::Url;
use shirr::time::{advance, sleep, timeout};
use shirr::{gather, metrics, spawn, yield_now};
use std::rc::Rc;
use std::time::Duration;

/// Longer than anything here takes, unless it hangs.
const LONG: Duration = Duration::from_secs(60);

fn session(limit: usize) -> Rc<ClientSession> {
    Rc::new(ClientSession::new(limit, LONG))
}

fn url(peer: &Peer) -> Rc<Url> {
    Rc::new(peer.url().parse().unwrap())
}

/// The bodies of `count` requests made at once.
async fn bodies(session: &Rc<ClientSession>, url: &Rc<Url>, count: usize) -> Vec<Vec<u8>> {
    let get = |_| {
        let (session, url) = (Rc::clone(session), Rc::clone(url));
        async move { session.get(&url).await.unwrap().body }
    };
    gather((0..count).map(get)).await
}

#[test]
fn every_kind_of_body_is_read_whole() {
    for act in [Act::Answer, Act::Chunks, Act::UntilClose, Act::Drip] {
        let peer = Peer::start(move |_| act);
        let (session, url) = (session(0), url(&peer));
        let read = shirr::block_on(bodies(&session, &url, 5));
        assert_eq!(read, vec![b"hello"; 5], "{act:?}");
        let counts = session.counts();
        assert_eq!((counts.connections, counts.body_bytes), (5, 25), "{act:?}");
    }
}

#[test]
fn no_more_connections_are_open_than_the_limit() {
    let peer = Peer::start(|_| Act::Answer);
    let (session, url) = (session(4), url(&peer));
    let read = shirr::block_on(bodies(&session, &url, 60));
    assert_eq!(read, vec![b"hello"; 60]);
    assert_eq!((peer.most_open(), session.counts().connections), (4, 4));
}

#[test]
fn a_connection_that_must_not_be_kept_is_not() {
    let peer = Peer::start(|_| Act::UntilClose);
    let (session, url) = (session(1), url(&peer));
    shirr::block_on(async {
        assert_eq!(bodies(&session, &url, 6).await.len(), 6);
        assert_eq!((session.counts().connections, metrics().sources), (6, 0));
    });
}

#[test]
fn a_kept_connection_that_was_closed_is_replaced_but_a_new_one_is_not() {
    let peer = Peer::start(|number| if number < 2 { Act::AnswerOnce } else { Act::Close });
    let (session, url) = (session(1), url(&peer));
    shirr::block_on(async {
        assert!(session.get(&url).await.is_ok());
        assert!(session.get(&url).await.is_ok());
        let error = session.get(&url).await.unwrap_err();
        assert_eq!((error.kind, session.counts().connections), (Kind::Truncated, 3));
    });
}

#[test]
fn an_answer_that_breaks_off_on_a_kept_connection_is_not_asked_for_again() {
    let peer = Peer::start(|_| Act::AnswerThenCut);
    let (session, url) = (session(1), url(&peer));
    shirr::block_on(async {
        assert!(session.get(&url).await.is_ok());
        let error = session.get(&url).await.unwrap_err();
        assert_eq!((error.kind, session.counts().connections), (Kind::Truncated, 1));
    });
}

#[test]
fn a_request_that_is_given_up_frees_its_place_and_its_connection() {
    let peer = Peer::start(|number| if number == 0 { Act::Stall } else { Act::Answer });
    let (session, url) = (session(1), url(&peer));
    shirr::block_on(async {
        let given_up = timeout(Duration::from_millis(20), session.get(&url)).await;
        assert!(given_up.is_err());
        assert_eq!((metrics().sources, metrics().timers), (0, 0));
        assert!(session.get(&url).await.is_ok());
    });
}

#[test]
fn waiting_for_a_connection_does_not_count_as_the_requests_time() {
    let peer = Peer::start(|number| if number < 3 { Act::Stall } else { Act::Answer });
    let session = Rc::new(ClientSession::new(1, Duration::from_millis(300)));
    let url = url(&peer);
    let get = move |_| {
        let (session, url) = (Rc::clone(&session), Rc::clone(&url));
        async move { session.get(&url).await.map_err(|error| error.kind).map(|response| response.status) }
    };
    // By a paused clock while an answer is waited for, so that only the three that are
    // not answered cost time, and none of it real.
    let runtime = shirr::Runtime::builder().paused().build().unwrap();
    let outcomes = runtime.block_on(async {
        let all = spawn(gather((0..4).map(get)));
        advance(Duration::from_millis(900)).await;
        all.await.unwrap()
    });
    let timed_out = Err(Kind::Timeout);
    assert_eq!(outcomes, [timed_out, timed_out, timed_out, Ok(200)]);
}

#[test]
fn two_hosts_have_a_pool_each() {
    let (one, two) = (Peer::start(|_| Act::Answer), Peer::start(|_| Act::Chunks));
    let session = session(0);
    shirr::block_on(async {
        for _ in 0..3 {
            assert_eq!(bodies(&session, &url(&one), 2).await.len(), 2);
            assert_eq!(bodies(&session, &url(&two), 2).await.len(), 2);
        }
        assert_eq!((session.counts().connections, metrics().sources), (4, 4));
    });
}

/// Breaks if only a request to its host ends an idle connection that the server has closed, or
/// if the task that does it outlives the session.
#[test]
fn idle_connections_that_have_ended_are_closed_while_the_session_rests() {
    let (closing, keeping) = (Peer::start(|_| Act::AnswerOnce), Peer::start(|_| Act::Answer));
    let session = session(0);
    shirr::block_on(async {
        bodies(&session, &url(&closing), 5).await;
        bodies(&session, &url(&keeping), 2).await;
        let closed = async {
            while metrics().sources > 2 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LONG, closed).await.expect("they stay open");
        drop(session);
        yield_now().await;
        assert_eq!((metrics().tasks, metrics().timers, metrics().sources), (1, 0, 0));
    });
}

/// Breaks if a kept connection counts as an operation that a paused clock waits for.
#[test]
fn an_idle_connection_does_not_hold_a_paused_clock() {
    let peer = Peer::start(|_| Act::Answer);
    let (session, url) = (session(0), url(&peer));
    let runtime = shirr::Runtime::builder().paused().build().unwrap();
    runtime.block_on(async {
        assert_eq!(session.get(&url).await.unwrap().status, 200);
        sleep(LONG).await;
        assert_eq!(session.get(&url).await.unwrap().status, 200);
        assert_eq!(session.counts().connections, 1);
    });
}
