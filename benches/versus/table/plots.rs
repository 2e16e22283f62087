//! The two plots, as SVG.
//!
//! They are shown on light and on dark pages, so they bring their own light ground, and each
//! series has a marker of its own besides its colour ([`marks`]).

mod marks;
mod picture;

use crate::columns::Measured;
use crate::curve::{self, Line};
use crate::markdown::{column, columns, others};
use marks::{Mark, legend};
use picture::{Area, Drawn, GRID, Rows, TEXT, picture, powers_of_ten, range};
use plotters::prelude::*;

/// What the picture shows, in words.
pub(crate) fn caption(file: &str) -> &'static str {
    match file {
        "ratios.svg" => "× shirr of every contender at each workload, on a logarithmic scale",
        _ => "Nanoseconds for each child of a gather, by the number of children, both logarithmic",
    }
}

/// × shirr: a line of marks for each workload. The curve has a plot of its own.
pub(crate) fn ratios(measured: &[Measured<'_>]) -> Result<Option<String>, String> {
    let rows: Vec<_> = measured.iter().filter(|one| !curve::has(one.workload.name)).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let plot = Rows {
        names: &columns(measured),
        rows: rows.into_iter().map(|one| (one.workload.name, marks_of(one))).collect(),
        axis: "× shirr (logarithmic): right of the line at 1, shirr takes less",
        line_at: Some(1.0),
    };
    picture(plot.height(), |area| plot.draw(area)).map(Some)
}

fn marks_of<'a>(measured: &'a Measured<'_>) -> Vec<(&'a str, f64)> {
    others(measured).map(|outcome| (column(outcome), outcome.ratio.median)).collect()
}

/// The cost of a child by the number of children.
pub(crate) fn gather(lines: &[Line]) -> Result<Option<String>, String> {
    if lines.is_empty() {
        return Ok(None);
    }
    picture(480, |area| draw_gather(area, lines)).map(Some)
}

fn draw_gather(area: &Area<'_>, lines: &[Line]) -> Drawn {
    let names: Vec<_> = lines.iter().map(|line| line.name).collect();
    let plot = legend(area, &names)?;
    let points = || lines.iter().flat_map(|line| &line.points);
    let (fewest, most) = range(points().map(|point| f64::from(point.0)));
    let (low, high) = range(points().map(|point| point.1.median));
    let x = (fewest..most).log_scale().with_key_points(powers_of_ten(fewest, most));
    let y = (low..high).log_scale().with_key_points(powers_of_ten(low, high));
    let mut chart = ChartBuilder::on(&plot)
        .margin_left(12)
        .margin_right(40)
        .x_label_area_size(55)
        .y_label_area_size(90)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .label_style(TEXT)
        .axis_desc_style(TEXT)
        .x_label_formatter(&|count| curve::grouped(*count))
        .y_label_formatter(&|ns| curve::grouped(*ns))
        .x_desc("children (logarithmic)")
        .y_desc("ns for each child (logarithmic)")
        .draw()?;
    for line in lines {
        let mark = Mark::of(&names, line.name);
        let points = line.points.iter().map(|&(count, ns)| (f64::from(count), ns.median));
        chart.draw_series(LineSeries::new(points.clone(), mark.colour.stroke_width(2)))?;
        for point in points {
            mark.draw(area, chart.backend_coord(&point))?;
        }
    }
    Ok(())
}
