//! What is behind the gate.

use std::time::Instant;

use lotse_desktop::inject::{Button, InjectError, Injector, Press, Stroke};

/// What the gate does with what it lets through: [`Injector`], or a recorder in tests.
pub trait Hands: Send {
    /// See [`Injector::key`].
    ///
    /// # Errors
    /// See [`Injector::key`].
    fn key(&mut self, stroke: Stroke, press: Press) -> Result<(), InjectError>;
    /// See [`Injector::type_text`].
    ///
    /// # Errors
    /// See [`Injector::type_text`].
    fn type_text(&mut self, character: char) -> Result<(), InjectError>;
    /// See [`Injector::button`].
    ///
    /// # Errors
    /// See [`Injector::button`].
    fn button(&mut self, button: Button, press: Press) -> Result<(), InjectError>;
    /// See [`Injector::wheel`].
    ///
    /// # Errors
    /// See [`Injector::wheel`].
    fn wheel(&mut self, horizontal: i32, vertical: i32) -> Result<(), InjectError>;
    /// See [`Injector::move_to`].
    ///
    /// # Errors
    /// See [`Injector::move_to`].
    fn move_to(&mut self, display: u32, x: u32, y: u32) -> Result<(), InjectError>;
    /// See [`Injector::release_all`].
    ///
    /// # Errors
    /// See [`Injector::release_all`].
    fn release_all(&mut self) -> Result<(), InjectError>;
    /// See [`Injector::tidy`].
    ///
    /// # Errors
    /// See [`Injector::tidy`].
    fn tidy(&mut self, now: Instant) -> Result<Option<Instant>, InjectError>;
}

impl Hands for Injector {
    fn key(&mut self, stroke: Stroke, press: Press) -> Result<(), InjectError> {
        Self::key(self, stroke, press)
    }

    fn type_text(&mut self, character: char) -> Result<(), InjectError> {
        Self::type_text(self, character)
    }

    fn button(&mut self, button: Button, press: Press) -> Result<(), InjectError> {
        Self::button(self, button, press)
    }

    fn wheel(&mut self, horizontal: i32, vertical: i32) -> Result<(), InjectError> {
        Self::wheel(self, horizontal, vertical)
    }

    fn move_to(&mut self, display: u32, x: u32, y: u32) -> Result<(), InjectError> {
        Self::move_to(self, display, x, y)
    }

    fn release_all(&mut self) -> Result<(), InjectError> {
        Self::release_all(self)
    }

    fn tidy(&mut self, now: Instant) -> Result<Option<Instant>, InjectError> {
        Self::tidy(self, now)
    }
}

/// Of a system without any: never asked, since nobody can be granted control.
pub(super) struct NoHands;

impl Hands for NoHands {
    fn key(&mut self, _stroke: Stroke, _press: Press) -> Result<(), InjectError> {
        Err(InjectError::NotSupported)
    }

    fn type_text(&mut self, _character: char) -> Result<(), InjectError> {
        Err(InjectError::NotSupported)
    }

    fn button(&mut self, _button: Button, _press: Press) -> Result<(), InjectError> {
        Err(InjectError::NotSupported)
    }

    fn wheel(&mut self, _horizontal: i32, _vertical: i32) -> Result<(), InjectError> {
        Err(InjectError::NotSupported)
    }

    fn move_to(&mut self, _display: u32, _x: u32, _y: u32) -> Result<(), InjectError> {
        Err(InjectError::NotSupported)
    }

    fn release_all(&mut self) -> Result<(), InjectError> {
        Ok(())
    }

    fn tidy(&mut self, _now: Instant) -> Result<Option<Instant>, InjectError> {
        Ok(None)
    }
}
