//! Our own codec: the `replay` example, once without limits and once over the line.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::link::Link;
use super::recording::{Format, Recording};
use super::{Encode, Measured, OverLink, Quality};

pub(crate) fn measure(recording: &Recording, link: Link) -> Result<Measured> {
    let mut changes = 0_usize;
    recording.each_change(|number, _, _| {
        changes += usize::from(number > 0);
        Ok(())
    })?;
    let (free, narrow) = (replay(recording, None)?, replay(recording, Some(link))?);
    // With all that comes after a change to make it better.
    let per_change = |field| Ok::<_, anyhow::Error>(number(&free, field)? / changes.max(1) as f64);
    Ok(Measured {
        codec: "Lotse",
        updates: changes,
        bytes: whole(&free, "bytes")?,
        encode: Encode { mean_ms: per_change("encode_ms_all")?, p99_ms: Some(number(&free, "encode_ms_p99")?) },
        decode_ms: Some(per_change("decode_ms_all")?),
        quality: quality(&free)?,
        over_link: OverLink {
            bytes: whole(&narrow, "bytes")?,
            delay_ms: (number(&narrow, "delay_ms_p50")?, number(&narrow, "delay_ms_p95")?),
            exact_ms: Some(number(&narrow, "ms_to_exact")?),
            quality: quality(&narrow)?,
        },
    })
}

fn replay(recording: &Recording, link: Option<Link>) -> Result<Value> {
    // Cargo tells about the executables of this package alone; the example's lies beside them.
    let executable = Path::new(env!("CARGO_BIN_EXE_lotse")).with_file_name("examples").join("replay");
    ensure!(executable.exists(), "{} is missing: cargo build --release --workspace --examples", executable.display());
    let mut command = Command::new(executable);
    let Format { width, height, fps } = recording.format;
    let numbers = [("--width", width.into()), ("--height", height.into()), ("--fps", fps)];
    command.args(numbers.into_iter().flat_map(|(name, number): (_, u32)| [name.to_owned(), number.to_string()]));
    if let Some(Link { kbit, rtt_ms }) = link {
        command.args(["--rate-kbit", &kbit.to_string(), "--rtt-ms", &rtt_ms.to_string()]);
    }
    let (mut frames, output) = recording.frames()?.into_output();
    let replayed = command.stdin(Stdio::from(output)).stderr(Stdio::inherit()).output().context("starting replay")?;
    frames.wait()?;
    ensure!(replayed.status.success(), "replay failed");
    Ok(serde_json::from_slice(&replayed.stdout)?)
}

fn quality(replayed: &Value) -> Result<Quality> {
    let db = number(replayed, "psnr_db_overall")?;
    Ok(if db >= 999.0 { Quality::Exact } else { Quality::Db(db) })
}

fn number(replayed: &Value, field: &str) -> Result<f64> {
    replayed[field].as_f64().with_context(|| format!("replay prints no {field}"))
}

fn whole(replayed: &Value, field: &str) -> Result<usize> {
    let number = replayed[field].as_u64().with_context(|| format!("replay prints no {field}"))?;
    Ok(usize::try_from(number)?)
}
