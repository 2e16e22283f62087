//! Times in the order in which they come, each removable at any time.
//!
//! A hierarchical timing wheel. A time is a number of nanoseconds, read as digits of six
//! bits over a tick of sixteen:
//!
//! ```text
//!   level   7        6        5        4        3        2        1        0       | the tick
//!   bits    58..63   52..57   46..51   40..45   34..39   28..33   22..27   16..21  | 0..15
//!   a step  9 years  52 days  20 h     18 min   17 s     268 ms   4.2 ms   66 µs   | 1 ns
//! ```
//!
//! An entry lies in the list of the highest digit in which its time differs from `now`, so
//! what is far is sorted roughly and what is near finely. When `now` enters a list's step,
//! its entries move to lower levels: seven times at most in an entry's life, and not at all
//! for most, which are removed before. What is due is sorted to the nanosecond when it is
//! taken, so the order is exact.
//!
//! Inserting, moving and removing take the same few steps however many entries there are,
//! and since the lists are links between the entries, only a new entry can allocate.

use std::cell::Cell;
use std::iter::successors;
use std::mem;
use std::vec::Drain;

const TICK_BITS: u32 = 16;
const DIGIT_BITS: u32 = 6;
const LEVELS: usize = 8;

/// How many entries of a far list are looked at to tell exactly when the next one comes.
pub(crate) const GLANCE: usize = 16;

/// "No entry" among the links.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Wheel {
    /// By slot.
    entries: Vec<Entry>,
    /// Every entry of this time or an earlier one was taken.
    now: u64,
    levels: [Level; LEVELS],
    /// What one [`advance`](Self::advance) takes. This and `pairs` are kept for their
    /// capacity, and empty in between.
    due: Vec<Due>,
    pairs: Vec<(u32, u32)>,
    /// No entry of a long list in the lowest level comes before this, as far as it lies ahead:
    /// else each wait would walk that list.
    walked: Cell<u64>,
    #[cfg(test)]
    walks: Cell<usize>,
}

/// Small, since it is here that memory is walked through.
#[derive(Clone, Copy, Debug)]
struct Entry {
    time: u64,
    /// Which of equal times comes first; zero in a slot that is not in.
    rank: u64,
    /// The neighbours in its list.
    before: u32,
    after: u32,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    /// A bit for each list, set while that has entries.
    occupied: u64,
    lists: [List; 1 << DIGIT_BITS],
}

/// Its entries, in no order.
#[derive(Clone, Copy, Debug)]
struct List {
    first: u32,
    last: u32,
}

const OUT: Entry = Entry { time: 0, rank: 0, before: NONE, after: NONE };
const EMPTY: List = List { first: NONE, last: NONE };

/// A slot whose time has come; ordered by time, then by rank.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    time: u64,
    pub(crate) rank: u64,
    pub(crate) slot: u32,
}

impl Wheel {
    /// An empty one, at the time zero.
    pub(crate) fn new() -> Self {
        let level = Level { occupied: 0, lists: [EMPTY; 1 << DIGIT_BITS] };
        Self {
            entries: Vec::new(),
            now: 0,
            levels: [level; LEVELS],
            due: Vec::new(),
            pairs: Vec::new(),
            walked: Cell::new(0),
            #[cfg(test)]
            walks: Cell::new(0),
        }
    }

    /// No slot from `slots` on is in.
    pub(crate) fn shrink(&mut self, slots: usize) {
        self.entries.truncate(slots);
        self.entries.shrink_to_fit();
        (self.due, self.pairs) = (Vec::new(), Vec::new());
    }

    /// Puts in a slot that is not in. A time that has passed comes next. Slots are small
    /// numbers, and no rank is zero.
    pub(crate) fn insert(&mut self, slot: u32, time: u64, rank: u64) {
        let entry = Entry { time, rank, before: self.append(slot, time), after: NONE };
        if time < self.walked.get() {
            self.walked.set(time);
        }
        match self.entries.get_mut(slot as usize) {
            Some(old) => *old = entry,
            None => {
                self.entries.resize(slot as usize, OUT);
                self.entries.push(entry);
            }
        }
    }

    /// The rank of a slot that is in, else zero.
    pub(crate) fn rank(&self, slot: u32) -> u64 {
        self.entries.get(slot as usize).map_or(0, |entry| entry.rank)
    }

    /// Gives a slot that is in another time.
    pub(crate) fn reset(&mut self, slot: u32, time: u64) {
        let rank = self.rank(slot);
        self.remove(slot);
        self.insert(slot, time, rank);
    }

    /// When the next entry comes. Never later than that; where many far ones lie in one
    /// list, it is the moment from which they can be told apart.
    pub(crate) fn next(&self) -> Option<u64> {
        let (level, digit) = self.nearest()?;
        let list = self.levels[level].lists[digit as usize];
        let mut times = self.times(list);
        let earliest = times.by_ref().take(GLANCE).min();
        match times.next() {
            None => earliest,
            Some(_) if level == 0 => Some(self.walk(list, self.step_start(level, digit))),
            Some(_) => Some(self.step_start(level, digit)),
        }
    }

