//! A line on a terminal, for a search that takes longer than a second.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Before this no line is drawn: most searches are over by then.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far a search has come. Its line goes when it is dropped, as a bar of indicatif does.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Breaks if a search that is soon over draws a line, or a long one shows none, or another number.
    #[test]
    fn a_line_is_drawn_after_a_second_and_shows_how_many_have_passed() {
        let mut line = ProgressLine::new(10);
        line.note(1);
        assert!(line.bar.is_none());
        line.start -= 2 * PATIENCE;
        for passed in [2, 3] {
            line.note(passed);
            let bar = line.bar.as_ref().unwrap();
            assert_eq!((bar.position(), bar.length()), (passed as u64, Some(10)));
        }
    }
}
