//! What a helped desktop costs, beside other programs for the same: `./dev bench codec` and `./dev bench session`, which
//! install what this needs. `README.md` says which file is what.

mod codec;
mod content;
#[path = "../../tests/desk/mod.rs"]
mod desk;
mod machine;
#[path = "../../tests/session/people.rs"]
#[allow(dead_code, reason = "shared with the tests of a session, which need more of it")]
mod people;
mod plot;
mod screen;
mod session;
mod workloads;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser as _;

use session::Line;
use workloads::Workload;

#[derive(clap::Parser)]
struct Arguments {
    /// Without one: `codec --quick`
    #[command(subcommand)]
    what: Option<What>,
    /// What cargo tells every benchmark
    #[arg(long, global = true, hide = true)]
    bench: bool,
}

#[derive(clap::Subcommand)]
enum What {
    /// Codecs on recorded frames
    Codec {
        #[command(flatten)]
        which: Which,
        /// On these as well: a folder of recordings, one *.mkv without loss each
        #[arg(long)]
        recordings: Option<PathBuf>,
    },
    /// The whole program, live
    Session {
        #[command(flatten)]
        which: Which,
        /// Only keys beside a film, with the customer behind so many kbit/s and ms there and back
        #[arg(long, value_parser = line)]
        link: Option<Line>,
    },
}

#[derive(clap::Args)]
struct Which {
    /// A few seconds of each workload; the figures go to target/bench/desktop alone
    #[arg(long)]
    quick: bool,
    /// Only these workloads, and of a session "own": the customer's own keys; the figures go to target/bench/desktop alone
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// How much is measured.
struct Extent {
    workloads: Vec<Workload>,
    /// The customer's own keys too.
    own_keys: bool,
    /// Of each workload.
    seconds: u64,
}

/// Where things lie.
struct Places {
    /// What can be made again.
    scratch: PathBuf,
    /// The figures.
    results: PathBuf,
}

impl Extent {
    /// Nothing, or what moves.
    fn beside_keys(&self) -> impl Iterator<Item = Option<Workload>> {
        [None, Some(Workload::Scroll), Some(Workload::Film)].into_iter()
    }

    fn beside_advisers_keys(&self) -> Vec<Option<Workload>> {
        let is_meant = |one: &Option<Workload>| one.is_none_or(|one| self.workloads.contains(&one));
        if self.workloads.is_empty() { Vec::new() } else { self.beside_keys().filter(is_meant).collect() }
    }

    fn beside_own_keys(&self) -> Vec<Option<Workload>> {
        if self.own_keys { self.beside_keys().collect() } else { Vec::new() }
    }
}

impl Which {
    fn chosen(&self, all: &[Workload]) -> Result<(Places, Extent)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let scratch = root.join("target/bench/desktop");
        let find = |name: &String| {
            let found = all.iter().find(|workload| workload.name() == name);
            found.copied().with_context(|| format!("there is no workload \"{name}\""))
        };
        let (own, others): (Vec<_>, Vec<_>) = self.only.iter().partition(|name| *name == "own");
        let some = others.into_iter().map(find).collect::<Result<Vec<_>>>()?;
        // What is kept is measured whole.
        let whole = !self.quick && self.only.is_empty();
        let results = if whole { root.join("docs/benchmarks") } else { scratch.clone() };
        let workloads = if self.only.is_empty() { all.to_vec() } else { some };
        let own_keys = self.only.is_empty() || !own.is_empty();
        Ok((Places { scratch, results }, Extent { workloads, own_keys, seconds: if self.quick { 3 } else { 10 } }))
    }
}

fn main() -> Result<()> {
    let quick = What::Codec { which: Which { quick: true, only: Vec::new() }, recordings: None };
    match Arguments::parse().what.unwrap_or(quick) {
        What::Codec { which, recordings } => {
            let (places, extent) = which.chosen(workloads::RECORDED)?;
            codec::measure(&places, &extent, recordings.as_deref())
        }
        What::Session { which, link } => {
            let (places, extent) = which.chosen(workloads::LIVE)?;
            match link {
                Some(line) => session::measure_slow(&places, &extent, line),
                None => session::measure(&places, &extent),
            }
        }
    }
}

/// "2000,40"
fn line(text: &str) -> Result<Line> {
    let (kbit, rtt_ms) = text.split_once(',').context("kbit/s,ms")?;
    Ok(Line { kbit: kbit.parse()?, rtt_ms: rtt_ms.parse()? })
}
