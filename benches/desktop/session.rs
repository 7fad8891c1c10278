//! The whole program beside TigerVNC, with live workloads: bytes, processor time, pictures, and how long a key takes.

mod lamp;
mod sides;
mod sight;

use std::fmt::Write as _;
use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use self::lamp::Lamp;
use self::sides::{Product, Sides};
use self::sight::Counting;
use crate::content::Content;
use crate::desk::impair::Conditions;
use crate::machine::{self, Busy, loopback_bytes, percentile, processor_seconds};
use crate::plot::{Figure, Panel, Point, Scale};
use crate::workloads::Workload;
use crate::{Extent, Places};

/// How long the picture may take to become exact when everything rests.
const REST: Duration = Duration::from_secs(3);

const PRODUCTS: &[Product] = &[Product::Lotse, Product::Tiger, Product::TigerJpeg];

/// A line between the customer and the relay.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    pub(crate) kbit: u32,
    pub(crate) rtt_ms: u32,
}

/// What a workload cost.
struct Cost {
    megabytes: f64,
    /// Processor seconds: of the customer's side and of the adviser's.
    customers: f64,
    advisers: f64,
    /// A second, as the adviser saw them.
    pictures: f64,
    /// After the end of the workload, if at all.
    exact: Option<Duration>,
}

/// Key → pixel, ms.
struct Delay {
    p50: f64,
    p95: f64,
    keys: usize,
    lost: usize,
}

struct Results {
    product: Product,
    costs: Vec<(Workload, Cost)>,
    delays: Vec<(Option<Workload>, Delay)>,
}

/// Measures everything and writes `session.md` and `session.svg`.
pub(crate) fn measure(places: &Places, extent: &Extent) -> Result<()> {
    let content = Content::in_folder(places.scratch.join("content"))?;
    let (busy, time) = (Busy::now(), Duration::from_secs(extent.seconds));
    let mut all = Vec::new();
    for product in PRODUCTS {
        let sides = Sides::of(*product, &content)?;
        let mut results = Results { product: *product, costs: Vec::new(), delays: Vec::new() };
        let beside = [None, Some(Workload::Scroll), Some(Workload::Film)].into_iter();
        for workload in beside.filter(|one| one.is_none_or(|one| extent.workloads.contains(&one))) {
            eprintln!("{}: keys, {} …", product.name(), beside_what(workload));
            results.delays.push((workload, delay(&sides, workload, &content, time)?));
        }
        for workload in &extent.workloads {
            eprintln!("{}: {} …", product.name(), workload.name());
            results.costs.push((*workload, cost(&sides, *product, *workload, &content, time)?));
        }
        all.push(results);
    }
    let narrow = slow(&content, Line { kbit: 2000, rtt_ms: 40 }, time)?;
    let text = format!("{}\n{narrow}", tables(&all));
    println!("{text}");
    fs::create_dir_all(&places.results)?;
    fs::write(places.results.join("session.svg"), plot(&all))?;
    let head = head(extent, busy.percent_since())?;
    fs::write(places.results.join("session.md"), format!("{head}{CAPTION}{text}"))?;
    eprintln!("written: {0}/session.md, {0}/session.svg", places.results.display());
    Ok(())
}

/// Typed text over a narrow line with a film beside it, in a sentence.
pub(crate) fn measure_slow(places: &Places, extent: &Extent, line: Line) -> Result<()> {
    let content = Content::in_folder(places.scratch.join("content"))?;
    println!("{}", slow(&content, line, Duration::from_secs(extent.seconds))?);
    Ok(())
}

fn slow(content: &Content, line: Line, time: Duration) -> Result<String> {
    let Line { kbit, rtt_ms } = line;
    eprintln!("Lotse: keys beside a film over {kbit} kbit/s and {rtt_ms} ms …");
    let conditions = Conditions {
        delay: Duration::from_millis(u64::from(rtt_ms)) / 2,
        rate: Some(kbit * 1000 / 8),
        queue: Duration::from_millis(500),
        ..Conditions::default()
    };
    let sides = Sides::behind(conditions, content);
    let counting = Counting::on(sides.advisers());
    let Delay { p50, p95, keys, lost } = delay(&sides, Some(Workload::Film), content, time * 2)?;
    let pictures = counting.finish()?;
    Ok(format!(
        "## Over a narrow line\n\nCustomer behind {kbit} kbit/s, {rtt_ms} ms there and back, a queue of 500 ms that drops what \
         is too much; a film plays in a window. Key → pixel {p50:.0} / {p95:.0} ms (p50 / p95 of {keys} keys, {lost} lost), \
         {pictures:.0} pictures a second.\n"
    ))
}

fn delay(sides: &Sides, workload: Option<Workload>, content: &Content, time: Duration) -> Result<Delay> {
    let desk = sides.customers();
    let mut scene = workload.map(|workload| workload.open(desk, content)).transpose()?;
    let _lamp = Lamp::on(desk)?;
    // For the picture to be whole before anything is timed.
    thread::sleep(Duration::from_secs(2));
    let (mut delays, lost) = thread::scope(|scope| {
        let played = scope.spawn(move || scene.as_mut().map_or(Ok(()), |scene| scene.play(time)));
        let delays = lamp::delays(sides.advisers(), time);
        played.join().expect("the workload goes on")?;
        delays
    })?;
    ensure!(!delays.is_empty(), "no key was ever seen");
    let keys = delays.len();
    Ok(Delay { p50: percentile(&mut delays, 50), p95: percentile(&mut delays, 95), keys, lost })
}

