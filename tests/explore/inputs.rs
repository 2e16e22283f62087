//! With proptest: it finds and shortens the inputs, and the explorer the schedule.

use proptest::collection::vec;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use shirr::explore::{Explorer, latency};
use shirr::gather;
use std::cell::Cell;
use std::rc::Rc;

/// Takes amounts from an account, each by a task of its own, which looks at the account too early.
async fn take_all(amounts: Vec<i32>) {
    let account = Rc::new(Cell::new(0));
    let take = |amount: i32| {
        let account = Rc::clone(&account);
        async move {
            let before = account.get();
            if amount > 100 {
                latency().await; // large ones are asked for
            }
            account.set(before + amount);
        }
    };
    let sum: i32 = amounts.iter().sum();
    gather(amounts.into_iter().map(take)).await;
    assert_eq!(account.get(), sum);
}

/// Breaks if one of the two is not shortened: it takes two amounts, one of which is large.
#[test]
fn inputs_and_schedules_are_both_shortened() {
    let config = Config { failure_persistence: None, ..Config::default() };
    let found = TestRunner::new(config).run(&vec(0..1000, 0..20), |amounts| {
        let explored = Explorer::new().schedules(30).check(|| take_all(amounts.clone()));
        explored.map(drop).map_err(|failure| TestCaseError::fail(failure.to_string()))
    });
    let Err(TestError::Fail(reason, amounts)) = found else { panic!("nothing was found: {found:?}") };
    let mut sorted = amounts;
    sorted.sort();
    assert_eq!(sorted, [1, 101]);
    assert!(reason.message().contains("To see it again: SHIRR_SCHEDULE=list:"), "{reason}");
}
