//! Prints the tables of docs/decisions/0001-transport.md: `cargo run --release -- [packets|outage|knobs|idle|lengths|rules|jump|narrow]`.

mod link;
mod plan;
mod room;
mod tls;
mod with_noq;
mod with_quinn;

use std::time::Duration;

use link::{HEADER, Shape};
use plan::{Congestion, Cure, Flow, Knobs, Outcome, Plan, Silence, Stack, Variant};
use room::{Rule, Smallest, Start, Within};

/// The pull rule in the words of the design.
pub(crate) const DESIGN: Rule = Rule {
    room: Within::Whole,
    slack: Duration::from_millis(20),
    update: Duration::from_millis(40),
    smallest: Smallest::Recent,
    start: Start::Slow,
};
/// The pull rule as it came out of this.
const CHOSEN: Rule = Rule {
    room: Within::OneOver,
    slack: Duration::from_millis(10),
    update: Duration::from_millis(20),
    smallest: Smallest::Probed,
    start: Start::Doubling,
};
const PULL: Flow = Flow::Pull(CHOSEN);
const CUBIC: Congestion = Congestion::Cubic;
const BBR: Congestion = Congestion::Bbr;

fn main() {
    let wanted = std::env::args().nth(1);
    let is_wanted = |name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
    if is_wanted("packets") {
        packets();
    }
    if is_wanted("outage") {
        outage("60 s without a path, screen at full rate", &outage_variants());
    }
    if is_wanted("knobs") {
        outage("the same, other settings of quinn", &knob_variants());
    }
    if is_wanted("idle") {
        idle();
    }
    if is_wanted("lengths") {
        lengths();
    }
    if is_wanted("rules") {
        rules();
    }
    if is_wanted("jump") {
        jump();
    }
    if is_wanted("narrow") {
        narrow();
    }
}

fn variant(name: &'static str, stack: Stack, congestion: Congestion, cure: Cure, flow: Flow) -> Variant {
    Variant { name, stack, congestion, cure, flow, silence: Silence::Ignored, knobs: Knobs::default() }
}

fn outage_variants() -> Vec<Variant> {
    use {Cure::*, Flow::Push, Stack::*};
    let held = |variant| Variant { silence: Silence::HoldsKeys, ..variant };
    vec![
        variant("quinn cubic, as it is", Quinn, CUBIC, Nothing, Push),
        variant("quinn BBR, as it is", Quinn, BBR, Nothing, Push),
        variant("quinn cubic, rebind", Quinn, CUBIC, Rebind, Push),
        variant("quinn cubic, relabelled peer", Quinn, CUBIC, Relabel, Push),
        variant("quinn cubic, pull", Quinn, CUBIC, Nothing, PULL),
        variant("quinn cubic, pull, rebind", Quinn, CUBIC, Rebind, PULL),
        held(variant("quinn cubic, pull, keys held", Quinn, CUBIC, Nothing, PULL)),
        held(variant("quinn cubic, pull, keys held, rebind", Quinn, CUBIC, Rebind, PULL)),
        variant("quinn cubic, reserve", Quinn, CUBIC, Reserve, Push),
        variant("quinn BBR, reserve", Quinn, BBR, Reserve, Push),
        held(variant("quinn cubic, reserve, keys held", Quinn, CUBIC, Reserve, Push)),
        held(variant("quinn cubic, reserve, pull, keys held", Quinn, CUBIC, Reserve, PULL)),
        chosen(),
        variant("noq cubic, as it is", Noq, CUBIC, Nothing, Push),
        variant("noq BBRv3, as it is", Noq, BBR, Nothing, Push),
        variant("noq cubic, rebind", Noq, CUBIC, Rebind, Push),
        variant("noq cubic, network change", Noq, CUBIC, NetworkChange, Push),
        variant("noq cubic, pull", Noq, CUBIC, Nothing, PULL),
        held(variant("noq cubic, pull, keys held", Noq, CUBIC, Nothing, PULL)),
        held(variant("noq cubic, pull, keys held, rebind", Noq, CUBIC, Rebind, PULL)),
    ]
}

fn chosen() -> Variant {
    Variant {
        silence: Silence::HoldsKeysBeatsFaster,
        ..variant("chosen: and beats faster", Stack::Quinn, CUBIC, Cure::Reserve, PULL)
    }
}

