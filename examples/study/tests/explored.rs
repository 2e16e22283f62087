//! The step after the last: what it prints.

#[allow(dead_code, reason = "the test has a `main` of its own")]
#[path = "../examples/explored.rs"]
mod explored;

use shirr::explore::{Explorer, Search};

/// Breaks if the program fails by itself, or if more than one deviation is needed.
#[test]
fn the_program_is_right_by_itself_and_wrong_with_one_deviation() {
    shirr::block_on(explored::customers());
    let failure = Explorer::new().search(Search::All(1)).check(explored::customers).unwrap_err();
    assert_eq!(failure.deviations().len(), 1, "{failure}");
    assert!(failure.to_string().contains("latency() of task 2 takes"), "{failure}");
}
