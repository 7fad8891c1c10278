//! The controllers: events in, commands out. They know no window toolkit and no network library.

pub mod adviser;
mod countdown;
pub mod customer;
pub mod view;
