//! Medians and quartiles.

/// What a list of figures comes down to.
#[derive(Clone, Copy, Debug, PartialEq)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_of_an_odd_count_are_among_the_figures() {
        let summary = Summary::of([5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(summary, Summary { p25: 2.0, median: 3.0, p75: 4.0 });
    }

    #[test]
    fn the_median_of_an_even_count_is_halfway() {
        assert_eq!(Summary::of([4.0, 1.0]).median, 2.5);
        assert_eq!(Summary::of([7.0]), Summary { p25: 7.0, median: 7.0, p75: 7.0 });
    }
}
