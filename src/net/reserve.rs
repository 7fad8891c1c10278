//! What keeps a session alive through an outage (`docs/decisions/0001-transport.md`): a full congestion window would
//! hold back every heartbeat, and every acknowledgement too, until a loss timer that doubles each time. Each time a
//! heartbeat is due, one packet may leave all the same, as RFC 9002 allows for probes.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use quinn::congestion::{Controller, ControllerFactory, CubicConfig};
use quinn_proto::RttEstimator;

/// Lets one packet leave although the window is full. One for each connection.
#[derive(Clone, Default)]
pub(super) struct Reserve(Arc<AtomicBool>);

impl Reserve {
    /// The next packet may leave.
    pub(super) fn release(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl ControllerFactory for Reserve {
    fn build(self: Arc<Self>, now: Instant, mtu: u16) -> Box<dyn Controller> {
        let inner = Arc::new(CubicConfig::default()).build(now, mtu);
        Box::new(Reserved { inner, reserve: (*self).clone() })
    }
}

/// Cubic, with a reserve.
struct Reserved {
    inner: Box<dyn Controller>,
    reserve: Reserve,
}

impl Controller for Reserved {
    fn on_sent(&mut self, now: Instant, bytes: u64, last_packet_number: u64) {
        self.reserve.0.store(false, Ordering::Relaxed);
        self.inner.on_sent(now, bytes, last_packet_number);
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, app_limited: bool, rtt: &RttEstimator) {
        self.inner.on_ack(now, sent, bytes, app_limited, rtt);
    }

    fn on_end_acks(&mut self, now: Instant, in_flight: u64, app_limited: bool, largest: Option<u64>) {
        self.inner.on_end_acks(now, in_flight, app_limited, largest);
    }

    fn on_congestion_event(&mut self, now: Instant, sent: Instant, persistent: bool, lost: u64) {
        self.inner.on_congestion_event(now, sent, persistent, lost);
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.inner.on_mtu_update(new_mtu);
    }

    fn window(&self) -> u64 {
        if self.reserve.0.load(Ordering::Relaxed) { u64::MAX } else { self.inner.window() }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(Self { inner: self.inner.clone_box(), reserve: self.reserve.clone() })
    }

    fn initial_window(&self) -> u64 {
        self.inner.initial_window()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self.inner.into_any()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use quinn::congestion::ControllerFactory;

    use super::Reserve;

    #[test]
    fn a_reserve_is_good_for_one_packet() {
        let reserve = Reserve::default();
        let now = Instant::now();
        let mut controller = Arc::new(reserve.clone()).build(now, 1200);
        let full = controller.window();
        assert!(full < 1 << 20);
        reserve.release();
        assert_eq!(controller.window(), u64::MAX);
        controller.on_sent(now, 1200, 1);
        assert_eq!(controller.window(), full);
    }
}