fn knob_variants() -> Vec<Variant> {
    let base = variant("quinn cubic, reserve", Stack::Quinn, CUBIC, Cure::Reserve, Flow::Push);
    let with = |name, cure, knobs| Variant { name, cure, knobs, ..base };
    let plain = Knobs::default();
    vec![
        with("reserve, persistent congestion off", Cure::Reserve, Knobs { persistent_congestion: 1000, ..plain }),
        with(
            "reserve, 10 packets / 2.0 time",
            Cure::Reserve,
            Knobs { packet_threshold: 10, time_threshold: 2.0, ..plain },
        ),
        with("nothing, persistent congestion off", Cure::Nothing, Knobs { persistent_congestion: 1000, ..plain }),
        with("nothing, acknowledgement frequency", Cure::Nothing, Knobs { ack_frequency: true, ..plain }),
    ]
}

fn run(plan: Plan) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    match plan.variant.stack {
        Stack::Quinn => runtime.block_on(with_quinn::run(plan)),
        Stack::Noq => runtime.block_on(with_noq::run(plan)),
    }
}

fn outage(title: &str, variants: &[Variant]) {
    println!("\n## {title}\n\n5 Mbit/s, queue 100 ms, round trip 10, 30 and 90 ms, three moments each.\n");
    outage_head();
    for variant in variants {
        outage_row(variant, variant.name, &[10, 30, 90], 5_000_000, 60_000);
    }
}

/// A connection that has nothing to say, such as the one to the relay.
fn idle() {
    println!("\n## 60 s without a path, nothing sent but signs of life every second\n");
    println!("Round trip 10, 30, 90 ms, three moments each; median / worst, in seconds after the path's return.\n");
    println!("| | alive | packet at the server | packet at the client |");
    println!("|---|---|---|---|");
    let idle = |name, stack, cure, keep_alive, beats| {
        let base = variant(name, stack, CUBIC, cure, Flow::Idle);
        Variant { knobs: Knobs { keep_alive, beats, ..base.knobs }, ..base }
    };
    for variant in [
        idle("quinn, keep_alive_interval", Stack::Quinn, Cure::Nothing, true, false),
        idle("quinn, keep_alive_interval, rebind", Stack::Quinn, Cure::Rebind, true, false),
        idle("quinn, heartbeat", Stack::Quinn, Cure::Nothing, false, true),
        idle("quinn, heartbeat, reserve", Stack::Quinn, Cure::Reserve, false, true),
        idle("noq, keep_alive_interval", Stack::Noq, Cure::Nothing, true, false),
    ] {
        let outs = outages(&variant, &[10, 30, 90], 5_000_000, 60_000);
        let alive = outs.iter().filter(|out| out.survived).count();
        println!(
            "| {} | {alive}/{} | {} | {} |",
            variant.name,
            outs.len(),
            median_worst(outs.iter().map(|out| out.packet_at_host).collect()),
            median_worst(outs.iter().map(|out| out.packet).collect()),
        );
    }
}

/// What was chosen, on other lines and for other lengths.
fn lengths() {
    println!("\n## What was chosen, elsewhere\n\nQueue 100 ms, three moments each.\n");
    outage_head();
    for rtt in [10, 90, 300, 600] {
        for (rate, name) in [(500_000, "0.5"), (5_000_000, "5"), (50_000_000, "50")] {
            for seconds in [2, 10, 60, 85] {
                let name = format!("{rtt} ms, {name} Mbit/s, {seconds} s");
                outage_row(&chosen(), &name, &[rtt], rate, seconds * 1000);
            }
        }
    }
}

fn outage_head() {
    println!("Median / worst, in seconds after the path's return.\n");
    println!("| | alive | packet at the host | at the viewer | heartbeat | screen | key and echo | full rate |");
    println!("|---|---|---|---|---|---|---|---|");
}

fn outages(variant: &Variant, rtts: &[u64], rate: u64, dark_ms: u64) -> Vec<Outcome> {
    let mut outs = Vec::new();
    for rtt in rtts {
        for seed in 1..=3 {
            let gone = Duration::from_millis(15_000 + seed * 271);
            let back = gone + Duration::from_millis(dark_ms);
            outs.push(run(Plan {
                variant: *variant,
                shape: shape(*rtt, rate, 100, 0.0),
                changes: vec![(gone, |shape| shape.dark = true), (back, |shape| shape.dark = false)],
                returns: Some(back),
                length: back + Duration::from_secs(75),
                count: (Duration::from_secs(5), gone),
                seed,
            }));
        }
    }
    outs
}

