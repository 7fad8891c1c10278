//! The whole program beside TigerVNC, with live workloads: bytes, processor time, pictures, and how long a key takes, the
//! adviser's and the customer's own.

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
use self::sight::{Counting, Picture};
use crate::content::{Content, FILM_FPS};
use crate::desk::Desk;
use crate::desk::impair::Conditions;
use crate::machine::{self, Busy, loopback_bytes, percentile, processor_seconds};
use crate::plot::{Figure, Panel, Point, Scale};
use crate::workloads::{self, Workload};
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

const NARROW: &[Line] =
    &[Line { kbit: 500, rtt_ms: 40 }, Line { kbit: 2000, rtt_ms: 40 }, Line { kbit: 4000, rtt_ms: 40 }];

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

/// What is beside the keys, or nothing, and how long they took.
type Delays = Vec<(Option<Workload>, Delay)>;

struct Results {
    product: Product,
    costs: Vec<(Workload, Cost)>,
    /// Of the adviser's keys.
    delays: Delays,
    /// Of the customer's own.
    own: Vec<(Option<Workload>, Own)>,
}

/// The customer's own keys, in turns.
struct Own {
    /// On a desk that nobody looks at.
    alone: Delay,
    shared: Delay,
}

/// How often these take turns: what else this machine does changes from one minute to the next by more than is looked for.
const TURNS: usize = 4;

/// Measures everything and writes `session.md` and `session.svg`.
pub(crate) fn measure(places: &Places, extent: &Extent) -> Result<()> {
    let content = Content::in_folder(places.scratch.join("content"))?;
    let (busy, time) = (Busy::now(), Duration::from_secs(extent.seconds));
    let mut all = Vec::new();
    for product in PRODUCTS {
        let sides = Sides::of(*product, &content)?;
        let mut results = Results { product: *product, costs: Vec::new(), delays: Vec::new(), own: Vec::new() };
        for workload in extent.beside_advisers_keys() {
            eprintln!("{}: keys, {} …", product.name(), beside_what(workload));
            let keys = keys(sides.advisers(), sides.customers(), workload, &content, time)?;
            results.delays.push((workload, keys.delay()));
        }
        for workload in &extent.workloads {
            eprintln!("{}: {} …", product.name(), workload.name());
            results.costs.push((*workload, cost(&sides, *product, *workload, &content, time)?));
        }
        // Last, for they stay last.
        sides.put_others_last()?;
        for workload in extent.beside_own_keys() {
            eprintln!("{}: the customer's own keys, {} …", product.name(), beside_what(workload));
            results.own.push((workload, own_keys(sides.customers(), workload, &content, time)?));
        }
        all.push(results);
    }
    let mut text = tables(&all);
    if extent.workloads.contains(&Workload::Film) {
        text = format!("{text}\n{}", narrow(&content, NARROW, time)?);
    }
    println!("{text}");
    fs::create_dir_all(&places.results)?;
    let head = head(extent, &busy.since())?;
    fs::write(places.results.join("session.svg"), plot(&all))?;
    fs::write(places.results.join("session.md"), format!("{head}{CAPTION}{text}"))?;
    eprintln!("written: {0}/session.md, {0}/session.svg", places.results.display());
    Ok(())
}

/// Keys beside a film over one narrow line, and nothing else.
pub(crate) fn measure_slow(places: &Places, extent: &Extent, line: Line) -> Result<()> {
    let content = Content::in_folder(places.scratch.join("content"))?;
    println!("{}", narrow(&content, &[line], Duration::from_secs(extent.seconds))?);
    Ok(())
}

/// Keys beside a film, and the film alone, over these lines.
fn narrow(content: &Content, lines: &[Line], time: Duration) -> Result<String> {
    let mut text = format!(
        "## Over a narrow line\n\nLotse alone: the customer behind a line of this rate and this time there and back, with a queue \
         of 500 ms that drops what is too much; a film of {FILM_FPS} pictures a second plays in a window.\n\n\
         | | key → pixel beside it, p50 / p95 | its pictures a second | exact after |\n|---|---|---|---|\n"
    );
    for line in lines {
        text.push_str(&slow(content, *line, time)?);
    }
    Ok(text)
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
    let film = Workload::Film;
    let keys = keys(sides.advisers(), sides.customers(), Some(film), content, time * 2)?;
    let Delay { p50, p95, keys, lost } = keys.delay();
    let Cost { pictures, exact, .. } = cost(&sides, Product::Lotse, film, content, time)?;
    let exact = after(exact);
    Ok(format!(
        "| {kbit} kbit/s, {rtt_ms} ms | {p50:.0} / {p95:.0} ms ({keys} keys, {lost} lost) | {pictures:.0} | {exact} |\n"
    ))
}

/// How long each key took, ms, and how many were lost.
#[derive(Default)]
struct Keys {
    delays: Vec<f64>,
    lost: usize,
}

impl Keys {
    fn add(&mut self, more: Self) {
        self.delays.extend(more.delays);
        self.lost += more.lost;
    }

    fn delay(mut self) -> Delay {
        let (p50, p95) = (percentile(&mut self.delays, 50), percentile(&mut self.delays, 95));
        Delay { p50, p95, keys: self.delays.len(), lost: self.lost }
    }
}

/// The customer's own keys on the desk that is looked at, and in between on one like it at which nobody looks; nothing moves
/// on the other meanwhile.
fn own_keys(shared: &Desk, workload: Option<Workload>, content: &Content, time: Duration) -> Result<Own> {
    let alone = workloads::desk(content);
    let (mut of_alone, mut of_shared) = (Keys::default(), Keys::default());
    for _ in 0..TURNS {
        of_alone.add(keys(&alone, &alone, workload, content, time)?);
        of_shared.add(keys(shared, shared, workload, content, time)?);
    }
    Ok(Own { alone: of_alone.delay(), shared: of_shared.delay() })
}

