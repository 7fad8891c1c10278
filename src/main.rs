//! Arguments, logging, wiring: nothing else happens here.

// A double-click on Windows opens the window and no console beside it.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use lotse::arguments::{Arguments, Command, Options};
use lotse::institution::{self, Institution, Terms};
use lotse::wiring::doctor::{self, Extent, Form, Health};
use lotse::{shell, wiring};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let traces = lotse_desktop::traces::leave_none();
    let Arguments { command, options } = Arguments::parse();
    let window = match command {
        None => Window::Customer,
        Some(Command::Adviser) => Window::Adviser { id: None },
        Some(Command::View { id }) => Window::Adviser { id: Some(id.join(" ")) },
        Some(Command::Doctor { json, selftest }) => return doctor(json, selftest, options),
        Some(Command::Guard) => return guard(),
        Some(Command::ProbeOpengl) => return shell::probe::answer(),
    };
    log_to_stderr();
    if let Err(error) = traces {
        tracing::warn!("a graphics driver may keep something on this computer: {error}");
    }
    match run(window, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => last_word(&error),
    }
}

/// For a terminal, which a program with windows does not have by itself everywhere.
fn doctor(json: bool, selftest: bool, options: Options) -> ExitCode {
    lotse_desktop::terminal::attach();
    log_to_stderr();
    let form = if json { Form::Json } else { Form::Sentences };
    let extent = if selftest { Extent::Selftest } else { Extent::Look };
    let health = target(options).and_then(|target| Ok(doctor::run(target, form, extent)?));
    match health {
        Ok(Health::Well) => ExitCode::SUCCESS,
        Ok(Health::Ill) => ExitCode::FAILURE,
        Err(error) => last_word(&error),
    }
}

/// The last word of a program that has no window to say it in.
fn last_word(error: &anyhow::Error) -> ExitCode {
    #[expect(clippy::print_stderr, reason = "there is no window")]
    {
        eprintln!("lotse: {error:#}");
    }
    ExitCode::FAILURE
}

/// The child that outlives a killed host for a moment, and does nothing but let go of what it held.
fn guard() -> ExitCode {
    match lotse_desktop::inject::guard::run(std::io::stdin().lock(), None) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The two windows.
enum Window {
    Customer,
    Adviser { id: Option<String> },
}

fn run(window: Window, options: Options) -> anyhow::Result<()> {
    let renderer = options.renderer();
    let target = target(options)?;
    match window {
        Window::Customer => wiring::customer::run(target, renderer),
        Window::Adviser { id } => wiring::adviser::run(target, renderer, id),
    }
    .context("the window could not be shown")
}

/// Whose relay: the one given by hand for testing, or the one this copy was built for.
fn target(options: Options) -> anyhow::Result<wiring::Target> {
    if let (Some(relay), Some(pins)) = (options.relay, options.relay_key) {
        let test_relay = Some(relay.to_string());
        let institution = Institution { relay, pins, terms: Terms::default() };
        return Ok(wiring::Target { test_relay, institution });
    }
    let institution = institution::built_in().context(
        "this copy was built for no institution: build it with LOTSE_RELAY and LOTSE_RELAY_KEY, or give --relay and --relay-key",
    )?;
    Ok(wiring::Target { test_relay: None, institution })
}

/// What happens goes to the terminal that started the program, if there is one; never to a file. Without `RUST_LOG` only
/// what went wrong.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}
