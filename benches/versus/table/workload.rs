//! A workload, and its contenders.

use crate::meter;

/// Does a workload this many times over and returns the sum of its answers.
pub(crate) type Work = Box<dyn FnMut(u32) -> u64>;

/// One line of the table: the same work, done by each contender.
pub(crate) struct Workload {
    /// For `--filter` and for `--json`.
    pub(crate) name: &'static str,
    /// What it does, exactly.
    pub(crate) what: &'static str,
    /// What its figures do not show.
    pub(crate) limits: &'static str,
    pub(crate) cost: Cost,
    /// What the cost is divided by: "task", with a `count` of 1,000.
    pub(crate) per: &'static str,
    pub(crate) count: u32,
    /// How many times the work is done in one measurement, so that it takes milliseconds.
    pub(crate) times: u32,
    /// What the work must return each time, on every contender.
    pub(crate) answer: u64,
    /// shirr comes first.
    pub(crate) contenders: Vec<Contender>,
    pub(crate) targets: Vec<Target>,
}

/// A runtime, or a way to do the work on one.
pub(crate) struct Contender {
    /// As in the table's head, or with an addition: "tokio, JoinSet".
    pub(crate) name: &'static str,
    pub(crate) work: Work,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cost {
    WallTime,
    /// Of the thread, which is the whole runtime except for smol's timers, which have a thread
    /// of their own, and for io_uring, which has the kernel's.
    CpuTime,
    /// What the work returns is not an answer but the bytes it found in use.
    Bytes,
}

/// What shirr set out to reach: to take at most this much of what another takes.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) of: &'static str,
    pub(crate) at_most: f64,
}

impl Target {
    /// The same the other way round: what the other is to take, divided by what shirr takes.
    pub(crate) fn at_least(self) -> f64 {
        1.0 / self.at_most
    }
}

impl Workload {
    /// Does the work once in a while instead of often, for a run that only shows it works.
    pub(crate) fn shorten(&mut self) {
        self.times = (self.times / 10).max(1);
    }

    /// What one unit of the work costs one contender, measured once.
    ///
    /// # Panics
    /// When it did other work than the others.
    pub(crate) fn measure(&mut self, contender: usize) -> f64 {
        let Self { cost, times, answer, count, .. } = *self;
        let Contender { name, work } = &mut self.contenders[contender];
        let clock = match cost {
            Cost::WallTime => meter::wall_ns,
            Cost::CpuTime => meter::cpu_ns,
            Cost::Bytes => return work(1) as f64 / f64::from(count),
        };
        let start = clock();
        let sum = work(times);
        let spent = clock() - start;
        assert_eq!(sum, u64::from(times) * answer, "{name} did other work than {} asks for", self.name);
        spent as f64 / f64::from(times) / f64::from(count)
    }

    /// "ns/task" and the like.
    pub(crate) fn unit(&self) -> String {
        let what = match self.cost {
            Cost::WallTime => "ns",
            Cost::CpuTime => "CPU ns",
            Cost::Bytes => "bytes",
        };
        format!("{what}/{}", self.per)
    }
}
