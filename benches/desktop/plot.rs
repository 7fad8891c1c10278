//! A figure of several panels in SVG: a row for each workload, a mark for each program under comparison. Every mark has
//! a colour (Okabe and Ito's, which the colour-blind can tell apart too) and a shape.

use std::fmt::{self, Display, Formatter};

/// Colours and shapes in the order in which programs come.
const MARKS: &[(&str, Shape)] = &[
    ("#000000", Shape::Disc),
    ("#0072b2", Shape::Square),
    ("#56b4e9", Shape::Diamond),
    ("#d55e00", Shape::Up),
    ("#009e73", Shape::Down),
    ("#cc79a7", Shape::Cross),
];

const PANEL: (f64, f64) = (560.0, 400.0);
/// Room for the names of the rows, and for the word at the right edge.
const LEFT: f64 = 84.0;
const RIGHT: f64 = 64.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 32.0;
const LEGEND: f64 = 40.0;

#[derive(Clone, Copy)]
enum Shape {
    Disc,
    Square,
    Diamond,
    Up,
    Down,
    Cross,
}

pub(crate) enum Scale {
    Linear,
    /// Powers of ten.
    Log,
}

pub(crate) enum Point {
    At(f64),
    /// No number: at the right edge, with this word.
    Beyond(&'static str),
}

pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) scale: Scale,
    /// Names of workloads, and in each the names of programs with their value.
    pub(crate) rows: Vec<(String, Vec<(String, Point)>)>,
}

/// Two panels beside each other, and the names of the marks above.
pub(crate) struct Figure<'a>(pub(crate) &'a [Panel]);

impl Display for Figure<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (width, height) = (PANEL.0 * 2.0, LEGEND + PANEL.1 * self.0.len().div_ceil(2) as f64);
        writeln!(
            f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"12\" fill=\"#222\">"
        )?;
        writeln!(f, "<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>")?;
        let programs = self.programs();
        let step = (width - LEFT) / programs.len().max(1) as f64;
        for (number, program) in programs.iter().enumerate() {
            let x = LEFT + step * number as f64;
            mark(f, number, x, 20.0)?;
            writeln!(f, "<text x=\"{}\" y=\"24\">{program}</text>", x + 12.0)?;
        }
        for (number, panel) in self.0.iter().enumerate() {
            let (column, row) = ((number % 2) as f64, (number / 2) as f64);
            writeln!(f, "<g transform=\"translate({},{})\">", PANEL.0 * column, LEGEND + PANEL.1 * row)?;
            panel.draw(f, &programs)?;
            writeln!(f, "</g>")?;
        }
        writeln!(f, "</svg>")
    }
}

