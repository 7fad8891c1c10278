//! What capture and injection on X11 share: finding the server, and knowing one that shows nothing.

use std::env;

use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectError, ConnectionError, ReplyError};
use x11rb::protocol::randr;
use x11rb::rust_connection::RustConnection;

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum ConnectFailure {
    /// The desktop is a Wayland one.
    Wayland,
    /// In the words of the system.
    Open(String),
}

impl From<ConnectError> for ConnectFailure {
    fn from(error: ConnectError) -> Self {
        Self::Open(error.to_string())
    }
}

impl From<ReplyError> for ConnectFailure {
    fn from(error: ReplyError) -> Self {
        Self::Open(error.to_string())
    }
}

impl From<ConnectionError> for ConnectFailure {
    fn from(error: ConnectionError) -> Self {
        Self::Open(error.to_string())
    }
}

/// Connects to the named X server, or to `$DISPLAY`. An X server inside a Wayland desktop (Xwayland) has a root window
/// that nobody sees: sharing it would share a black screen, so it is refused.
pub(crate) fn connect(name: Option<&str>) -> Result<(RustConnection, usize), ConnectFailure> {
    let is_set = |variable| env::var_os(variable).is_some_and(|value| !value.is_empty());
    if name.is_none() && !is_set("DISPLAY") {
        return Err(match is_set("WAYLAND_DISPLAY") {
            true => ConnectFailure::Wayland,
            false => ConnectFailure::Open("there is no X server ($DISPLAY is not set)".to_owned()),
        });
    }
    let (connection, screen) = RustConnection::connect(name)?;
    if is_xwayland(&connection, screen)? {
        return Err(ConnectFailure::Wayland);
    }
    Ok((connection, screen))
}

/// Newer ones have an extension of that name; older ones name their outputs after themselves.
fn is_xwayland(connection: &RustConnection, screen: usize) -> Result<bool, ConnectFailure> {
    if connection.extension_information("XWAYLAND")?.is_some() {
        return Ok(true);
    }
    if connection.extension_information(randr::X11_EXTENSION_NAME)?.is_none() {
        return Ok(false);
    }
    randr::query_version(connection, 1, 3)?.reply()?;
    let root = connection.setup().roots[screen].root;
    // A server with a RandR too old for this question is no Xwayland.
    let Ok(resources) = randr::get_screen_resources_current(connection, root)?.reply() else { return Ok(false) };
    let Some(output) = resources.outputs.first() else { return Ok(false) };
    let info = randr::get_output_info(connection, *output, resources.config_timestamp)?.reply()?;
    Ok(info.name.starts_with(b"XWAYLAND"))
}
