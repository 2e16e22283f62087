//! What a schedule may do.

/// Which of the runtime's freedoms a schedule uses. There are three levels, for programs that
/// count on more or less, and each may be changed field by field.
///
/// ```
/// use shirr::explore::Freedoms;
///
/// let mine = Freedoms { resets: true, ..Freedoms::WORLD };
/// assert!(!mine.ready);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freedoms {
    /// The order of the ready tasks. First polls keep the order of the spawns, and a task that
    /// gives way ([`yield_now`](crate::yield_now)) comes after all that were ready then.
    pub ready: bool,
    /// The order of the ready tasks without these two rules, and polls that no one asked for.
    pub wild: bool,
    /// The loop may poll for events between any two turns, and a turn may take as long as until
    /// the next timer or packet.
    pub events: bool,
    /// A read or a write may get a part of what it could.
    pub shares: bool,
    /// Timers, packets, connections, look-ups and closures may take their time.
    pub delays: bool,
    /// Connections may be reset, at a write.
    pub resets: bool,
}

impl Freedoms {
    /// What the kernel and the clock decide. The ready queue is first in, first out, as shirr's is.
    pub const WORLD: Self =
        Self { ready: false, wild: false, events: true, shares: true, delays: true, resets: false };

    /// Also the order of the ready tasks, as far as no promise is broken. For programs that
    /// should not lean on the order of a queue; the default.
    pub const SHARED: Self = Self { ready: true, ..Self::WORLD };

    /// Whatever a [`Future`] has to expect.
    pub const WILD: Self = Self { wild: true, ..Self::SHARED };
}

impl Default for Freedoms {
    fn default() -> Self {
        Self::SHARED
    }
}
