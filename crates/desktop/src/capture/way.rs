//! The ways in which a picture can come, in words for whoever has to find out why it is slow.

use std::fmt;

/// Where a picture comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// An X server, through memory that is shared with it.
    SharedMemory,
    /// An X server, through the connection: it is on another computer.
    Connection,
    /// Windows' desktop duplication.
    Duplication,
    /// Windows' GDI, and why not the duplication.
    Gdi(NotDuplicated),
    /// Memory: there is no screen.
    Synthetic,
}

/// Why the better source is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotDuplicated {
    /// Nothing was tried yet: the first picture does not wait for it.
    NotYet,
    /// This Windows has no Direct3D 11, or no device for it.
    Missing,
    /// It does not duplicate this desktop: a remote one, or one between two graphics cards.
    Unsupported,
    /// Too many programs do so already.
    Busy,
    /// A monitor is not among those that can be duplicated.
    Incomplete,
    /// Windows shows the desktop on which it asks for consent, or its lock, or nobody is at its screen.
    OtherDesktop,
    /// It was taken away: the mode has changed, or a program has taken the whole screen.
    Lost,
    /// The driver was reset or has failed.
    Driver,
    /// The driver has crashed a process that tried it out, or never came back.
    Crashed,
    /// It was asked for without.
    NotWanted,
    /// Something else; Windows' number for it.
    Failed(u32),
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SharedMemory => f.write_str("X11, through shared memory"),
            Self::Connection => f.write_str("X11, through the connection (no shared memory)"),
            Self::Duplication => f.write_str("desktop duplication"),
            Self::Gdi(why) => write!(f, "GDI, since {why}"),
            Self::Synthetic => f.write_str("memory"),
        }
    }
}

impl fmt::Display for NotDuplicated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet => f.write_str("nothing else was tried yet"),
            Self::Missing => f.write_str("this Windows has no Direct3D 11"),
            Self::Unsupported => {
                f.write_str("this desktop cannot be duplicated (remote, or between two graphics cards)")
            }
            Self::Busy => f.write_str("too many programs duplicate the desktop already"),
            Self::Incomplete => f.write_str("a monitor cannot be duplicated"),
            Self::OtherDesktop => f.write_str("Windows shows a desktop of its own"),
            Self::Lost => f.write_str("Windows has taken the duplication away"),
            Self::Driver => f.write_str("the graphics driver was reset or has failed"),
            Self::Crashed => f.write_str("the graphics driver crashed or never came back when it was tried out"),
            Self::NotWanted => f.write_str("it was not to be used"),
            Self::Failed(answer) => write!(f, "Windows answers 0x{answer:08X}"),
        }
    }
}
