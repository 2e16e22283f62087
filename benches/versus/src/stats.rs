//! Medians and quartiles.

use serde::{Deserialize, Serialize};

/// What a list of figures comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) p25: f64,
    pub(crate) median: f64,
    pub(crate) p75: f64,
}

impl Summary {
    /// # Panics
    /// When there are no figures.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self { p25: quantile(&sorted, 0.25), median: quantile(&sorted, 0.5), p75: quantile(&sorted, 0.75) }
    }
}

/// Between two neighbours, the straight line.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() - 1) as f64 * part;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}
