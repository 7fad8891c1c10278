//! Prints the tables of docs/decisions/0001-transport.md: `cargo run --release -- [outage|jump|narrow|knobs|packets]`.

mod link;
mod plan;
mod room;
mod tls;
mod with_noq;
mod with_quinn;

use std::time::Duration;

use link::{HEADER, Shape};
use plan::{Congestion, Cure, Flow, Knobs, Outcome, Plan, Stack, Variant};
use room::Smallest;

const PULL: Flow = Flow::Pull(Smallest::Recent);
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
    if is_wanted("jump") {
        jump();
    }
    if is_wanted("narrow") {
        narrow();
    }
}

fn variant(name: &'static str, stack: Stack, congestion: Congestion, cure: Cure, flow: Flow) -> Variant {
    Variant { name, stack, congestion, cure, flow, knobs: Knobs::default() }
}

fn outage_variants() -> Vec<Variant> {
    use {Cure::*, Flow::Push, Stack::*};
    vec![
        variant("quinn cubic, as it is", Quinn, CUBIC, Nothing, Push),
        variant("quinn BBR, as it is", Quinn, BBR, Nothing, Push),
        variant("quinn cubic, rebind", Quinn, CUBIC, Rebind, Push),
        variant("quinn cubic, relabelled peer", Quinn, CUBIC, Relabel, Push),
        variant("quinn cubic, pull rule", Quinn, CUBIC, Nothing, PULL),
        variant("quinn cubic, pull rule, rebind", Quinn, CUBIC, Rebind, PULL),
        variant("quinn cubic, reserve", Quinn, CUBIC, Reserve, Push),
        variant("quinn BBR, reserve", Quinn, BBR, Reserve, Push),
        variant("quinn cubic, reserve, pull rule", Quinn, CUBIC, Reserve, PULL),
        variant("noq cubic, as it is", Noq, CUBIC, Nothing, Push),
        variant("noq BBRv3, as it is", Noq, BBR, Nothing, Push),
        variant("noq cubic, rebind", Noq, CUBIC, Rebind, Push),
        variant("noq cubic, network change", Noq, CUBIC, NetworkChange, Push),
        variant("noq cubic, pull rule", Noq, CUBIC, Nothing, PULL),
    ]
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
    println!(
        "\n## {title}\n\n5 Mbit/s, queue 100 ms, round trip 10, 30 and 90 ms, three moments each: median / worst, in seconds.\n"
    );
    println!("| | alive | packet | heartbeat | screen | key and echo | full rate |");
    println!("|---|---|---|---|---|---|---|");
    for variant in variants {
        let mut outs = Vec::new();
        for rtt in [10, 30, 90] {
            for seed in 1..=3 {
                let gone = Duration::from_millis(15_000 + seed * 271);
                let back = gone + Duration::from_secs(60);
                outs.push(run(Plan {
                    variant: *variant,
                    shape: shape(rtt, 5_000_000, 100, 0.0),
                    changes: vec![(gone, |shape| shape.dark = true), (back, |shape| shape.dark = false)],
                    returns: Some(back),
                    length: back + Duration::from_secs(75),
                    count: (Duration::from_secs(5), gone),
                    seed,
                }));
            }
        }
        let alive = outs.iter().filter(|out| out.survived).count();
        let column = |pick: fn(&Outcome) -> Option<Duration>| median_worst(outs.iter().map(pick).collect());
        println!(
            "| {} | {alive}/{} | {} | {} | {} | {} | {} |",
            variant.name,
            outs.len(),
            column(|out| out.packet),
            column(|out| out.heartbeat),
            column(|out| out.screen),
            column(|out| out.key),
            column(|out| out.full),
        );
    }
}

fn median_worst(mut values: Vec<Option<Duration>>) -> String {
    // `None` is never: worse than any time.
    values.sort_by_key(|value| value.unwrap_or(Duration::MAX));
    let show = |value: Option<Duration>| value.map_or("never".into(), |value| format!("{:.2}", value.as_secs_f64()));
    format!("{} / {}", show(values[values.len() / 2]), show(values[values.len() - 1]))
}

fn flow_variants() -> Vec<Variant> {
    use {Cure::*, Flow::Push, Stack::*};
    let ever = Flow::Pull(Smallest::Ever);
    vec![
        variant("quinn cubic, push", Quinn, CUBIC, Nothing, Push),
        variant("quinn cubic, pull", Quinn, CUBIC, Nothing, PULL),
        variant("quinn cubic, pull, smallest trip ever", Quinn, CUBIC, Nothing, ever),
        variant("quinn cubic, pull, reserve", Quinn, CUBIC, Reserve, PULL),
        variant("quinn BBR, push", Quinn, BBR, Nothing, Push),
        variant("quinn BBR, pull", Quinn, BBR, Nothing, PULL),
        variant("noq cubic, push", Noq, CUBIC, Nothing, Push),
        variant("noq cubic, pull", Noq, CUBIC, Nothing, PULL),
        variant("noq BBRv3, push", Noq, BBR, Nothing, Push),
        variant("noq BBRv3, pull", Noq, BBR, Nothing, PULL),
    ]
}

fn jump() {
    println!("\n## Round trip 5 → 600 ms at 15 s\n\n10 Mbit/s, queue 100 ms; keys sent 30–60 s.\n");
    flows(&[0.0], |variant, _| Plan {
        variant,
        shape: shape(5, 10_000_000, 100, 0.0),
        changes: vec![(Duration::from_secs(15), |shape| shape.one_way = Duration::from_millis(300))],
        returns: None,
        length: Duration::from_secs(65),
        count: (Duration::from_secs(30), Duration::from_secs(60)),
        seed: 1,
    });
}

fn narrow() {
    println!("\n## 2 Mbit/s behind a 500 ms drop-tail queue, with loss\n\nRound trip 20 ms; keys sent 10–70 s.\n");
    flows(&[0.0, 0.05, 0.1, 0.2], |variant, loss| Plan {
        variant,
        shape: shape(20, 2_000_000, 500, loss),
        changes: Vec::new(),
        returns: None,
        length: Duration::from_secs(75),
        count: (Duration::from_secs(10), Duration::from_secs(70)),
        seed: 1,
    });
}

fn flows(losses: &[f64], plan: impl Fn(Variant, f64) -> Plan) {
    println!("| | loss | alive | echo p50 / p95 ms | key → picture p50 / p95 ms | unseen | Mbit/s |");
    println!("|---|---|---|---|---|---|---|");
    for variant in flow_variants() {
        for &loss in losses {
            let out = run(plan(variant, loss));
            println!(
                "| {} | {:.0} % | {} | {} | {} | {} | {:.2} |",
                variant.name,
                loss * 100.0,
                if out.survived { "yes" } else { "no" },
                percentiles(&out.echo),
                percentiles(&out.picture),
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
