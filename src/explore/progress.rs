//! A line on a terminal, for a search that takes longer than a second.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Before this no line is drawn: most searches are over by then.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far a search has come. Its line goes when it is dropped.
#[derive(Debug)]
pub(super) struct ProgressLine {
    start: Instant,
    most: usize,
    bar: Option<ProgressBar>,
}

impl ProgressLine {
    pub(super) fn new(most: usize) -> Self {
        Self { start: Instant::now(), most, bar: None }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// So many schedules have passed. What is no terminal is told nothing.
    pub(super) fn note(&mut self, passed: usize) {
        if self.bar.is_none() && self.elapsed() > PATIENCE {
            let style =
                ProgressStyle::with_template("{pos} of {len} schedules have passed, {eta} left at most");
            let style = style.expect("the template is well formed");
            self.bar = Some(ProgressBar::new(self.most as u64).with_style(style));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(passed as u64);
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}
