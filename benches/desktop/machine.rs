//! The machine that measures: other programs, processor time, and what is to be said of it beside the figures.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::desk::process::Tree;

/// Ticks a second of the times in `/proc` (proc_pid_stat(5)): always so on Linux as programs see it.
const TICKS: f64 = 100.0;

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started or fails; with what it said.
pub(crate) fn run<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) -> Result<()> {
    output(program, arguments).map(|_| ())
}

/// The same; what it printed.
pub(crate) fn output<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) -> Result<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("starting {program}"))?;
    ensure!(output.status.success(), "{program} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Processor seconds, user and system, of a process and its descendants that live.
pub(crate) fn processor_seconds(pid: u32) -> f64 {
    Tree::of(pid).pids().map(|pid| ticks(&format!("/proc/{pid}/stat"), 11)).sum()
}

/// Processor seconds of all programs that this one has started and that have ended.
pub(crate) fn childrens_processor_seconds() -> f64 {
    ticks("/proc/self/stat", 13)
}

/// In a table: of little, what there is of it.
pub(crate) fn megabytes(bytes: f64) -> String {
    let megabytes = bytes / 1e6;
    if megabytes < 0.1 { format!("{megabytes:.4}") } else { format!("{megabytes:.2}") }
}

/// From now on these processes have of the processors what nobody else wants.
///
/// # Errors
/// When one of them is gone.
pub(crate) fn put_last(pids: &[u32]) -> Result<()> {
    for pid in pids {
        // Not niceness alone: who is merely nice keeps the processor until its turn is over.
        run("chrt", ["--idle", "--all-tasks", "--pid", "0", &pid.to_string()])?;
    }
    Ok(())
}

/// Processes that this one has started, or those have, whose name and environment are meant.
pub(crate) fn started(is_meant: impl Fn(&str, &str) -> bool) -> Vec<u32> {
    let look = |pid: u32, file: &str| {
        let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let meant = |pid: &u32| is_meant(look(*pid, "comm").trim(), &look(*pid, "environ"));
    Tree::of(std::process::id()).pids().filter(meant).collect()
}

/// The sum of two fields that follow each other, counted from the one after the name.
fn ticks(path: &str, field: usize) -> f64 {
    let stat = fs::read_to_string(path).unwrap_or_default();
    let fields = stat.rfind(')').and_then(|end| stat.get(end + 1..)).unwrap_or_default();
    let ticks = fields.split_whitespace().skip(field).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}

/// What of the processors' time somebody used until a moment, in ticks.
pub(crate) struct Busy {
    all: f64,
    busy: f64,
    /// By the machine's host, for its other guests: they say nothing of us, and make every figure worse.
    stolen: f64,
}

impl Busy {
    pub(crate) fn now() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let times: Vec<f64> =
            stat.lines().next().unwrap_or_default().split_whitespace().skip(1).filter_map(|t| t.parse().ok()).collect();
        let all: f64 = times.iter().sum();
        // Idle, and waiting for a disk.
        let idle: f64 = times.iter().skip(3).take(2).sum();
        Self { all, busy: all - idle, stolen: times.get(7).copied().unwrap_or_default() }
    }

    /// A sentence about the time since then.
    pub(crate) fn since(&self) -> String {
        let now = Self::now();
        let percent = |ticks: f64| 100.0 * ticks / (now.all - self.all).max(1.0);
        let (busy, stolen) = (percent(now.busy - self.busy), percent(now.stolen - self.stolen));
        format!(
            "All processors together were busy for {busy:.0} % of the run, others' work included, and for {stolen:.0} % of it with \
             that of the machine's host."
        )
    }
}

/// Bytes that have gone over the loopback: everything on it, with headers.
pub(crate) fn loopback_bytes() -> Result<f64> {
    let devices = fs::read_to_string("/proc/net/dev")?;
    let line = devices.lines().find_map(|line| line.trim().strip_prefix("lo:")).context("there is no loopback")?;
    Ok(line.split_whitespace().next().context("a device has a count")?.parse()?)
}

/// A line about the machine, for people who read the figures.
pub(crate) fn description(packages: &[&str]) -> Result<String> {
    let processor = fs::read_to_string("/proc/cpuinfo")?;
    let processor =
        processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("an unknown processor");
    let processor = processor.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let virtual_one = fs::read_to_string("/proc/cpuinfo")?.contains(" hypervisor");
    let shared = if virtual_one { ", virtual" } else { "" };
    let mut versions = Vec::new();
    for package in packages {
        let version = output("dpkg-query", ["-W", "-f", "${Version}", package]).unwrap_or_else(|_| "?".to_owned());
        versions.push(format!("{package} {version}"));
    }
    Ok(format!("{processor}, {cores} cores{shared}; Linux {}; {}", kernel.trim(), versions.join(", ")))
}

/// When, and of which commit.
pub(crate) fn occasion() -> Result<String> {
    let date = output("date", ["-u", "+%Y-%m-%d %H:%M UTC"])?;
    let commit = output("git", ["describe", "--always", "--dirty"]).unwrap_or_else(|_| "no commit".to_owned());
    Ok(format!("{}, commit {}", date.trim(), commit.trim()))
}

/// The nearest rank; 0 of nothing.
pub(crate) fn percentile(values: &mut [f64], hundredths: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * hundredths).div_ceil(100).saturating_sub(1);
    values.get(rank).copied().unwrap_or(0.0)
}
