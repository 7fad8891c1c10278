//! Whose copy this is: the relay it looks for and the keys it trusts, fixed when the executable is built. There is no
//! file, no variable of the environment and no server that could change them afterwards.

use lotse_protocol::keys::RelayPins;

use crate::net::RelayAddress;

/// The relay's address, from `LOTSE_RELAY` in the environment of the build.
const RELAY: Option<&str> = option_env!("LOTSE_RELAY");

/// The relay's key, from `LOTSE_RELAY_KEY` in the environment of the build.
const RELAY_KEY: Option<&str> = option_env!("LOTSE_RELAY_KEY");

/// Where to go, and whom to trust there.
pub struct Institution {
    /// The relay's address.
    pub relay: RelayAddress,
    /// The relay's keys: without them nothing is spoken.
    pub pins: RelayPins,
}

/// The institution this executable was built for; `None` for a copy that belongs to nobody.
#[must_use]
pub fn built_in() -> Option<Institution> {
    Some(Institution { relay: RELAY?.parse().ok()?, pins: RELAY_KEY?.parse().ok()? })
}
