//! How long an update is on its way: a line that carries one byte after the other. The `replay` example has the same,
//! with our rule of what may wait; here every update is sent, as codecs do that do not ask.

/// A line and its round trip.
#[derive(Clone, Copy)]
pub(crate) struct Link {
    pub(crate) kbit: f64,
    pub(crate) rtt_ms: f64,
}

/// What was sent for one frame that differs from the one before.
#[derive(Clone, Copy)]
pub(crate) struct Update {
    /// Its frame.
    pub(crate) frame: u32,
    pub(crate) bytes: usize,
    pub(crate) encode_ms: f64,
}

impl Link {
    /// From capture to arrival, ms, of each update but the first, which has arrived before the clock starts.
    pub(crate) fn delays(self, updates: &[Update], fps: u32) -> Vec<f64> {
        let (mut host_free, mut line_free) = (0.0_f64, 0.0_f64);
        let mut delays = Vec::new();
        for update in updates.iter().skip(1) {
            let captured = f64::from(update.frame) * 1000.0 / f64::from(fps);
            host_free = host_free.max(captured) + update.encode_ms;
            line_free = line_free.max(host_free) + update.bytes as f64 * 8.0 / self.kbit;
            delays.push(line_free + self.rtt_ms / 2.0 - captured);
        }
        delays
    }
}