/// Keys pressed and seen on `hands`, whose lamp is on the customer's desk, beside a workload there.
fn keys(hands: &Desk, customers: &Desk, workload: Option<Workload>, content: &Content, time: Duration) -> Result<Keys> {
    let mut scene = workload.map(|workload| workload.open(customers, content)).transpose()?;
    let _lamp = Lamp::on(customers)?;
    // For the picture to be whole before anything is timed.
    thread::sleep(Duration::from_secs(2));
    let (delays, lost) = thread::scope(|scope| {
        let played = scope.spawn(move || scene.as_mut().map_or(Ok(()), |scene| scene.play(time)));
        let delays = lamp::delays(hands, time);
        played.join().expect("the workload goes on")?;
        delays
    })?;
    ensure!(!delays.is_empty(), "no key was ever seen");
    Ok(Keys { delays, lost })
}

fn cost(sides: &Sides, product: Product, workload: Workload, content: &Content, time: Duration) -> Result<Cost> {
    let mut scene = workload.open(sides.customers(), content)?;
    thread::sleep(Duration::from_secs(2));
    let (customers, advisers) = sides.processes();
    let before = (loopback_bytes()?, processor_seconds(customers), processor_seconds(advisers));
    let counting = Counting::on(sides.advisers(), workload.film().map_or(Picture::Any, Picture::OfFilm));
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
    let mut text = String::new();
    let Some(first) = all.first() else { return text };
    let both = |delay: &Delay| {
        let Delay { p50, p95, lost, .. } = delay;
        let lost = if *lost > 0 { format!(", {lost} lost") } else { String::new() };
        format!("{p50:.1} / {p95:.1}{lost}")
    };
    if !first.delays.is_empty() {
        text.push_str(&format!("\n## Key → pixel, ms p50 / p95\n\n| |{columns}\n|{rule}\n"));
    }
    for (number, (workload, _)) in first.delays.iter().enumerate() {
        let cells = all.iter().map(|results| format!(" {} |", both(&results.delays[number].1)));
        text.push_str(&format!("| {} |{}\n", beside_what(*workload), cells.collect::<String>()));
    }
    if !first.own.is_empty() {
        text.push_str(&format!(
            "\n## The customer's own key → pixel, ms p50 / p95, on a desktop that nobody looks at → on the one that is shared \
             (times p95)\n\n| |{columns}\n|{rule}\n"
        ));
    }
    for (number, (workload, _)) in first.own.iter().enumerate() {
        let cells = all.iter().map(|results| {
            let Own { alone, shared } = &results.own[number].1;
            format!(" {} → {} ({:.1}) |", both(alone), both(shared), shared.p95 / alone.p95)
        });
        text.push_str(&format!("| {} |{}\n", beside_what(*workload), cells.collect::<String>()));
    }
    if first.costs.is_empty() {
        return text;
    }
    text.push_str(&format!(
        "\n## Cost: MB · processor s of customer · of adviser · pictures a second · exact after\n\n| |{columns}\n|{rule}\n"
    ));
    for (number, (workload, _)) in first.costs.iter().enumerate() {
        let cells = all.iter().map(|results| {
            let Cost { megabytes, customers, advisers, pictures, exact } = &results.costs[number].1;
            let exact = after(*exact);
            let megabytes = machine::megabytes(megabytes * 1e6);
            format!(" {megabytes} · {customers:.2} · {advisers:.2} · {pictures:.0} · {exact} |")
        });
        text.push_str(&format!("| {} |{}\n", workload.name(), cells.collect::<String>()));
    }
    text
}

/// How long until it was exact.
fn after(exact: Option<Duration>) -> String {
    exact.map_or("not".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()))
}

fn head(extent: &Extent, busy: &str) -> Result<String> {
    let machine = machine::description(&["tigervnc-scraping-server", "tigervnc-viewer", "chromium", "mpv"])?;
    Ok(format!(
        "# A session beside TigerVNC\n\nMade by `./dev bench session` on {}: {machine}. {busy} {} s of each workload, 1920×1080.\n\n\
         ![Bytes, processor time, pictures and delay of each program for each workload](session.svg)\n",
        machine::occasion()?,
        extent.seconds,
    ))
}

const CAPTION: &str = "
Customer's and adviser's desk are two Xvfb with openbox, on one machine; the adviser's program fills the screen, drawn by \
the processor. Lotse as `./dev run` starts it, by a relay over UDP; TigerVNC without a relay over TCP, its server scraping \
the same kind of display, Tight, once without JPEG and once with JPEG 8, which its viewer asks for by itself.

- *Key → pixel*: pressed at the adviser's, through the customer's computer, seen at the adviser's. *The customer's own*: \
pressed and seen at the customer's, while the adviser looks, in turns with the same on a desk of its kind that nobody looks \
at, four turns of each; the relay and the adviser's side run only when nobody else wants a processor then, since they belong on other \
computers.
- *cinema* is the film on all of the screen, 30 pictures a second. *MB*: all that went over the loopback, headers and acknowledgements too, in a network of its own where the system gives \
one; Lotse's halved, since the relay sends each packet on. *Processor*: user and system, the workload and 3 s of rest. The \
relay's and the X servers' are in neither.
- *Pictures*: of *film* (25 a second) and *cinema* those of which the adviser saw both ends, by the numbers that are in two of \
their corners; of all else moments at which the adviser's display had changed, of 60 a second, so that a picture that is painted in \
pieces counts more than once. *Exact after*: until both displays are the same but for a pointer, from the end of the workload; *not*: not \
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
