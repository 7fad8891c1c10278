//! Waking the window from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use egui::ViewportId;
use winit::event_loop::EventLoopProxy;

/// The event type of the loop is eframe's, since `eframe::create_native` wants its own.
pub(super) type Event = eframe::UserEvent;

/// Wakes the window from any thread: it ticks the application, shows what changed of the picture, and draws the view
/// if it is another. Cheap to call often: wakes that were not yet seen are one.
#[derive(Clone)]
pub struct Waker {
    proxy: EventLoopProxy<Event>,
    pending: Arc<AtomicBool>,
}

impl Waker {
    pub(super) fn new(proxy: EventLoopProxy<Event>) -> Self {
        Self { proxy, pending: Arc::new(AtomicBool::new(false)) }
    }

    /// Wakes the window.
    pub fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            let event =
                Event::RequestRepaint { viewport_id: mark(), when: Instant::now(), cumulative_pass_nr: u64::MAX };
            // A loop that has ended has nothing left to be woken for.
            let _ended = self.proxy.send_event(event);
        }
    }

    /// Is `event` one of ours? Then it is taken: the next [`wake`](Self::wake) sends another.
    pub(super) fn take(&self, event: &Event) -> bool {
        let Event::RequestRepaint { viewport_id, .. } = event;
        let ours = *viewport_id == mark();
        if ours {
            self.pending.store(false, Ordering::Release);
        }
        ours
    }
}

/// No window has this name: it tells our events from eframe's.
fn mark() -> ViewportId {
    ViewportId::from_hash_of("lotse wake")
}
