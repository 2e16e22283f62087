//! What the helper threads promise.

use super::helpers::{Helpers, Job};
use crate::wake::models::{Runtime, wake};
use crate::wake::{Message, send};
use crate::{Waker, check, thread};
use loom::sync::{Condvar, Mutex};
use real::sync::Arc;
use real::time::Duration;

/// So many waits of idle helpers end by time-out, the first ones.
fn time_outs(waits: u64) -> Duration {
    Duration::from_secs(waits)
}

/// Helpers whose messages no runtime receives.
fn helpers(max: usize, patience: Duration) -> Helpers {
    Helpers::new(max, usize::MAX, patience)
}

/// What became of an errand.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Did {
    Run,
    Cancel,
}

/// A job that keeps books.
struct Errand {
    did: Mutex<Vec<Did>>,
    news: Condvar,
    /// What it does when it runs.
    body: Box<dyn Fn() + Send + Sync>,
}

impl Errand {
    fn new(body: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { did: Mutex::default(), news: Condvar::new(), body: Box::new(body) })
    }

    fn note(&self, did: Did) {
        self.did.lock().unwrap().push(did);
        self.news.notify_one();
    }

    /// What became of it, at last. With a job that is left behind, loom reports a deadlock.
    fn end(&self) -> Did {
        let mut did = self.did.lock().unwrap();
        while did.is_empty() {
            did = self.news.wait(did).unwrap();
        }
        assert_eq!(did.len(), 1, "{did:?}");
        did[0]
    }
}

impl Job for Errand {
    fn run(&self) {
        (self.body)();
        self.note(Did::Run);
    }

    fn cancel(&self) {
        self.note(Did::Cancel);
    }
}

fn nothing() -> Arc<Errand> {
    Errand::new(|| ())
}

/// An errand that occupies its helper until the bell is rung.
fn stuck() -> (Arc<Errand>, Waker) {
    let bell = Waker::default();
    let held = bell.clone();
    (Errand::new(move || held.wait()), bell)
}

/// The second job may come before the first has begun, while it runs, or when it has ended.
pub fn one_helper_runs_every_job() {
    check(3, || run_two_jobs(1, time_outs(0)));
}

/// A helper that is idle, or about to be, is taken into account for one job only.
pub fn a_job_does_not_wait_behind_a_stuck_one_while_another_helper_may_start() {
    check(2, || {
        let helpers = helpers(2, time_outs(0));
        let warm = nothing();
        helpers.submit(warm.clone()).unwrap();
        warm.end(); // now its helper is idle, or about to be
        let (first, bell) = stuck();
        helpers.submit(first.clone()).unwrap();
        helpers.submit(Errand::new(move || bell.wake().unwrap())).unwrap();
        first.end();
        helpers.shut_down();
    });
}

/// The second may come before the helper knows that its time is over, or when it has gone.
pub fn a_job_that_meets_a_time_out_is_run() {
    check(3, || {
        let helpers = helpers(1, time_outs(1));
        for _ in 0..2 {
            let job = nothing();
            helpers.submit(job.clone()).unwrap();
            assert_eq!(job.end(), Did::Run);
        }
        helpers.shut_down();
    });
}

/// The job of the one that ends may be for the other, or for a third.
pub fn two_helpers_run_every_job_though_one_times_out() {
    check(2, || run_two_jobs(2, time_outs(1)));
}

/// All of them, and those that are about to be idle.
pub fn idle_helpers_end_with_the_runtime() {
    check(2, || run_two_jobs(2, time_outs(0)));
}

fn run_two_jobs(max: usize, patience: Duration) {
    let helpers = helpers(max, patience);
    let jobs = [nothing(), nothing()];
    for job in &jobs {
        helpers.submit(job.clone()).unwrap();
    }
    assert_eq!(jobs.map(|job| job.end()), [Did::Run; 2]);
    assert!(thread::started() <= max);
    helpers.shut_down();
}

/// They are not shut down.
pub fn helpers_without_work_end() {
    check(3, || {
        let helpers = helpers(2, time_outs(2));
        let jobs = [nothing(), nothing()];
        let _tickets = jobs.each_ref().map(|job| helpers.submit(job.clone()).unwrap());
    });
}

