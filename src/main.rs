//! Arguments, logging, wiring: nothing else happens here.

// A double-click on Windows opens the window and no console beside it.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use lotse::arguments::{Arguments, Command, Options};
use lotse::institution::{self, Institution};
use lotse::shell::Renderer;
use lotse::ui::text::{Language, Text};
use lotse::wiring::doctor::{self, Extent, Form, Health};
use lotse::wiring::{RunError, SuccessorError};
use lotse::{crash, shell, wiring};
use lotse_desktop::elevation::{AnswerError, LineName, OTHER_ACCOUNT};
use lotse_desktop::libraries;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The exit code of a copy that is damaged: 1 is what cannot be done, 2 a wrong command line.
const DAMAGED: u8 = 3;

fn main() -> ExitCode {
    libraries::only_the_systems();
    let traces = lotse_desktop::traces::leave_none();
    let Arguments { command, options } = Arguments::parse();
    let window = match command {
        None => Window::Customer,
        Some(Command::Adviser) => Window::Adviser { id: None },
        Some(Command::View { id }) => Window::Adviser { id: Some(id.join(" ")) },
        Some(Command::Doctor { json, selftest }) => return doctor(json, selftest, options),
        Some(Command::GoOn { line }) => Window::GoingOn { line },
        Some(Command::Guard) => return guard(),
        Some(Command::ProbeOpengl) => return probe_opengl(),
        Some(Command::ProbeDuplication) => return probe_duplication(),
        Some(Command::CrashMessage { place }) => return crash::message(&place),
        Some(Command::ProvokeCrash { failure, child }) => {
            if child {
                crash::prepare_child();
            } else {
                crash::prepare();
            }
            crash::provoke(failure.into())
        }
    };
    crash::prepare();
    log_to_stderr();
    if let Err(error) = traces {
        tracing::warn!("a graphics driver may keep something on this computer: {error}");
    }
    let own = match institution::of_this_copy() {
        Ok(own) => own,
        Err(damage) => return say_damaged(&damage.to_string(), renderer(&options)),
    };
    match run(window, options, own) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_other_accounts(&error) => ExitCode::from(OTHER_ACCOUNT),
        Err(error) => last_word(&error),
    }
}

/// What it is for is said in the window of the program that started this one.
fn is_other_accounts(error: &anyhow::Error) -> bool {
    let why = error.downcast_ref::<RunError>();
    matches!(why, Some(RunError::Successor(SuccessorError::Answer(AnswerError::OtherAccount))))
}

/// For a terminal, which a program with windows does not have by itself everywhere.
fn doctor(json: bool, selftest: bool, options: Options) -> ExitCode {
    lotse_desktop::terminal::attach();
    crash::prepare();
    log_to_stderr();
    let form = if json { Form::Json } else { Form::Sentences };
    let extent = if selftest { Extent::Selftest } else { Extent::Look };
    let own = match institution::of_this_copy() {
        Ok(own) => own,
        Err(damage) => return tell_damaged(&damage.to_string()),
    };
    let health = target(options, own).and_then(|target| Ok(doctor::run(target, form, extent)?));
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

/// What is damaged does not start, not even for testing.
fn say_damaged(reason: &str, renderer: Renderer) -> ExitCode {
    let damaged = tell_damaged(reason);
    if let Err(error) = wiring::damaged::run(reason.to_owned(), renderer) {
        tracing::warn!("nor can a window be shown: {error}");
    }
    damaged
}

/// The same where no window belongs.
fn tell_damaged(reason: &str) -> ExitCode {
    for language in [Language::English, Language::German] {
        let text = Text::new(language);
        let said = text.say_with("damaged-reason", [("reason", reason.into())]);
        #[expect(clippy::print_stderr, reason = "for whoever has started it in a terminal")]
        {
            eprintln!("lotse: {}. {} {said}", text.say("damaged-title"), text.say("damaged-text"));
        }
    }
    ExitCode::from(DAMAGED)
}

/// The child that outlives a killed host for a moment, and does nothing but let go of what it held.
fn guard() -> ExitCode {
    crash::prepare_child();
    match lotse_desktop::inject::guard::run(std::io::stdin().lock(), None) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The child that tries OpenGL out, so that a driver that fails takes nothing with it. There is none where looking for it would
/// run what somebody has put beside the program.
fn probe_opengl() -> ExitCode {
    crash::prepare_child();
    match libraries::planted_for_opengl() {
        None => shell::probe::answer(),
        Some(_) => ExitCode::FAILURE,
    }
}

/// The child that tries the desktop's duplication out, whose drivers fail the same way. Its libraries come from System32 alone.
fn probe_duplication() -> ExitCode {
    crash::prepare_child();
    wiring::probe_duplication()
}

/// The windows.
enum Window {
    Customer,
    /// The customer's once more, with the session of the program that started this one.
    GoingOn {
        line: LineName,
    },
    Adviser {
        id: Option<String>,
    },
}

fn run(window: Window, options: Options, own: Option<Institution>) -> anyhow::Result<()> {
    let renderer = renderer(&options);
    let target = target(options, own)?;
    match window {
        Window::Customer => wiring::customer::run(target, renderer),
        // OpenGL's libraries come from many folders: not into an administrator's process.
        Window::GoingOn { line } => wiring::customer::go_on(target, &line),
        Window::Adviser { id } => wiring::adviser::run(target, renderer, id),
    }
    .context("the window could not be shown")
}

/// The renderer that was asked for, unless it would load what somebody has put beside the program.
fn renderer(options: &Options) -> Renderer {
    match libraries::planted_for_opengl() {
        None => options.renderer(),
        Some(name) => {
            tracing::warn!("drawing without OpenGL, since that would load {name} from the program's folder");
            Renderer::Software
        }
    }
}

/// Whose relay: the one given by hand for testing, or this copy's own. Nothing of an institution is shown beside a relay
/// that may not be its own.
fn target(options: Options, own: Option<Institution>) -> anyhow::Result<wiring::Target> {
    if let (Some(relay), Some(pins)) = (options.relay, options.relay_key) {
        return Ok(wiring::Target { test_relay: Some(relay.to_string()), institution: Institution::at(relay, pins) });
    }
    let institution = own.context(
        "this copy belongs to no institution: make one that does with lotse-relay brand, build it with LOTSE_RELAY and \
         LOTSE_RELAY_KEY, or give --relay and --relay-key",
    )?;
    Ok(wiring::Target { test_relay: None, institution })
}

/// What happens goes to the terminal that started the program, if there is one; never to a file. Without `RUST_LOG` only
/// what went wrong.
fn log_to_stderr() {
    let asked = std::env::var("RUST_LOG").ok().and_then(|asked| asked.parse::<Targets>().ok());
    let filter = asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    tracing_subscriber::registry().with(filter).with(lines).init();
}