fn outage_row(variant: &Variant, name: &str, rtts: &[u64], rate: u64, dark_ms: u64) {
    let outs = outages(variant, rtts, rate, dark_ms);
    let alive = outs.iter().filter(|out| out.survived).count();
    let column = |pick: fn(&Outcome) -> Option<Duration>| median_worst(outs.iter().map(pick).collect());
    println!(
        "| {name} | {alive}/{} | {} | {} | {} | {} | {} | {} |",
        outs.len(),
        column(|out| out.packet_at_host),
        column(|out| out.packet),
        column(|out| out.heartbeat),
        column(|out| out.screen),
        column(|out| out.key),
        column(|out| out.full),
    );
}

fn median_worst(mut values: Vec<Option<Duration>>) -> String {
    // `None` is never: worse than any time.
    values.sort_by_key(|value| value.unwrap_or(Duration::MAX));
    let show = |value: Option<Duration>| value.map_or("never".into(), |value| format!("{:.2}", value.as_secs_f64()));
    format!("{} / {}", show(values[values.len() / 2]), show(values[values.len() - 1]))
}

fn flow_variants() -> Vec<Variant> {
    use {Cure::*, Flow::Push, Stack::*};
    vec![
        variant("quinn cubic, push", Quinn, CUBIC, Nothing, Push),
        variant("quinn cubic, pull", Quinn, CUBIC, Nothing, PULL),
        variant("quinn cubic, pull, reserve", Quinn, CUBIC, Reserve, PULL),
        variant("quinn BBR, push", Quinn, BBR, Nothing, Push),
        variant("quinn BBR, pull", Quinn, BBR, Nothing, PULL),
        variant("noq cubic, push", Noq, CUBIC, Nothing, Push),
        variant("noq cubic, pull", Noq, CUBIC, Nothing, PULL),
        variant("noq BBRv3, push", Noq, BBR, Nothing, Push),
        variant("noq BBRv3, pull", Noq, BBR, Nothing, PULL),
    ]
}

fn rule_variants() -> Vec<Variant> {
    let ms = Duration::from_millis;
    let slow = Rule { start: Start::Slow, ..CHOSEN };
    let pull = |name, rule| variant(name, Stack::Quinn, CUBIC, Cure::Reserve, Flow::Pull(rule));
    vec![
        pull("the design's words, trip of 10 s", DESIGN),
        pull("one over, trip of 10 s", Rule { room: Within::OneOver, ..DESIGN }),
        pull("one over, smallest trip ever", Rule { room: Within::OneOver, smallest: Smallest::Ever, ..DESIGN }),
        pull("whole, trip probed", Rule { smallest: Smallest::Probed, ..DESIGN }),
        pull("one over, trip probed", Rule { slack: ms(20), update: ms(40), ..slow }),
        pull("the same, slack 0", Rule { slack: ms(0), update: ms(40), ..slow }),
        pull("the same, updates of 20 ms", Rule { slack: ms(20), ..slow }),
        pull("the same, slack 10, updates of 20 ms", slow),
        pull("the same, slack 0, updates of 20 ms", Rule { slack: ms(0), ..slow }),
        pull("chosen: slack 10, updates of 20 ms, doubling", CHOSEN),
        pull("the same, slack 20, updates of 20 ms", Rule { slack: ms(20), ..CHOSEN }),
        pull("the same, slack 10, updates of 10 ms", Rule { update: ms(10), ..CHOSEN }),
        pull("the same, slack 10, updates of 40 ms", Rule { update: ms(40), ..CHOSEN }),
    ]
}