/// Nothing of it stays behind: neither the job in the queue nor the thread in the count.
pub fn a_job_without_a_thread_is_given_back_and_can_be_submitted_again() {
    check(3, || {
        let helpers = helpers(1, time_outs(0));
        let job = nothing();
        thread::set_left(0);
        assert!(helpers.submit(job.clone()).is_err());
        assert_eq!(Arc::strong_count(&job), 1);
        thread::set_left(1);
        helpers.submit(job.clone()).unwrap();
        assert_eq!(job.end(), Did::Run);
        helpers.shut_down();
    });
}

/// Which may be about to end, for it has had no work for a while.
pub fn a_job_without_a_thread_of_its_own_is_run_by_another() {
    check(3, || {
        let helpers = helpers(2, time_outs(1));
        thread::set_left(1);
        let jobs = [nothing(), nothing()];
        for job in &jobs {
            while helpers.submit(job.clone()).is_err() {
                thread::set_left(1);
            }
        }
        assert_eq!(jobs.map(|job| job.end()), [Did::Run, Did::Run]);
        helpers.shut_down();
    });
}

/// One of the two, and once.
pub fn a_job_is_run_or_cancelled_when_the_runtime_ends() {
    check(3, || {
        let helpers = helpers(1, time_outs(0));
        let job = nothing();
        helpers.submit(job.clone()).unwrap();
        helpers.shut_down();
        job.end();
        thread::join_all();
        job.end();
    });
}

/// Also while the helper is stuck in another job.
pub fn a_job_that_waits_when_the_runtime_ends_is_cancelled_and_a_later_one_too() {
    check(3, || {
        let helpers = helpers(1, time_outs(0));
        let (first, bell) = stuck();
        let (second, third) = (nothing(), nothing());
        helpers.submit(first.clone()).unwrap();
        helpers.submit(second.clone()).unwrap();
        helpers.shut_down();
        helpers.submit(third.clone()).unwrap();
        assert_eq!([second.end(), third.end()], [Did::Cancel; 2]);
        bell.wake().unwrap();
        first.end();
    });
}

/// At once, though the helper is stuck in another job.
pub fn a_job_that_is_given_up_while_it_waits_is_let_go_and_never_run() {
    check(3, || {
        let helpers = helpers(1, time_outs(0));
        let (first, bell) = stuck();
        let second = nothing();
        helpers.submit(first.clone()).unwrap();
        helpers.submit(second.clone()).unwrap().give_up();
        assert_eq!(Arc::strong_count(&second), 1);
        bell.wake().unwrap();
        first.end();
        helpers.shut_down();
        thread::join_all();
        assert_eq!(*second.did.lock().unwrap(), []);
    });
}

/// The queue has it or the helper has it.
pub fn a_job_that_is_given_up_as_it_begins_is_run_once_or_never_and_let_go() {
    check(3, || {
        let helpers = helpers(1, time_outs(0));
        let job = nothing();
        helpers.submit(job.clone()).unwrap().give_up();
        helpers.shut_down();
        thread::join_all();
        assert_eq!(Arc::strong_count(&job), 1);
        assert!([&[][..], &[Did::Run]].contains(&&job.did.lock().unwrap()[..]));
    });
}

/// The last job ends, and the loop has the wake that came of it.
pub fn a_loop_that_finds_no_helper_at_work_finds_their_wakes() {
    check(2, || {
        let runtime = Runtime::new();
        let number = runtime.number();
        let helpers = Helpers::new(1, number, time_outs(0));
        helpers.submit(Errand::new(move || send(number, wake(0)))).unwrap();
        let mut received = Vec::new();
        while helpers.working() > 0 {
            received.extend(runtime.poll_events());
        }
        received.extend(runtime.receive());
        assert!(received.contains(&wake(0)));
        helpers.shut_down();
    });
}

/// Whichever of the two jobs is the last, and whether that one is run or given up. Not before.
pub fn a_loop_is_told_when_the_last_job_was_given_up() {
    check(2, || {
        let runtime = Runtime::new();
        let helpers = Helpers::new(1, runtime.number(), time_outs(0));
        helpers.submit(nothing()).unwrap();
        let ticket = helpers.submit(nothing()).unwrap();
        thread::spawn(move || ticket.give_up());
        while helpers.working() > 0 {
            let told = runtime.poll_events();
            assert!(told.iter().all(|message| *message == Message::Unpark));
            assert!(told.is_empty() || helpers.working() == 0);
        }
        helpers.shut_down();
    });
}
