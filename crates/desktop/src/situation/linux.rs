//! Linux has many voices: logind says who uses the seat and what the desktop said of its lock, the desktop's screen saver
//! says when it is up, lockers without a bus (i3lock, xsecurelock) are seen by what they do to the X server, and the X
//! server says when it darkens the screen. None of them is always there; each is believed for its own part.

mod bus;
mod x11;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::{Light, Presence, Reach, Sink, Situation, WatchError};
use crate::linux::Bell;

pub(super) struct Watch {
    shared: Arc<Shared>,
}

/// What the threads share. They end when they have nobody left to tell.
struct Shared {
    state: Mutex<State>,
    /// Wakes the thread that listens to the X server.
    bell: Bell,
}

struct State {
    facts: Facts,
    told: Situation,
    /// `None`: nobody wants to know any more.
    sink: Option<Sink>,
    /// To be closed at the end, which ends those who listen to them.
    buses: Vec<zbus::blocking::Connection>,
    wanted: Wanted,
}

/// Is the screen to be lit?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Nothing,
    Light,
}

/// What each voice said last.
#[derive(Default)]
struct Facts {
    dark: Dark,
    /// Windows that cover the screen while their program has the keyboard to itself.
    lockers: BTreeSet<u32>,
    /// Bus names of the screen savers that say they are up.
    savers: BTreeSet<String>,
    /// logind has been told of a lock.
    hinted: bool,
    /// Another session has the seat, which this one had before.
    in_background: bool,
}

/// Two ways of being dark.
#[derive(Default)]
struct Dark {
    /// The X server's own screen saver is up.
    blanked: bool,
    /// The screen's power is off or reduced.
    powered_down: bool,
}

/// Listens until nobody wants to know any more.
type Voice = fn(&Shared);

impl Facts {
    fn situation(&self) -> Situation {
        let presence = if self.in_background {
            Presence::Away
        } else if self.hinted || !self.lockers.is_empty() || !self.savers.is_empty() {
            Presence::Locked
        } else {
            Presence::Here
        };
        let light = if self.dark.blanked || self.dark.powered_down { Light::Asleep } else { Light::On };
        Situation { presence, light, reach: Reach::All }
    }
}

impl Watch {
    pub(super) fn start(sink: Sink) -> Result<Self, WatchError> {
        let state = State {
            facts: Facts::default(),
            told: Situation::default(),
            sink: Some(sink),
            buses: Vec::new(),
            wanted: Wanted::Nothing,
        };
        let watch = Self { shared: Arc::new(Shared { state: Mutex::new(state), bell: Bell::new()? }) };
        let voices: [(&str, Voice); 3] = [
            ("lotse-x11-watch", x11::listen),
            ("lotse-logind", bus::listen_to_logind),
            ("lotse-saver", bus::listen_to_savers),
        ];
        for (name, listen) in voices {
            let shared = Arc::clone(&watch.shared);
            thread::Builder::new().name(name.into()).spawn(move || listen(&shared))?;
        }
        Ok(watch)
    }

    pub(super) fn light_up(&self) {
        self.shared.with(|state| state.wanted = Wanted::Light);
        self.shared.bell.ring();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let (sink, buses) = self.shared.with(|state| (state.sink.take(), std::mem::take(&mut state.buses)));
        drop(sink);
        self.shared.bell.ring();
        for bus in buses {
            // It may have been closed by the other end.
            let _ = bus.close();
        }
    }
}

impl Shared {
    fn with<T>(&self, see: impl FnOnce(&mut State) -> T) -> T {
        // Nothing is left half-done under this lock.
        see(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A voice has said something.
    fn learn(&self, change: impl FnOnce(&mut Facts)) {
        self.with(|state| {
            change(&mut state.facts);
            let situation = state.facts.situation();
            if situation != state.told
                && let Some(sink) = &mut state.sink
            {
                state.told = situation;
                // Under the lock: what was later is told later.
                sink(situation);
            }
        });
    }

    fn is_over(&self) -> bool {
        self.with(|state| state.sink.is_none())
    }

    /// Hands a bus over to be closed at the end; `false` when the end has been already.
    fn keep(&self, bus: &zbus::blocking::Connection) -> bool {
        self.with(|state| {
            state.buses.push(bus.clone());
            state.sink.is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, Light, Presence};

    #[test]
    fn whoever_is_away_is_away_even_from_a_locked_screen_and_each_voice_counts() {
        let mut facts = Facts::default();
        assert_eq!((facts.situation().presence, facts.situation().light), (Presence::Here, Light::On));
        facts.savers.insert(":1.5".into());
        assert_eq!(facts.situation().presence, Presence::Locked);
        facts.in_background = true;
        assert_eq!(facts.situation().presence, Presence::Away);
        facts.in_background = false;
        facts.savers.clear();
        facts.lockers.insert(7);
        facts.dark.powered_down = true;
        assert_eq!((facts.situation().presence, facts.situation().light), (Presence::Locked, Light::Asleep));
    }
}
