//! A customer with the gate before its hands, as the real program has it, and with an adviser who may do everything.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

use lotse::host::ViewerId as Seat;
use lotse::host::gate::{Gate, GateEvent, Hands, Suspension};
use lotse::net::{Code, CodeState, Command, Event, HostPort, Net, RoleConfig, ViewerId, Welcome};
use lotse_desktop::inject::{Button, InjectError, Press, Stroke};
use lotse_protocol::code::ChannelCode;
use lotse_protocol::id::Id;
use lotse_protocol::message::input::input_message;
use lotse_protocol::message::session::{Applied, Rights, session_message};
use lotse_protocol::permission::{Permission, Permissions};

use crate::party::{Relay, SOON, start};

pub(crate) struct Gated {
    _net: Arc<Mutex<Net>>,
    id_and_code: mpsc::Receiver<(Id, ChannelCode)>,
    keys: mpsc::Receiver<u32>,
    port: Arc<Port>,
}

impl Gated {
    pub(crate) fn start(relay: &Relay) -> Self {
        let (press, keys) = mpsc::channel();
        let (changed, rights) = mpsc::channel();
        let gate = Gate::start(Some(Box::new(Keys(press))), move |event| {
            if let GateEvent::Rights { viewer, rights } = event {
                let _ = changed.send((viewer, rights));
            }
        });
        let port = Arc::new(Port { gate: gate.expect("two threads"), turned_away: AtomicUsize::new(0) });
        let policy = Permissions::from(Permission::View).with(Permission::Control);
        let role = RoleConfig::Customer { policy, institution: None, welcome: Welcome::Anyone, port: port.clone() };
        let (net, events) = start(&relay.address.to_string(), relay.pins, role);
        let net = Arc::new(Mutex::new(net));
        let (tell, id_and_code) = mpsc::channel();
        let saying = Arc::downgrade(&net);
        thread::spawn(move || {
            for (_, rights) in rights {
                let rights = Rights {
                    effective: rights.effective.to_wire(),
                    askable: rights.askable.to_wire(),
                    epoch: rights.epoch,
                    granted: rights.granted.to_wire(),
                    ..Rights::default()
                };
                let Some(net) = saying.upgrade() else { return };
                net.lock().expect("no panic").send(Command::Say(session_message::Body::Rights(rights)));
            }
        });
        let gate = port.clone();
        thread::spawn(move || {
            let mut id = None;
            events.each(|event| match event {
                Event::Registered(registered) => id = Some(registered),
                Event::Code(Code(CodeState::Shown { code, .. })) => {
                    let _ = tell.send((id.expect("an ID comes first"), code));
                }
                Event::Started(peer) => {
                    let (seat, ceiling) = (seat(peer.viewer), peer.card.expect("a host sees a card").ceiling);
                    gate.gate.join(seat, ceiling, peer.policy).expect("a seat");
                    gate.gate.grant(seat, policy).expect("within both");
                }
                Event::Link { silent: true, .. } => {
                    gate.gate.suspend(Suspension::Silence);
                }
                Event::Link { silent: false, .. } => gate.gate.resume(Suspension::Silence),
                _ => {}
            });
        });
        Self { _net: net, id_and_code, keys, port }
    }

    pub(crate) fn id_and_code(&self) -> (Id, ChannelCode) {
        self.id_and_code.recv_timeout(SOON).expect("an ID and a code")
    }

    /// The next key that is pressed.
    pub(crate) fn next_key(&self) -> Option<u32> {
        self.keys.recv_timeout(SOON).ok()
    }

    /// What the gate did not let through.
    pub(crate) fn turned_away(&self) -> usize {
        self.port.turned_away.load(Ordering::SeqCst)
    }
}

const fn seat(viewer: ViewerId) -> Seat {
    Seat(viewer.0)
}

struct Port {
    gate: Gate,
    turned_away: AtomicUsize,
}

impl HostPort for Port {
    fn input(&self, viewer: ViewerId, epoch: u64, input: input_message::Body) {
        if self.gate.admit(seat(viewer), epoch, &input).is_err() {
            self.turned_away.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn applied(&self, _: ViewerId, _: Applied) {}

    fn keyframe_wanted(&self, _: ViewerId, _: u32) {}

    fn lost(&self, viewer: ViewerId) {
        self.gate.leave(seat(viewer));
    }
}

/// Hands that say which keys they press.
struct Keys(mpsc::Sender<u32>);

impl Hands for Keys {
    fn key(&mut self, stroke: Stroke, press: Press) -> Result<(), InjectError> {
        if press == Press::Down {
            let _ = self.0.send(stroke.usage);
        }
        Ok(())
    }

    fn type_text(&mut self, _: char) -> Result<(), InjectError> {
        Ok(())
    }

    fn button(&mut self, _: Button, _: Press) -> Result<(), InjectError> {
        Ok(())
    }

    fn wheel(&mut self, _: i32, _: i32) -> Result<(), InjectError> {
        Ok(())
    }

    fn move_to(&mut self, _: u32, _: u32, _: u32) -> Result<(), InjectError> {
        Ok(())
    }

    fn release_all(&mut self) -> Result<(), InjectError> {
        Ok(())
    }

    fn tidy(&mut self, _: Instant) -> Result<Option<Instant>, InjectError> {
        Ok(None)
    }
}
