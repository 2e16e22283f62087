//! A standing is kept until a run contradicts it.

#[path = "../src/standing.rs"]
mod standing;
#[path = "../src/stats.rs"]
mod stats;

use standing::{Aim, Record, Standing, Verdict};
use stats::Summary;

use Aim::{AtTheLimit, Missed, Reached};
use Verdict::{Ahead, Behind, Even};

/// What an earlier run said.
fn record() -> Record {
    let mut record = Record::default();
    record.add("yields", "tokio", Ahead, Some((10.0 / 3.0, Missed)));
    record.add("echo", "epoll by hand", Behind, None);
    record.add("echo", "tokio", Even, Some((1.0, AtTheLimit)));
    record.add("timer", "tokio", Ahead, Some((2.0, Reached)));
    record
}

/// Quartiles that lie 0.01 from it.
fn around(ratio: f64) -> Summary {
    Summary::of([-0.02, -0.01, 0.0, 0.01, 0.02].map(|off| ratio + off))
}

/// As the run alone has it.
fn is<S>(is: S) -> Standing<S> {
    Standing { is, kept: false }
}

fn kept<S>(is: S) -> Standing<S> {
    Standing { is, kept: true }
}

#[test]
fn without_a_record_the_run_alone_decides() {
    let nothing = Record::default();
    let verdict = |ratio| nothing.verdict("yields", "tokio", ratio);
    let verdicts = [1.04, 1.02, 0.98, 0.96].map(|ratio| verdict(around(ratio)));
    assert_eq!(verdicts, [is(Ahead), is(Even), is(Even), is(Behind)]);
    let wide = [(0.99, 1.5, 2.0), (0.5, 0.7, 1.01)];
    let wide = wide.map(|(p25, median, p75)| verdict(Summary { p25, median, p75 }));
    assert_eq!(wide, [is(Even); 2], "a quarter of the rounds says otherwise");
    let aim = |ratio| nothing.aim("yields", "tokio", ratio, 2.0);
    assert_eq!(
        [2.21, 2.19, 1.81, 1.79].map(|ratio| aim(around(ratio))),
        [is(Reached), is(AtTheLimit), is(AtTheLimit), is(Missed)]
    );
}

#[test]
fn a_recorded_verdict_is_kept_at_its_border_and_gone_beyond_it() {
    let record = record();
    let ahead = |ratio| record.verdict("yields", "tokio", around(ratio));
    assert_eq!([1.04, 1.01, 0.99].map(ahead), [is(Ahead), kept(Ahead), is(Even)]);
    let even = |ratio| record.verdict("echo", "tokio", around(ratio));
    assert_eq!([0.91, 0.93, 1.07, 1.09].map(even), [is(Behind), kept(Even), kept(Even), is(Ahead)]);
    let behind = |ratio| record.verdict("echo", "epoll by hand", around(ratio));
    assert_eq!([0.96, 0.99, 1.01, 1.04].map(behind), [is(Behind), kept(Behind), is(Even), is(Ahead)]);
}

#[test]
fn wide_quartiles_do_not_keep_a_verdict_that_the_median_contradicts() {
    let record = record();
    let run = Summary { p25: 0.5, median: 0.7, p75: 0.98 };
    assert_eq!(record.verdict("yields", "tokio", run), is(Behind));
    let run = Summary { p25: 1.01, median: 1.5, p75: 2.0 };
    assert_eq!(record.verdict("echo", "epoll by hand", run), is(Ahead));
}

#[test]
fn an_aim_is_at_the_limit_while_a_quarter_of_the_rounds_lie_on_the_other_side() {
    let nothing = Record::default();
    let aim = |p25, median, p75| nothing.aim("echo", "tokio", Summary { p25, median, p75 }, 2.0);
    assert_eq!(
        [aim(0.2, 2.6, 9.0), aim(1.99, 2.6, 9.0), aim(2.01, 2.6, 9.0)],
        [is(AtTheLimit), is(AtTheLimit), is(Reached)]
    );
    assert_eq!([aim(0.2, 1.6, 2.01), aim(0.2, 1.6, 1.99)], [is(AtTheLimit), is(Missed)]);
}

#[test]
fn a_recorded_aim_is_kept_at_its_border_and_gone_beyond_it() {
    let record = record();
    let reached = |ratio| record.aim("timer", "tokio", around(ratio), 2.0);
    assert_eq!([2.3, 2.1, 2.05, 1.5].map(reached), [is(Reached), kept(Reached), is(AtTheLimit), is(Missed)]);
    let limit = |ratio| record.aim("echo", "tokio", around(ratio), 1.0);
    assert_eq!(
        [0.85, 0.87, 1.14, 1.2].map(limit),
        [is(Missed), kept(AtTheLimit), kept(AtTheLimit), is(Reached)]
    );
    let missed = |ratio| record.aim("yields", "tokio", around(ratio), 10.0 / 3.0);
    assert_eq!([2.9, 3.1, 3.2].map(missed), [is(Missed), kept(Missed), is(AtTheLimit)]);
}

#[test]
fn an_aim_that_was_set_anew_has_no_record() {
    let record = record();
    assert_eq!(record.aim("yields", "tokio", around(2.8), 3.0), is(AtTheLimit));
}
