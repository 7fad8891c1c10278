//! What a run is, and what came out of it.

use std::time::Duration;

use crate::{link::Shape, room::Rule};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stack {
    Quinn,
    Noq,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Congestion {
    Cubic,
    /// BBR in quinn, BBRv3 in noq.
    Bbr,
}

/// What is done about an outage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cure {
    Nothing,
    /// `rebind_abstract` with a fresh socket, both sides, when the control plane is back.
    Rebind,
    /// noq's `handle_network_change`, both sides, when the control plane is back.
    NetworkChange,
    /// The host's socket shows its peer under another address when the control plane is back: quinn's own migration.
    Relabel,
    /// Every heartbeat may leave although the congestion window is full.
    Reserve,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flow {
    /// An update whenever quinn takes it.
    Push,
    /// An update when the pull rule has room.
    Pull(Rule),
    /// Neither screen nor keys: a control connection.
    Idle,
}

/// What an end does that has heard nothing for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Silence {
    /// Nothing: keys are sent on, beats keep their second.
    Ignored,
    /// The viewer sends no keys after three seconds.
    HoldsKeys,
    /// The same, and both ends beat every half second after one and a half.
    HoldsKeysBeatsFaster,
}

#[derive(Clone, Copy, Debug)]
pub struct Knobs {
    pub persistent_congestion: u32,
    pub packet_threshold: u32,
    pub time_threshold: f32,
    pub ack_frequency: bool,
    pub segments: usize,
    /// The stack's own pings.
    pub keep_alive: bool,
    /// Our heartbeat.
    pub beats: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            persistent_congestion: 3,
            packet_threshold: 3,
            time_threshold: 9.0 / 8.0,
            ack_frequency: false,
            segments: 1,
            keep_alive: false,
            beats: true,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Variant {
    pub name: &'static str,
    pub stack: Stack,
    pub congestion: Congestion,
    pub cure: Cure,
    pub flow: Flow,
    pub silence: Silence,
    pub knobs: Knobs,
}

/// One change of the link, at a time after the session began.
pub type Change = (Duration, fn(&mut Shape));

#[derive(Clone, Debug)]
pub struct Plan {
    pub variant: Variant,
    pub shape: Shape,
    pub changes: Vec<Change>,
    /// When the path returns, if it was ever gone.
    pub returns: Option<Duration>,
    pub length: Duration,
    /// Keystrokes sent in this span are counted.
    pub count: (Duration, Duration),
    pub seed: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub survived: bool,
    /// After the path's return: first packet at the viewer and at the host, first heartbeat, first new byte of the screen at the viewer, first key's
    /// echo sent after the return, first key at the host.
    pub packet: Option<Duration>,
    pub packet_at_host: Option<Duration>,
    pub heartbeat: Option<Duration>,
    pub screen: Option<Duration>,
    pub key: Option<Duration>,
    /// Until the screen's rate over one second is 80 % of what it was before the outage.
    pub full: Option<Duration>,
    /// Key → echo on its own stream, and key → update that shows it, in the counted span, sorted.
    pub echo: Vec<Duration>,
    pub picture: Vec<Duration>,
    /// Keys sent in the counted span whose picture never came.
    pub unseen: usize,
    /// The slowest echo of a key sent after ten seconds.
    pub slowest: Duration,
    /// Screen bytes per second in the counted span.
    pub rate: f64,
    pub largest: usize,
    pub trains: u64,
}
