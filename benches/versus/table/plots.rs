//! The two plots, as SVG.
//!
//! They are shown on light and on dark pages, so they bring their own light ground, and each
//! series has a marker of its own besides its colour ([`marks`]).

mod marks;

use crate::curve::{self, Line};
use crate::markdown::{column, columns, others};
use crate::results::Measured;
use marks::{Mark, legend};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::error::Error;

const WIDTH: u32 = 800;
const TEXT: (&str, u32) = ("sans-serif", 14);
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);

/// The picture that a plot is drawn on.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

type Drawn = Result<(), Box<dyn Error>>;

/// What the picture shows, in words.
pub(crate) fn caption(file: &str) -> &'static str {
    match file {
        "ratios.svg" => "× shirr of every contender at each workload, on a logarithmic scale",
        _ => "Nanoseconds for each child of a gather, by the number of children, both logarithmic",
    }
}

/// × shirr: a line of marks for each workload. The curve has a plot of its own.
pub(crate) fn ratios(measured: &[Measured]) -> Result<Option<String>, String> {
    let rows: Vec<_> = measured.iter().filter(|one| !curve::has(one.workload.name)).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let names = columns(measured);
    let height = 26 * rows.len() as u32 + 110 + marks::legend_height(names.len());
    picture(height, |area| draw_ratios(area, &names, &rows)).map(Some)
}

/// The cost of a child by the number of children.
pub(crate) fn gather(lines: &[Line]) -> Result<Option<String>, String> {
    if lines.is_empty() {
        return Ok(None);
    }
    picture(480, |area| draw_gather(area, lines)).map(Some)
}

fn picture(height: u32, draw: impl FnOnce(&Area<'_>) -> Drawn) -> Result<String, String> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
    let drawn = area.fill(&WHITE).map_err(Into::into).and_then(|()| draw(&area));
    let done = drawn.and_then(|()| Ok(area.present()?));
    done.map_err(|error| format!("cannot draw a plot: {error}"))?;
    drop(area);
    Ok(svg)
}

fn draw_ratios(area: &Area<'_>, names: &[&str], rows: &[&Measured]) -> Drawn {
    let plot = legend(area, names)?;
    let figures = || rows.iter().flat_map(|one| others(one)).map(|outcome| outcome.ratio.median);
    let (low, high) = range(figures().chain([1.0]));
    let last = rows.len() as f64 - 1.0;
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
        .x_label_formatter(&|ratio| format!("{ratio}"))
        .x_desc("× shirr (logarithmic): right of the line at 1, shirr takes less")
        .draw()?;
    chart.draw_series([PathElement::new([(1.0, -0.7), (1.0, last + 0.7)], BLACK.stroke_width(2))])?;
    let names_at = TextStyle::from(TEXT).pos(Pos::new(HPos::Right, VPos::Center));
    for (row, one) in rows.iter().enumerate() {
        // The first workload is the uppermost.
        let y = last - row as f64;
        let (left, middle) = chart.backend_coord(&(low, y));
        area.draw_text(one.workload.name, &names_at, (left - 10, middle))?;
        chart.draw_series([PathElement::new([(low, y), (high, y)], GRID)])?;
        for outcome in others(one) {
            let at = chart.backend_coord(&(outcome.ratio.median, y));
            Mark::of(names, column(outcome)).draw(area, at)?;
        }
    }
    Ok(())
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

/// From a bit less than the least to a bit more than the largest.
fn range(figures: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = figures.fold((f64::MAX, 0.0_f64), |(low, high), one| (low.min(one), high.max(one)));
    (low * 0.8, high * 1.25)
}

fn powers_of_ten(low: f64, high: f64) -> Vec<f64> {
    let exponents = low.log10().ceil() as i32..=high.log10().floor() as i32;
    exponents.map(|exponent| 10_f64.powi(exponent)).collect()
}

/// Powers of ten, with two and five times as much in between.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let all = powers_of_ten(low / 10.0, high).into_iter().flat_map(|power| [power, power * 2.0, power * 5.0]);
    all.filter(|tick| (low..=high).contains(tick)).collect()
}
