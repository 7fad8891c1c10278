//! Systems whose mouse and keyboard this build cannot use: an injector that can never exist.

use std::time::Instant;

use super::guard::Guard;
use super::{Button, InjectError, Press, Stroke};

pub(super) enum Injector {}

impl Injector {
    pub(super) fn open(_name: Option<&str>) -> Result<Self, InjectError> {
        Err(InjectError::NotSupported)
    }

    pub(super) fn guarded_by(&mut self, _guard: Guard) {
        match *self {}
    }

    pub(super) fn key(&mut self, _stroke: Stroke, _press: Press) -> Result<(), InjectError> {
        match *self {}
    }

    pub(super) fn type_text(&mut self, _character: char) -> Result<(), InjectError> {
        match *self {}
    }

    pub(super) fn button(&mut self, _button: Button, _press: Press) -> Result<(), InjectError> {
        match *self {}
    }

    pub(super) fn wheel(&mut self, _horizontal: i32, _vertical: i32) -> Result<(), InjectError> {
        match *self {}
    }

    pub(super) fn move_to(&mut self, _display: u32, _x: u32, _y: u32) -> Result<(), InjectError> {
        match *self {}
    }

    pub(super) fn release_all(&mut self) -> Result<(), InjectError> {
        match *self {}
    }

    pub(super) fn tidy(&mut self, _now: Instant) -> Result<Option<Instant>, InjectError> {
        match *self {}
    }
}
