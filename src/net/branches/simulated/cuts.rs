//! Which hosts do not reach each other.

use super::{connection, port};
use std::cell::RefCell;
use std::net::IpAddr;

thread_local! {
    static CUTS: RefCell<Vec<[IpAddr; 2]>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn are_apart([one, other]: [IpAddr; 2]) -> bool {
    CUTS.with_borrow(|cuts| cuts.contains(&[one, other]) || cuts.contains(&[other, one]))
}

/// Nothing comes from the one to the other any more.
pub(crate) fn cut(hosts: [IpAddr; 2]) {
    CUTS.with_borrow_mut(|cuts| cuts.push(hosts));
}

/// Ends one [`cut`]; what it has held back goes on.
pub(crate) fn mend(hosts: [IpAddr; 2]) {
    CUTS.with_borrow_mut(|cuts| {
        let at = cuts.iter().position(|cut| *cut == hosts);
        at.map(|at| cuts.remove(at))
    });
    connection::all().iter().for_each(|connection| connection.release());
}

/// A host that was down is up again, and knows none of its connections: it resets them.
pub(crate) fn reset_all_of(host: IpAddr) {
    let all = connection::all();
    all.iter()
        .filter(|connection| connection.hosts().contains(&host))
        .for_each(|connection| connection.reset());
}

/// A new world begins. What the last program has let go without a drop is not in it.
pub(crate) fn clear() {
    CUTS.take();
    connection::clear();
    port::clear();
}
