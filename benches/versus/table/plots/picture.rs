//! What the plots have in common, and the one that has a line of marks for each row.

use super::marks::{self, Mark, legend};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::error::Error;

const WIDTH: u32 = 800;
pub(super) const TEXT: (&str, u32) = ("sans-serif", 14);
pub(super) const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);

/// The picture that a plot is drawn on.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

pub(super) type Drawn = Result<(), Box<dyn Error>>;

/// A line of marks for each row, along a logarithmic axis. The first row is the uppermost.
pub(super) struct Rows<'a> {
    /// What the marks stand for, as the legend has them.
    pub(super) names: &'a [&'a str],
    /// What stands at the left of each row, and its marks: which, and where.
    pub(super) rows: Vec<(&'a str, Vec<(&'a str, f64)>)>,
    pub(super) axis: &'a str,
    /// Where an upright line is.
    pub(super) line_at: Option<f64>,
}

impl Rows<'_> {
    pub(super) fn height(&self) -> u32 {
        26 * self.rows.len() as u32 + 110 + marks::legend_height(self.names.len())
    }

    pub(super) fn draw(&self, area: &Area<'_>) -> Drawn {
        let plot = legend(area, self.names)?;
        let figures = self.rows.iter().flat_map(|(_, marks)| marks.iter().map(|mark| mark.1));
        let (low, high) = range(figures.chain(self.line_at));
        let last = self.rows.len() as f64 - 1.0;
        let x = (low..high).log_scale().with_key_points(ticks(low, high));
        let mut chart = ChartBuilder::on(&plot)
            .margin_right(30)
            .x_label_area_size(55)
            .y_label_area_size(170)
            .build_cartesian_2d(x, -0.7..last + 0.7)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .label_style(TEXT)
            .axis_desc_style(TEXT)
            .x_label_formatter(&|figure| format!("{figure}"))
            .x_desc(self.axis)
            .draw()?;
        if let Some(at) = self.line_at {
            chart.draw_series([PathElement::new([(at, -0.7), (at, last + 0.7)], BLACK.stroke_width(2))])?;
        }
        let names_at = TextStyle::from(TEXT).pos(Pos::new(HPos::Right, VPos::Center));
        for (row, (name, marks)) in self.rows.iter().enumerate() {
            let y = last - row as f64;
            let (left, middle) = chart.backend_coord(&(low, y));
            area.draw_text(name, &names_at, (left - 10, middle))?;
            chart.draw_series([PathElement::new([(low, y), (high, y)], GRID)])?;
            for (mark, figure) in marks {
                Mark::of(self.names, mark).draw(area, chart.backend_coord(&(*figure, y)))?;
            }
        }
        Ok(())
    }
}

/// The text of a picture so high, with a light ground of its own.
pub(super) fn picture(height: u32, draw: impl FnOnce(&Area<'_>) -> Drawn) -> Result<String, String> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
    let drawn = area.fill(&WHITE).map_err(Into::into).and_then(|()| draw(&area));
    let done = drawn.and_then(|()| Ok(area.present()?));
    done.map_err(|error| format!("cannot draw a plot: {error}"))?;
    drop(area);
    Ok(svg)
}

/// From a bit less than the least to a bit more than the largest.
pub(super) fn range(figures: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = figures.fold((f64::MAX, 0.0_f64), |(low, high), one| (low.min(one), high.max(one)));
    (low * 0.8, high * 1.25)
}

pub(super) fn powers_of_ten(low: f64, high: f64) -> Vec<f64> {
    let exponents = low.log10().ceil() as i32..=high.log10().floor() as i32;
    exponents.map(|exponent| 10_f64.powi(exponent)).collect()
}

/// Powers of ten, with two and five times as much in between.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let all = powers_of_ten(low / 10.0, high).into_iter().flat_map(|power| [power, power * 2.0, power * 5.0]);
    all.filter(|tick| (low..=high).contains(tick)).collect()
}