    /// When a long list of the lowest level, whose step begins at `start`, has its first entry, to the
    /// nanosecond; a little less if that was removed since the list was walked. What was walked is
    /// never later than any entry: those that come before it are noted as they are inserted.
    fn walk(&self, list: List, start: u64) -> u64 {
        let walked = self.walked.get();
        if walked <= self.now || walked < start {
            #[cfg(test)]
            self.walks.set(self.walks.get() + 1);
            self.walked.set(self.times(list).min().unwrap_or(start));
        }
        self.walked.get()
    }

    /// When the next entry comes, however many have to be looked at.
    pub(crate) fn earliest(&self) -> Option<u64> {
        let (level, digit) = self.nearest()?;
        self.times(self.levels[level].lists[digit as usize]).min()
    }

    /// The list in which the next entry is.
    fn nearest(&self) -> Option<(usize, u32)> {
        let level = self.levels.iter().position(|level| level.occupied != 0)?;
        Some((level, self.levels[level].occupied.trailing_zeros()))
    }

    /// Moves on to `now`, and takes out every entry whose time has come, that of exactly `now`
    /// included, in the order of their times, and of ranks where these are equal.
    pub(crate) fn advance(&mut self, now: u64) -> Drain<'_, Due> {
        let then = self.now;
        self.now = now.max(then);
        for level in 0..LEVELS {
            self.open(level, above(then, level) != above(self.now, level));
            if above(then, level) == above(self.now, level) {
                break; // no digit further up has changed
            }
        }
        self.due.sort_unstable();
        self.due.drain(..)
    }

    /// Deals out the lists of a level whose step has begun, or all of them.
    fn open(&mut self, level: usize, all: bool) {
        let begun = if all { u64::MAX } else { u64::MAX >> (63 - digit(self.now, level)) };
        let mut open = self.levels[level].occupied & begun;
        self.levels[level].occupied &= !begun;
        while open != 0 {
            let list = &mut self.levels[level].lists[open.trailing_zeros() as usize];
            let list = mem::replace(list, EMPTY);
            self.empty(list);
            open &= open - 1;
        }
    }

    /// Notes what is due of a list; the rest goes to lower levels. It is walked from both ends: a step
    /// waits for the memory of an entry long unused, and so two wait together.
    fn empty(&mut self, list: List) {
        let mut pairs = mem::take(&mut self.pairs);
        let (mut front, mut back, mut met) = (list.first, list.last, false);
        while !met {
            pairs.push((front, back));
            let next = self.entries[front as usize].after;
            met = front == back || next == back;
            (front, back) = (next, self.entries[back as usize].before);
        }
        for (front, back) in pairs.drain(..) {
            self.deal(front);
            if front != back {
                self.deal(back);
            }
        }
        self.pairs = pairs;
    }

    fn deal(&mut self, slot: u32) {
        let Entry { time, rank, .. } = mem::replace(&mut self.entries[slot as usize], OUT);
        if time <= self.now {
            self.due.push(Due { time, rank, slot });
        } else {
            self.insert(slot, time, rank);
        }
    }

    /// Makes `slot` the last of the list of `time`, and returns which was the last.
    fn append(&mut self, slot: u32, time: u64) -> u32 {
        let (level, digit) = self.list_of(time);
        let level = &mut self.levels[level];
        level.occupied |= 1 << digit;
        let before = mem::replace(&mut level.lists[digit].last, slot);
        match before {
            NONE => level.lists[digit].first = slot,
            _ => self.entries[before as usize].after = slot,
        }
        before
    }

    /// Takes out a slot that is in.
    pub(crate) fn remove(&mut self, slot: u32) {
        let Entry { time, before, after, .. } = mem::replace(&mut self.entries[slot as usize], OUT);
        let (level, digit) = self.list_of(time);
        match before {
            NONE => self.levels[level].lists[digit].first = after,
            _ => self.entries[before as usize].after = after,
        }
        match after {
            NONE => self.levels[level].lists[digit].last = before,
            _ => self.entries[after as usize].before = before,
        }
        if before == after {
            self.levels[level].occupied &= !(1 << digit); // both are none
        }
    }

    /// The level and the list of a time. It stays so until `now` enters the list's step.
    fn list_of(&self, time: u64) -> (usize, usize) {
        let time = time.max(self.now);
        let differing = (time ^ self.now) >> TICK_BITS;
        let level = (differing | 1).ilog2() / DIGIT_BITS;
        (level as usize, digit(time, level as usize) as usize)
    }

    /// The first moment of a list that `now` has not entered.
    fn step_start(&self, level: usize, digit: u32) -> u64 {
        let shift = TICK_BITS + DIGIT_BITS * level as u32;
        (above(self.now, level) << DIGIT_BITS | u64::from(digit)) << shift
    }

    fn times(&self, list: List) -> impl Iterator<Item = u64> {
        let entry = |slot: u32| self.entries.get(slot as usize);
        successors(entry(list.first), move |one| entry(one.after)).map(|entry| entry.time)
    }
}

/// A time's digit at a level.
fn digit(time: u64, level: usize) -> u32 {
    (time >> (TICK_BITS + DIGIT_BITS * level as u32)) as u32 & ((1 << DIGIT_BITS) - 1)
}

/// The digits above that one.
fn above(time: u64, level: usize) -> u64 {
    time >> (TICK_BITS + DIGIT_BITS * level as u32) >> DIGIT_BITS
}

#[cfg(test)]
mod both;
#[cfg(test)]
mod tests;
