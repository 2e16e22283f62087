//! Medians and quartiles.

#[path = "../src/stats.rs"]
mod stats;

use stats::Summary;

#[test]
fn quartiles_of_an_odd_count_are_among_the_figures() {
    let summary = Summary::of([5.0, 1.0, 4.0, 2.0, 3.0]);
    assert_eq!(summary, Summary { p25: 2.0, median: 3.0, p75: 4.0 });
}

#[test]
fn the_median_of_an_even_count_is_halfway() {
    assert_eq!(Summary::of([4.0, 1.0]).median, 2.5);
    assert_eq!(Summary::of([7.0]), Summary { p25: 7.0, median: 7.0, p75: 7.0 });
}
