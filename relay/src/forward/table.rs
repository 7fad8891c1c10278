//! Which token goes where.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use lotse_protocol::forward::{self, CHECK, HEADER, Token};

/// One end of a path, as it is when the path opens.
pub struct End {
    /// On its packets.
    pub token: Token,
    /// The validated address of its control connection.
    pub address: SocketAddr,
    /// The address of ours that it knows.
    pub local: Option<IpAddr>,
}

/// What has passed a path, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// From the offerer to the joiner.
    pub from_offerer: u64,
    /// From the joiner to the offerer.
    pub from_joiner: u64,
}

/// A leg's claim to have moved, to be answered from there.
#[derive(Clone)]
pub struct Check {
    token: Token,
    address: SocketAddr,
    packet: [u8; CHECK],
}

impl Check {
    /// What is to be sent to [`Self::address`], and to come back from there.
    #[must_use]
    pub fn packet(&self) -> &[u8; CHECK] {
        &self.packet
    }

    /// The address that is claimed.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Tokens and where their packets go. Read by the forwarding loop, once a batch; written when a path opens, closes or
/// moves.
#[derive(Default)]
pub struct Table(RwLock<Legs>);

/// What the forwarding loop sees of a [`Table`].
#[derive(Default)]
pub(super) struct Legs {
    legs: HashMap<Token, Leg>,
    checks: HashMap<Token, Check>,
}

/// What happens to packets that carry a leg's token.
pub(super) struct Leg {
    /// Where its program is.
    own: SocketAddr,
    other: Token,
    /// Where the other leg's program is, and the address of ours that it knows.
    address: SocketAddr,
    local: Option<IpAddr>,
    bytes: AtomicU64,
}

impl Leg {
    /// Takes a packet of `length` bytes on that came from `source`: writes the other leg's header, and says where it
    /// goes and where from. `None`: it did not come from this leg's program.
    pub(super) fn pass(
        &self,
        source: SocketAddr,
        length: usize,
        header: &mut [u8; HEADER],
    ) -> Option<(SocketAddr, Option<IpAddr>)> {
        if source != self.own {
            return None;
        }
        self.bytes.fetch_add(u64::try_from(length).unwrap_or(u64::MAX), Ordering::Relaxed);
        forward::write_header(header, &self.other);
        Some((self.address, self.local))
    }
}

impl Legs {
    /// The leg whose packets carry `token`.
    pub(super) fn get(&self, token: &Token) -> Option<&Leg> {
        self.legs.get(token)
    }

    /// The check that `packet` from `address` answers, if it does.
    pub(super) fn answered_check(&self, address: SocketAddr, packet: &[u8]) -> Option<Check> {
        let token = forward::parse_check(packet)?;
        self.checks.get(&token).filter(|check| check.address == address && check.packet == packet).cloned()
    }
}

impl Table {
    /// Forwards between two ends from now on.
    pub fn open(&self, offerer: End, joiner: End) {
        let mut table = self.write();
        for (end, other) in [(&offerer, &joiner), (&joiner, &offerer)] {
            let leg = Leg {
                own: end.address,
                other: other.token,
                address: other.address,
                local: other.local,
                bytes: AtomicU64::new(0),
            };
            table.legs.insert(end.token, leg);
        }
    }

    /// Forwards no longer. Returns what has passed.
    pub fn close(&self, offerer: &Token, joiner: &Token) -> Passed {
        let mut table = self.write();
        let [from_offerer, from_joiner] = [offerer, joiner].map(|token| {
            table.checks.remove(token);
            table.legs.remove(token).map_or(0, |leg| leg.bytes.into_inner())
        });
        Passed { from_offerer, from_joiner }
    }

    /// The control connection of the leg `token` is at `address` now. If packets do not come from and go to there yet,
    /// returns the check to be sent there. `nonce` is for a new one; one that is under way is sent again.
    pub fn check(&self, token: &Token, address: SocketAddr, nonce: [u8; forward::CHECK_NONCE]) -> Option<Check> {
        {
            let table = self.read();
            if table.legs.get(token)?.own == address && !table.checks.contains_key(token) {
                return None;
            }
        }
        let mut table = self.write();
        if table.legs.get(token)?.own == address {
            table.checks.remove(token);
            return None;
        }
        let fresh = || Check { token: *token, address, packet: forward::check(token, &nonce) };
        let check = table.checks.entry(*token).or_insert_with(fresh);
        if check.address != address {
            *check = fresh();
        }
        Some(check.clone())
    }

    /// An answered check: the leg has moved.
    pub(super) fn follow(&self, check: &Check) {
        let mut table = self.write();
        // Between the answer and here it may have been closed, or claimed to be elsewhere.
        if table.checks.get(&check.token).is_none_or(|current| current.packet != check.packet) {
            return;
        }
        table.checks.remove(&check.token);
        let Some(leg) = table.legs.get_mut(&check.token) else { return };
        leg.own = check.address;
        let other = leg.other;
        if let Some(other) = table.legs.get_mut(&other) {
            other.address = check.address;
        }
    }

    /// How many legs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().legs.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Legs> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Legs> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
