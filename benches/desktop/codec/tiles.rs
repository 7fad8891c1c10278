//! The simplest codec that there is: squares of 64×64 pixels that changed, three bytes a pixel, into one zstd stream of
//! level 3 that lasts.

use std::io::Write as _;
use std::time::Instant;

use anyhow::Result;

use super::link::Update;
use super::recording::Recording;
use super::{Measured, Quality};

const SIDE: usize = 64;

pub(crate) fn measure(recording: &Recording) -> Result<Measured> {
    let mut stream = zstd::stream::write::Encoder::new(Vec::new(), 3)?;
    let mut updates = Vec::new();
    let (stride, height) = (recording.format.stride(), usize::from(recording.format.height));
    recording.each_change(|frame_number, frame, last| {
        let begun = Instant::now();
        for top in (0..height).step_by(SIDE) {
            for left in (0..stride).step_by(SIDE * 4) {
                let right = stride.min(left + SIDE * 4);
                let rows = || (top..height).take(SIDE).map(|row| row * stride);
                if frame_number > 0 && rows().all(|row| frame[row + left..row + right] == last[row + left..row + right])
                {
                    continue;
                }
                let place = u16::try_from(top / SIDE * 256 + left / SIDE / 4)?;
                stream.write_all(&place.to_le_bytes())?;
                let pixels: Vec<u8> = rows()
                    .flat_map(|row| frame[row + left..row + right].chunks_exact(4))
                    .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
                    .collect();
                stream.write_all(&pixels)?;
            }
        }
        stream.flush()?;
        let encode_ms = begun.elapsed().as_secs_f64() * 1000.0;
        updates.push(Update { frame: frame_number, bytes: stream.get_ref().len(), encode_ms });
        stream.get_mut().clear();
        Ok(())
    })?;
    Ok(Measured::of_updates("tiles + zstd-3", &updates, recording.format.fps, Quality::Exact))
}
