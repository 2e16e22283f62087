//! The timer wheel beside a sorted list, under operations made of bytes.

#[path = "../../../src/reactor/branches/wheel/both.rs"]
mod both;
#[rustfmt::skip] // it would look for the modules of the tests beside this file
#[path = "../../../src/reactor/branches/wheel.rs"]
mod wheel;

use arbitrary::{Result, Unstructured};
use both::Both;
use wheel::{GLANCE, Wheel};

/// More are no new state, and the list is slow.
const MOST: usize = 400;

pub(crate) fn run(bytes: &[u8]) {
    let (mut input, mut both) = (Unstructured::new(bytes), Both::new());
    while !input.is_empty() && step(&mut input, &mut both).is_ok() {}
    both.advance(u64::MAX);
    assert!(both.model.is_empty());
}

fn step(input: &mut Unstructured<'_>, both: &mut Both) -> Result<()> {
    let pending = both.model.len();
    match input.int_in_range(0..=9)? {
        0..=2 if pending < MOST => both.insert(both.now.saturating_add(far(input)?)),
        3 if pending < MOST => both.insert(input.arbitrary()?), // perhaps long ago
        4 if pending < MOST => {
            let time = both.now.saturating_add(far(input)?);
            (0..input.int_in_range(1..=2 * GLANCE as u64)?).for_each(|n| both.insert(time.saturating_add(n)));
        }
        5 if pending > 0 => {
            let time = match input.ratio(1, 2)? {
                true => both.model[input.choose_index(pending)?].0,
                false => both.now.saturating_add(far(input)?),
            };
            both.reset(input.choose_index(pending)?, time);
        }
        6 if pending > 0 => both.remove(input.choose_index(pending)?),
        7 => both.advance(both.now.saturating_add(far(input)?)),
        8 => both.advance(both.wheel.next().unwrap_or(0).max(both.now)),
        _ => look(both),
    }
    Ok(())
}

/// A span, from a nanosecond to centuries, each length as likely.
fn far(input: &mut Unstructured<'_>) -> Result<u64> {
    Ok(input.arbitrary::<u64>()? >> input.int_in_range(0..=63)?)
}

/// What is asked without a step: never late, and exact if every entry is looked at.
fn look(both: &mut Both) {
    let earliest = both.model.iter().map(|(time, ..)| *time).min();
    assert_eq!(both.wheel.earliest(), earliest);
    assert!(both.wheel.next() <= earliest && both.wheel.next().is_some() == earliest.is_some());
    let slots = both.model.iter().map(|(.., slot)| *slot as usize + 1).max().unwrap_or(0);
    both.wheel.shrink(slots);
}
