//! Markers and the legend above a plot.
//!
//! The colours are Okabe's and Ito's, which colour-blind readers can tell apart, without the
//! yellow, which a white ground swallows.

use super::picture::{Area, Drawn, TEXT};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::error::Error;

const COLUMNS: usize = 4;
const LINE: i32 = 24;

/// Half of a marker's width.
const R: i32 = 5;

/// How one series is marked.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) colour: RGBColor,
    shape: Shape,
}

#[derive(Clone, Copy)]
enum Shape {
    Circle,
    Ring,
    /// A polygon by its corners around the middle.
    Filled(&'static [(i32, i32)]),
    /// A line through these.
    Drawn(&'static [(i32, i32)]),
}

const SQUARE: &[(i32, i32)] = &[(-R, -R), (R, -R), (R, R), (-R, R)];
const DIAMOND: &[(i32, i32)] = &[(0, -R - 2), (R + 2, 0), (0, R + 2), (-R - 2, 0)];
const UP: &[(i32, i32)] = &[(0, -R - 1), (R + 1, R), (-R - 1, R)];
const DOWN: &[(i32, i32)] = &[(0, R + 1), (R + 1, -R), (-R - 1, -R)];
const CROSS: &[(i32, i32)] = &[(-R, -R), (R, R), (0, 0), (-R, R), (R, -R)];
const PLUS: &[(i32, i32)] = &[(-R - 1, 0), (R + 1, 0), (0, 0), (0, -R - 1), (0, R + 1)];
const FRAME: &[(i32, i32)] = &[(-R, -R), (R, -R), (R, R), (-R, R), (-R, -R)];
const HOURGLASS: &[(i32, i32)] = &[(-R, -R), (R, -R), (-R, R), (R, R)];

/// The series' marks, in the order of the legend.
const MARKS: [Mark; 10] = [
    Mark { colour: RGBColor(0x00, 0x72, 0xb2), shape: Shape::Circle },
    Mark { colour: RGBColor(0xd5, 0x5e, 0x00), shape: Shape::Filled(SQUARE) },
    Mark { colour: RGBColor(0x00, 0x9e, 0x73), shape: Shape::Filled(UP) },
    Mark { colour: RGBColor(0xcc, 0x79, 0xa7), shape: Shape::Filled(DIAMOND) },
    Mark { colour: RGBColor(0xe6, 0x9f, 0x00), shape: Shape::Filled(DOWN) },
    Mark { colour: RGBColor(0x56, 0xb4, 0xe9), shape: Shape::Filled(HOURGLASS) },
    Mark { colour: RGBColor(0x00, 0x00, 0x00), shape: Shape::Drawn(CROSS) },
    Mark { colour: RGBColor(0xd5, 0x5e, 0x00), shape: Shape::Ring },
    Mark { colour: RGBColor(0x00, 0x00, 0x00), shape: Shape::Drawn(PLUS) },
    Mark { colour: RGBColor(0x00, 0x72, 0xb2), shape: Shape::Drawn(FRAME) },
];

impl Mark {
    /// The mark of one of the names in the legend.
    pub(super) fn of(names: &[&str], name: &str) -> Self {
        let at = names.iter().position(|one| *one == name).expect("the legend has every series");
        MARKS[at % MARKS.len()]
    }

    /// Draws it around a point of the picture.
    pub(super) fn draw(self, area: &Area<'_>, (x, y): (i32, i32)) -> Drawn {
        let moved =
            |corners: &[(i32, i32)]| corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect::<Vec<_>>();
        match self.shape {
            Shape::Circle => area.draw(&Circle::new((x, y), R, self.colour.filled()))?,
            Shape::Ring => area.draw(&Circle::new((x, y), R, self.colour.stroke_width(2)))?,
            Shape::Filled(corners) => area.draw(&Polygon::new(moved(corners), self.colour))?,
            Shape::Drawn(corners) => {
                area.draw(&PathElement::new(moved(corners), self.colour.stroke_width(2)))?;
            }
        }
        Ok(())
    }
}

/// How much of the picture's height a legend of so many names takes.
pub(super) fn legend_height(names: usize) -> u32 {
    names.div_ceil(COLUMNS) as u32 * LINE as u32 + 20
}

/// Draws the legend at the top and gives what is left below it.
pub(super) fn legend<'a>(area: &Area<'a>, names: &[&str]) -> Result<Area<'a>, Box<dyn Error>> {
    let width = area.dim_in_pixel().0 as i32 / COLUMNS as i32;
    let style = TextStyle::from(TEXT).pos(Pos::new(HPos::Left, VPos::Center));
    for (number, name) in names.iter().enumerate() {
        let (row, column) = ((number / COLUMNS) as i32, (number % COLUMNS) as i32);
        let (x, y) = (column * width + 20, row * LINE + 20);
        Mark::of(names, name).draw(area, (x, y))?;
        area.draw_text(name, &style, (x + 14, y))?;
    }
    Ok(area.split_vertically(legend_height(names.len())).1)
}