fn cost(sides: &Sides, product: Product, workload: Workload, content: &Content, time: Duration) -> Result<Cost> {
    let mut scene = workload.open(sides.customers(), content)?;
    thread::sleep(Duration::from_secs(2));
    let (customers, advisers) = sides.processes();
    let before = (loopback_bytes()?, processor_seconds(customers), processor_seconds(advisers));
    let counting = Counting::on(sides.advisers());
    scene.play(time)?;
    let pictures = counting.finish()?;
    // An idle editor's caret goes on blinking.
    let exact = sight::becomes_exact(sides.customers(), sides.advisers(), REST)?;
    thread::sleep(REST.saturating_sub(exact.unwrap_or(REST)));
    Ok(Cost {
        megabytes: (loopback_bytes()? - before.0) / product.hops() / 1e6,
        customers: processor_seconds(customers) - before.1,
        advisers: processor_seconds(advisers) - before.2,
        pictures,
        exact,
    })
}

fn beside_what(workload: Option<Workload>) -> &'static str {
    match workload {
        None => "still",
        Some(Workload::Scroll) => "beside a page that scrolls",
        Some(Workload::Film) => "beside a film",
        Some(other) => other.name(),
    }
}

fn tables(all: &[Results]) -> String {
    let columns: String = all.iter().map(|results| format!(" {} |", results.product.name())).collect();
    let rule = "---|".repeat(all.len() + 1);
    let mut text = format!("\n## Key → pixel, ms p50 / p95\n\n| |{columns}\n|{rule}\n");
    let Some(first) = all.first() else { return text };
    for (number, (workload, _)) in first.delays.iter().enumerate() {
        let cells = all.iter().map(|results| {
            let Delay { p50, p95, lost, .. } = &results.delays[number].1;
            let lost = if *lost > 0 { format!(", {lost} lost") } else { String::new() };
            format!(" {p50:.1} / {p95:.1}{lost} |")
        });
        text.push_str(&format!("| {} |{}\n", beside_what(*workload), cells.collect::<String>()));
    }
    text.push_str(&format!(
        "\n## Cost: MB · processor s of customer · of adviser · pictures a second · exact after\n\n| |{columns}\n|{rule}\n"
    ));
    for (number, (workload, _)) in first.costs.iter().enumerate() {
        let cells = all.iter().map(|results| {
            let Cost { megabytes, customers, advisers, pictures, exact } = &results.costs[number].1;
            let exact = exact.map_or("not".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()));
            format!(" {megabytes:.2} · {customers:.2} · {advisers:.2} · {pictures:.0} · {exact} |")
        });
        text.push_str(&format!("| {} |{}\n", workload.name(), cells.collect::<String>()));
    }
    text
}

fn head(extent: &Extent, busy: f64) -> Result<String> {
    let machine = machine::description(&["tigervnc-scraping-server", "tigervnc-viewer", "chromium", "mpv"])?;
    Ok(format!(
        "# A session beside TigerVNC\n\nMade by `./dev bench session` on {}: {machine}. All processors together were busy for \
         {busy:.0} % of the run, others' work included. {} s of each workload, 1920×1080.\n\n\
         ![Bytes, processor time, pictures and delay of each program for each workload](session.svg)\n",
        machine::occasion()?,
        extent.seconds,
    ))
}

const CAPTION: &str = "
Customer's and adviser's desk are two Xvfb with openbox, on one machine; the adviser's program fills the screen, drawn by \
the processor. Lotse as `./dev run` starts it, by a relay over UDP; TigerVNC without a relay over TCP, its server scraping \
the same kind of display, Tight, once without JPEG and once with JPEG 8, which its viewer asks for by itself.

- *Key → pixel*: pressed at the adviser's, through the customer's computer, seen at the adviser's.
- *MB*: all that went over the loopback, headers and acknowledgements too, in a network of its own where the system gives \
one; Lotse's halved, since the relay sends each packet on. *Processor*: user and system, the workload and 3 s of rest. The \
relay's and the X servers' are in neither.
- *Pictures*: moments at which the adviser's display had changed, of 60 a second; a picture that is painted in pieces counts \
more than once. *Exact after*: until both displays are the same but for a pointer, from the end of the workload; *not*: not \
within 3 s.
";

fn plot(all: &[Results]) -> String {
    let costs = |title: &str, value: &dyn Fn(&Cost) -> f64| {
        let workloads = all.first().map_or(&[][..], |first| &first.costs[..]).iter().enumerate();
        let rows = workloads.map(|(number, (workload, _))| {
            let points = all.iter().map(|one| (one.product.name().to_owned(), Point::At(value(&one.costs[number].1))));
            (workload.name().to_owned(), points.collect())
        });
        Panel { title: title.to_owned(), scale: Scale::Log, rows: rows.collect() }
    };
    let delays =
        all.first().map_or(&[][..], |first| &first.delays[..]).iter().enumerate().map(|(number, (beside, _))| {
            let points = all.iter().map(|one| (one.product.name().to_owned(), Point::At(one.delays[number].1.p95)));
            (beside.map_or("still", Workload::name).to_owned(), points.collect())
        });
    let panels = [
        costs("MB on the wire (less is better)", &|cost| cost.megabytes),
        costs("Processor s, both sides (less is better)", &|cost| cost.customers + cost.advisers),
        Panel { scale: Scale::Linear, ..costs("Pictures a second (more is better)", &|cost| cost.pictures) },
        Panel {
            title: "Key → pixel, p95, ms (less is better)".to_owned(), scale: Scale::Log, rows: delays.collect()
        },
    ];
    let mut svg = String::new();
    write!(svg, "{}", Figure(&panels)).expect("a string takes what is written");
    svg
}