impl Figure<'_> {
    /// Each once, in the order in which they come.
    fn programs(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.0.iter().flat_map(|panel| &panel.rows).flat_map(|(_, points)| points) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

impl Panel {
    fn draw(&self, f: &mut Formatter<'_>, programs: &[&str]) -> fmt::Result {
        let axis = self.axis();
        let (bottom, right) = (PANEL.1 - BOTTOM, PANEL.0 - RIGHT);
        writeln!(f, "<text x=\"{LEFT}\" y=\"18\" font-weight=\"bold\">{}</text>", self.title)?;
        for tick in axis.ticks() {
            let x = axis.place(tick);
            writeln!(f, "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#ddd\"/>")?;
            writeln!(f, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>", bottom + 17.0, short(tick))?;
        }
        let high = (bottom - TOP) / self.rows.len().max(1) as f64;
        for (number, (name, points)) in self.rows.iter().enumerate() {
            let top = TOP + high * number as f64;
            writeln!(f, "<line x1=\"{LEFT}\" y1=\"{top}\" x2=\"{right}\" y2=\"{top}\" stroke=\"#999\"/>")?;
            let middle = top + high / 2.0;
            writeln!(f, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>", LEFT - 10.0, middle + 4.0)?;
            let mut said = false;
            for (program, point) in points {
                let Some(index) = programs.iter().position(|name| name == program) else { continue };
                // Each on a line of its own, so that equal values do not hide each other.
                let y = top + high * (index as f64 + 0.7) / (programs.len() as f64 + 0.4);
                match point {
                    Point::At(value) => mark(f, index, axis.place(*value), y)?,
                    Point::Beyond(word) => {
                        mark(f, index, right + 8.0, y)?;
                        if !said {
                            let (x, y) = (right + 17.0, middle + 4.0);
                            writeln!(f, "<text x=\"{x}\" y=\"{y}\" font-size=\"11\">{word}</text>")?;
                        }
                        said = true;
                    }
                }
            }
        }
        writeln!(f, "<line x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{bottom}\" stroke=\"#999\"/>")
    }

    fn axis(&self) -> Axis {
        let values = self.rows.iter().flat_map(|(_, points)| points).filter_map(|(_, point)| match point {
            Point::At(value) => Some(*value),
            Point::Beyond(_) => None,
        });
        let (mut low, mut high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        match self.scale {
            Scale::Log => {
                let (low, high) = (low.max(0.001).log10().floor(), high.max(0.001).log10().ceil());
                Axis { low, high: high.max(low + 1.0), log: true, step: 1.0 }
            }
            Scale::Linear => {
                let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0].into_iter().find(|step| (high - low) / step <= 6.0);
                let step = step.unwrap_or(100.0);
                let low = (low / step).floor() * step;
                Axis { low, high: ((high / step).ceil() * step).max(low + step), log: false, step }
            }
        }
    }
}

/// In powers of ten where `log`.
struct Axis {
    low: f64,
    high: f64,
    log: bool,
    step: f64,
}

impl Axis {
    fn place(&self, value: f64) -> f64 {
        let value = if self.log { value.max(0.001).log10() } else { value };
        LEFT + (value - self.low) / (self.high - self.low) * (PANEL.0 - RIGHT - LEFT)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let ticks = (0_u32..100).map(|number| self.low + self.step * f64::from(number));
        ticks.take_while(|tick| *tick <= self.high + 1e-9).map(|tick| if self.log { 10_f64.powf(tick) } else { tick })
    }
}

fn short(number: f64) -> String {
    match number {
        number if number >= 1e6 => format!("{} M", number / 1e6),
        number if number >= 1e3 => format!("{} k", number / 1e3),
        number => format!("{}", (number * 1000.0).round() / 1000.0),
    }
}

fn mark(f: &mut Formatter<'_>, number: usize, x: f64, y: f64) -> fmt::Result {
    let (colour, shape) = MARKS[number % MARKS.len()];
    let polygon = |f: &mut Formatter<'_>, points: [(f64, f64); 4]| {
        let points: Vec<String> = points.iter().map(|(dx, dy)| format!("{:.1},{:.1}", x + dx, y + dy)).collect();
        writeln!(f, "<polygon points=\"{}\" fill=\"{colour}\"/>", points.join(" "))
    };
    match shape {
        Shape::Disc => writeln!(f, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\"/>"),
        Shape::Square => polygon(f, [(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)]),
        Shape::Diamond => polygon(f, [(0.0, -5.5), (5.5, 0.0), (0.0, 5.5), (-5.5, 0.0)]),
        Shape::Up => polygon(f, [(0.0, -5.0), (5.0, 4.0), (-5.0, 4.0), (0.0, -5.0)]),
        Shape::Down => polygon(f, [(0.0, 5.0), (5.0, -4.0), (-5.0, -4.0), (0.0, 5.0)]),
        Shape::Cross => writeln!(
            f,
            "<path d=\"M{:.1} {:.1}l8 8m0-8l-8 8\" stroke=\"{colour}\" stroke-width=\"2.6\"/>",
            x - 4.0,
            y - 4.0
        ),
    }
}
