//! One row of the table: two sides that do the same work.

use crate::meter;

/// Does a row's work this many times over and returns the sum of its answers.
pub(crate) type Side = Box<dyn FnMut(u32) -> u64>;

/// A comparison. The left side is shirr's; lower is better in every row.
pub(crate) struct Row {
    /// For `--filter` and for `--json`.
    pub(crate) name: &'static str,
    /// For the table.
    pub(crate) what: &'static str,
    pub(crate) cost: Cost,
    /// What the cost is divided by: "ns/task", with 1,000 tasks.
    pub(crate) per: &'static str,
    pub(crate) count: u32,
    /// How many times the work is done in one measurement, so that it takes milliseconds.
    pub(crate) times: u32,
    /// What the work must return each time.
    pub(crate) answer: u64,
    pub(crate) target: Option<Target>,
    pub(crate) left: Side,
    pub(crate) right: Side,
}

/// What is measured.
#[derive(Clone, Copy)]
pub(crate) enum Cost {
    WallTime,
    /// Of the thread, which is all of the runtime on either side.
    CpuTime,
    /// What the work returns is not an answer but the bytes it found in use.
    Bytes,
}

/// What shirr set out to reach.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// The left side costs at most this much of the right side.
    Ratio(f64),
    /// The left side's cost lies between these two.
    Between(f64, f64),
}

impl Row {
    /// Does the work once in a while instead of often, for a run that only shows it works.
    pub(crate) fn shorten(&mut self) {
        self.times = (self.times / 10).max(1);
    }

    /// Measures the left side once.
    pub(crate) fn measure_left(&mut self) -> f64 {
        let Self { cost, times, answer, .. } = *self;
        sample(&mut self.left, cost, times, answer) / f64::from(self.count)
    }

    /// Measures the right side once.
    pub(crate) fn measure_right(&mut self) -> f64 {
        let Self { cost, times, answer, .. } = *self;
        sample(&mut self.right, cost, times, answer) / f64::from(self.count)
    }

    /// "ns/task" and the like.
    pub(crate) fn unit(&self) -> String {
        let what = match self.cost {
            Cost::WallTime => "ns",
            Cost::CpuTime => "cpu ns",
            Cost::Bytes => "bytes",
        };
        format!("{what}/{}", self.per)
    }
}

/// What doing the work once costs.
///
/// # Panics
/// When the side did other work than the row says.
fn sample(side: &mut Side, cost: Cost, times: u32, answer: u64) -> f64 {
    let clock = match cost {
        Cost::WallTime => meter::wall_ns,
        Cost::CpuTime => meter::cpu_ns,
        Cost::Bytes => return side(1) as f64,
    };
    let start = clock();
    let sum = side(times);
    let spent = clock() - start;
    assert_eq!(sum, u64::from(times) * answer, "a side did other work than its row says");
    spent as f64 / f64::from(times)
}
