//! The wheel beside a sorted list.

use super::TICK_BITS;
use super::both::Both;

const DAY: u64 = 24 * 60 * 60 * 1_000_000_000;

/// A small generator, so that the test needs no crate and repeats exactly.
fn numbers(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % below
    }
}

#[test]
fn any_mix_of_inserts_resets_removes_and_advances_fires_like_a_sorted_list() {
    for seed in 0..40 {
        let (mut random, mut both) = (numbers(seed), Both::new());
        for _ in 0..500 {
            for _ in 0..random(6) {
                // From a nanosecond to centuries, every length as likely, with many ties.
                let far = random(1 << 20) << random(40);
                both.insert(both.now.saturating_add(far >> random(30) << random(8)));
            }
            if !both.model.is_empty() && random(2) == 0 {
                let at = random(both.model.len() as u64) as usize;
                let time = both.model[random(both.model.len() as u64) as usize].0;
                if random(2) == 0 { both.reset(at, time) } else { both.remove(at) }
            }
            let next = both.wheel.next().unwrap_or(both.now);
            let now = [both.now, both.now + random(100_000), next, next + random(DAY)];
            let far = if random(50) == 0 { 400 * DAY } else { 0 };
            both.advance(now[random(4) as usize].max(both.now) + far);
        }
        both.advance(u64::MAX);
        assert!(both.model.is_empty() && both.wheel.levels.iter().all(|level| level.occupied == 0));
    }
}

#[test]
fn of_many_far_times_each_is_reached_in_few_steps_and_none_is_overslept() {
    let mut both = Both::new();
    for i in 0..1_000 {
        both.insert(365 * DAY / 1_000 * (1_000 - i));
        both.insert(1_000_000 * (1 + i * 7 % 1_000));
    }
    let mut steps = 0;
    while let Some(next) = both.wheel.next() {
        both.advance(next);
        steps += 1;
    }
    assert!(steps < 8 * 2_000 && both.model.is_empty(), "{steps} steps");
}

#[test]
fn a_time_that_has_passed_comes_next_and_the_last_of_all_times_comes() {
    let mut both = Both::new();
    both.advance(5 * DAY + 7);
    for time in [u64::MAX, 5 * DAY + 7, 0, 5 * DAY + 8, 5 * DAY, 0] {
        both.insert(time);
    }
    assert_eq!(both.wheel.next(), Some(0));
    both.advance(5 * DAY + 7);
    both.advance(u64::MAX - 1);
    assert_eq!(both.model.len(), 1);
    both.advance(u64::MAX);
    assert!(both.model.is_empty());
}

/// Breaks if a wait walks the list of what comes next each time.
#[test]
fn a_long_list_of_what_comes_next_is_walked_once_however_often_it_is_asked_for() {
    let mut both = Both::new();
    let (soon, step) = (1 << TICK_BITS, 1 << TICK_BITS);
    for i in 0..10_000 {
        both.insert(soon + 100 + i % 50);
    }
    for now in 0..1_000 {
        both.advance(now);
        assert_eq!(both.wheel.next(), Some(soon + 100));
    }
    assert_eq!(both.wheel.walks.get(), 1);
    both.insert(soon + 7); // what comes before it is known without a walk
    assert_eq!(both.wheel.next(), Some(soon + 7));
    both.remove(both.model.len() - 1); // what is removed makes it a little early, and no more
    assert_eq!(both.wheel.next(), Some(soon + 7));
    assert_eq!(both.wheel.walks.get(), 1);
    both.advance(soon + 7);
    assert_eq!(both.wheel.next(), Some(soon + 100));
    assert_eq!(both.wheel.walks.get(), 2);
    both.advance(soon + step);
    assert_eq!(both.wheel.next(), None);
}

/// Breaks if the answer for a list that is gone is given for a later one, or if a first entry at
/// the very beginning of its step is looked for each time.
#[test]
fn a_long_list_of_a_later_step_is_walked_for_itself_and_once() {
    let (mut both, step) = (Both::new(), 1 << TICK_BITS);
    (0..20).for_each(|_| both.insert(step + 100));
    assert_eq!(both.wheel.next(), Some(step + 100));
    (0..20).for_each(|_| both.remove(0));
    (0..20).for_each(|_| both.insert(3 * step));
    (0..3).for_each(|_| assert_eq!(both.wheel.next(), Some(3 * step)));
    assert_eq!(both.wheel.walks.get(), 2);
}

/// Breaks if more of it is looked at than a glance.
#[test]
fn a_long_list_of_what_is_far_is_not_walked() {
    let mut both = Both::new();
    (0..20).for_each(|i| both.insert(DAY + i));
    assert!(both.wheel.next().unwrap() <= DAY);
    assert_eq!(both.wheel.walks.get(), 0);
}
