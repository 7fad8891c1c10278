//! `lotse-relay`: the relay of an institution, and the commands to look after it.

mod arguments;
mod branding;
mod commands;
mod settings;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match commands::run(arguments::Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lotse-relay: {error:#}");
            ExitCode::FAILURE
        }
    }
}
