//! What an adviser may do, one by one (design, invariant 3).

use std::fmt;
use std::ops::{BitAnd, BitOr};

/// One thing a customer can allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u32)]
pub enum Permission {
    /// See the screen.
    View = 1,
    /// Use mouse and keyboard.
    Control = 1 << 1,
    /// Put something on the customer's clipboard.
    ClipboardToHost = 1 << 2,
    /// Read the customer's clipboard.
    ClipboardToViewer = 1 << 3,
    /// Send a file to the customer.
    FilesToHost = 1 << 4,
    /// Get a file from the customer.
    FilesToViewer = 1 << 5,
    /// Read facts about the computer.
    SystemInformation = 1 << 6,
    /// Record the session.
    Recording = 1 << 7,
}

impl Permission {
    /// Every permission, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::View,
        Self::Control,
        Self::ClipboardToHost,
        Self::ClipboardToViewer,
        Self::FilesToHost,
        Self::FilesToViewer,
        Self::SystemInformation,
        Self::Recording,
    ];
}

/// A set of permissions. On the wire a `u32`, one bit each; unknown bits are dropped, never kept.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Permissions(u32);

impl Permissions {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Reads the wire form; bits this version does not know are dropped, since they would widen a right nobody saw.
    #[must_use]
    pub fn from_wire(bits: u32) -> Self {
        Permission::ALL.into_iter().filter(|p| bits & *p as u32 != 0).collect()
    }

    /// The wire form.
    #[must_use]
    pub const fn to_wire(self) -> u32 {
        self.0
    }

    /// Is `permission` in the set?
    #[must_use]
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & permission as u32 != 0
    }

    /// Is there nothing in it?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set with `permission` added.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | permission as u32)
    }

    /// The set with `permission` taken away.
    #[must_use]
    pub const fn without(self, permission: Permission) -> Self {
        Self(self.0 & !(permission as u32))
    }

    /// What is in it, in the order in which it is shown.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |p| self.has(*p))
    }
}

impl From<Permission> for Permissions {
    fn from(permission: Permission) -> Self {
        Self(permission as u32)
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(iter: T) -> Self {
        iter.into_iter().fold(Self::NONE, Self::with)
    }
}

impl BitAnd for Permissions {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Permissions {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, Permissions};

    #[test]
    fn unknown_bits_are_dropped() {
        let read = Permissions::from_wire(u32::MAX);
        assert_eq!(read.iter().count(), Permission::ALL.len());
        assert_eq!(read.to_wire(), 0xff);
    }

    #[test]
    fn a_set_is_the_intersection_of_its_limits() {
        let ceiling = Permissions::from(Permission::View);
        let grant = Permissions::from(Permission::View).with(Permission::Control);
        assert_eq!(ceiling & grant, Permission::View.into());
    }
}