/// The ways to read the pull rule, on four lines.
fn rules() {
    println!("\n## Ways to read the pull rule\n");
    for (name, rtt, rate, queue, after) in [
        ("2 Mbit/s, 20 ms, queue 500 ms", 20, 2_000_000, 500, 10),
        ("20 Mbit/s, 20 ms, queue 200 ms", 20, 20_000_000, 200, 10),
        ("2 Mbit/s, 600 ms, queue 500 ms", 600, 2_000_000, 500, 10),
        ("10 Mbit/s, 5 → 600 ms, queue 100 ms", 5, 10_000_000, 100, 600),
    ] {
        println!("\n{name}\n");
        flows(&rule_variants(), &[0.0], |variant, _| Plan {
            variant,
            shape: shape(rtt, rate, queue, 0.0),
            changes: if after == 600 { vec![jump_at_15()] } else { Vec::new() },
            returns: None,
            length: Duration::from_secs(75),
            count: (Duration::from_secs(20), Duration::from_secs(70)),
            seed: 1,
        });
    }
}

fn jump_at_15() -> plan::Change {
    (Duration::from_secs(15), |shape| shape.one_way = Duration::from_millis(300))
}

fn jump() {
    println!("\n## Round trip 5 → 600 ms at 15 s\n\n10 Mbit/s, queue 100 ms; keys sent 30–60 s.\n");
    flows(&flow_variants(), &[0.0], |variant, _| Plan {
        variant,
        shape: shape(5, 10_000_000, 100, 0.0),
        changes: vec![jump_at_15()],
        returns: None,
        length: Duration::from_secs(65),
        count: (Duration::from_secs(30), Duration::from_secs(60)),
        seed: 1,
    });
}

fn narrow() {
    println!("\n## 2 Mbit/s behind a 500 ms drop-tail queue, with loss\n\nRound trip 20 ms; keys sent 10–70 s.\n");
    flows(&flow_variants(), &[0.0, 0.05, 0.1, 0.2], |variant, loss| Plan {
        variant,
        shape: shape(20, 2_000_000, 500, loss),
        changes: Vec::new(),
        returns: None,
        length: Duration::from_secs(75),
        count: (Duration::from_secs(10), Duration::from_secs(70)),
        seed: 1,
    });
}

fn flows(variants: &[Variant], losses: &[f64], plan: impl Fn(Variant, f64) -> Plan) {
    println!("| | loss | alive | echo p50 / p95 ms | key → picture p50 / p95 ms | slowest echo s | unseen | Mbit/s |");
    println!("|---|---|---|---|---|---|---|---|");
    for &variant in variants {
        for &loss in losses {
            let out = run(plan(variant, loss));
            println!(
                "| {} | {:.0} % | {} | {} | {} | {:.2} | {} | {:.2} |",
                variant.name,
                loss * 100.0,
                if out.survived { "yes" } else { "no" },
                percentiles(&out.echo),
                percentiles(&out.picture),
                out.slowest.as_secs_f64(),
                out.unseen,
                out.rate * 8.0 / 1e6,
            );
        }
    }
}

fn percentiles(sorted: &[Duration]) -> String {
    if sorted.is_empty() {
        return "none".into();
    }
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    format!("{:.0} / {:.0}", at(0.5), at(0.95))
}

fn packets() {
    println!("\n## Largest packet\n");
    for (name, stack, segments) in [
        ("quinn, no segmentation offload", Stack::Quinn, 1),
        ("quinn, trains of ten", Stack::Quinn, 10),
        ("noq, no segmentation offload", Stack::Noq, 1),
        ("noq, trains of ten", Stack::Noq, 10),
    ] {
        let mut variant = variant(name, stack, CUBIC, Cure::Nothing, Flow::Push);
        variant.knobs.segments = segments;
        let out = run(Plan {
            variant,
            shape: shape(20, 20_000_000, 100, 0.02),
            changes: Vec::new(),
            returns: None,
            length: Duration::from_secs(10),
            count: (Duration::from_secs(1), Duration::from_secs(10)),
            seed: 1,
        });
        println!(
            "- {name}: {} bytes inside, {} with our header, {} with UDP and IPv6; {} trains; {:.1} Mbit/s",
            out.largest - HEADER,
            out.largest,
            out.largest + 48,
            out.trains,
            out.rate * 8.0 / 1e6,
        );
    }
}

fn shape(rtt_ms: u64, rate: u64, queue_ms: u64, loss: f64) -> Shape {
    Shape {
        one_way: Duration::from_micros(rtt_ms * 500),
        rate,
        queue: Duration::from_millis(queue_ms),
        loss,
        dark: false,
    }
}
