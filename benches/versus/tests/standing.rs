//! A standing is kept until a run contradicts it.

#[path = "../src/standing.rs"]
mod standing;
#[path = "../src/stats.rs"]
mod stats;

use standing::{Aim, Published, Verdict};
use stats::Summary;

const DOCUMENT: &str = "\
| workload | tokio |
| `yields` | **0.99** |

| workload | contender | unit | median (quartiles) | × shirr (quartiles) | shirr is |
| --- | --- | --- | --- | --- | --- |
| `yields` | shirr | ns/yield | 20.0 (19.0..21.0) | 1 |  |
| `yields` | tokio | ns/yield | 40.0 (39.0..41.0) | 2.00 (1.90..2.10) | ahead |
| `echo` | epoll by hand | ns/trip | 40.0 (39.0..41.0) | 0.90 (0.89..0.91) | **behind** |
| `echo` | tokio | ns/trip | 40.0 (39.0..41.0) | 1.00 (0.99..1.01) | even |

| `yields` | tokio | 3.33 | 2.00 (1.90..2.10) | missed |
| `echo` | tokio | 1.00 | 1.00 (0.99..1.01) | at the limit |
";

fn quartiles(p25: f64, median: f64, p75: f64) -> Summary {
    Summary { p25, median, p75 }
}

/// Quartiles that lie 0.01 from it.
fn around(ratio: f64) -> Summary {
    Summary::of([-0.02, -0.01, 0.0, 0.01, 0.02].map(|off| ratio + off))
}

#[test]
fn without_a_record_the_run_alone_decides() {
    let nothing = Published::default();
    let verdict = |ratio| nothing.verdict("yields", "tokio", ratio);
    assert_eq!(verdict(around(1.04)), Verdict::Ahead);
    assert_eq!(verdict(around(1.02)), Verdict::Even);
    assert_eq!(verdict(around(0.98)), Verdict::Even);
    assert_eq!(verdict(around(0.96)), Verdict::Behind);
    assert_eq!(verdict(quartiles(0.99, 1.5, 2.0)), Verdict::Even, "a quarter of the rounds says otherwise");
    assert_eq!(verdict(quartiles(0.5, 0.7, 1.01)), Verdict::Even, "a quarter of the rounds says otherwise");
    let aim = |of_the_aim| nothing.aim("yields", "tokio", of_the_aim, 1.0);
    assert_eq!(
        [aim(around(1.11)), aim(around(1.0)), aim(around(0.89))],
        [Aim::Reached, Aim::AtTheLimit, Aim::Missed]
    );
}

#[test]
fn a_published_verdict_stays_at_its_border_and_goes_beyond_it() {
    let published = Published::read(DOCUMENT);
    let tokio = |workload, ratio| published.verdict(workload, "tokio", ratio);
    assert_eq!([tokio("yields", around(1.01)), tokio("echo", around(1.05))], [Verdict::Ahead, Verdict::Even]);
    assert_eq!(
        [tokio("yields", around(0.96)), tokio("echo", around(1.1))],
        [Verdict::Behind, Verdict::Ahead]
    );
    assert_eq!(tokio("echo", around(0.9)), Verdict::Behind);
    let by_hand = |ratio| published.verdict("echo", "epoll by hand", ratio);
    assert_eq!([by_hand(around(0.98)), by_hand(around(1.029))], [Verdict::Behind, Verdict::Even]);
}

#[test]
fn a_published_aim_stays_at_its_border_and_goes_beyond_it() {
    let published = Published::read(DOCUMENT);
    let yields = |ratio| published.aim("yields", "tokio", ratio, 2.0);
    assert_eq!([yields(around(1.84)), yields(around(1.95))], [Aim::Missed, Aim::AtTheLimit]);
    let echo = |ratio| published.aim("echo", "tokio", ratio, 1.0);
    assert_eq!([echo(around(1.13)), echo(around(1.2))], [Aim::AtTheLimit, Aim::Reached]);
}

#[test]
fn two_runs_at_a_border_agree() {
    let published = Published::read(DOCUMENT);
    for ratio in [1.005, 1.025, 1.035, 1.055] {
        assert_eq!(published.verdict("yields", "tokio", around(ratio)), Verdict::Ahead, "{ratio}");
    }
}

#[test]
fn what_is_not_in_a_table_is_no_record() {
    let published =
        Published::read("yields is behind\n| yields | tokio | behind |\n| `yields` | tokio | - |\n");
    assert_eq!(published.verdict("yields", "tokio", around(2.0)), Verdict::Ahead);
}
