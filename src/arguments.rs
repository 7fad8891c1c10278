//! The command line (design, section 8). No secret is ever on it: the code is typed into the window.

use clap::{Args, Parser, Subcommand, ValueEnum};
use lotse_desktop::elevation::LineName;
use lotse_protocol::keys::RelayPins;

use crate::crash::Failure;
use crate::net::RelayAddress;
use crate::shell::Renderer;

/// Ad-hoc remote support: start it, read the two numbers to your adviser, close it, and nothing is left.
#[derive(Parser, Debug)]
#[command(name = "lotse", version)]
pub struct Arguments {
    /// Without a command, the customer's window opens.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// How the program is run.
    #[command(flatten)]
    pub options: Options,
}

/// What can be given to every command.
#[derive(Args, Debug)]
pub struct Options {
    /// For testing: another relay than the institution's. The window says so.
    #[arg(long, value_name = "HOST[:PORT]", global = true, requires = "relay_key")]
    pub relay: Option<RelayAddress>,

    /// For testing: that relay's key, as `lotse-relay serve` prints it.
    // One key in 64 begins with a hyphen.
    #[arg(long, value_name = "KEY", global = true, requires = "relay", allow_hyphen_values = true)]
    pub relay_key: Option<RelayPins>,

    /// How the window is drawn; without it the program finds out.
    #[arg(long, value_enum, global = true, hide = true)]
    pub renderer: Option<RendererName>,
}

/// What the program is to be.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// The adviser's window.
    Adviser,
    /// The adviser's window, already joining ID; asks for the code.
    View {
        /// The customer's ID.
        #[arg(num_args = 1.., required = true)]
        id: Vec<String>,
    },
    /// Can this computer be helped? Looks at what that needs and says what is missing; 0 when nothing is.
    Doctor {
        /// For programs: one line of JSON.
        #[arg(long)]
        json: bool,
        /// Also try the capture out on a window of its own, which shows for a few seconds; the pointer moves.
        #[arg(long)]
        selftest: bool,
    },
    /// Lets go of keys and buttons when the program that started it is gone: what was pressed outlives a killed process.
    #[command(hide = true)]
    Guard,
    /// Goes on, as an administrator's, with the session of the program that started it.
    #[command(hide = true)]
    GoOn {
        /// What the line to that program is called.
        line: LineName,
    },
    /// Exits 0 when OpenGL can be used: asked in a child process, since a broken driver crashes rather than fails.
    #[command(hide = true)]
    ProbeOpengl,
    /// Says whether the desktop can be duplicated, for the same reason.
    #[command(hide = true)]
    ProbeDuplication,
    /// Says that the program that started it has failed.
    #[command(hide = true)]
    CrashMessage {
        /// Where in the program.
        place: String,
    },
    /// Fails, for tests of the above.
    #[command(hide = true)]
    ProvokeCrash {
        /// In which way.
        failure: FailureName,
        /// As a child that nobody knows of.
        #[arg(long)]
        child: bool,
    },
}

/// The renderers by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RendererName {
    /// OpenGL.
    Gl,
    /// The processor.
    Software,
}

/// Ways to fail by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FailureName {
    /// The program notices.
    Panic,
    /// The system notices.
    Fault,
}

impl From<FailureName> for Failure {
    fn from(name: FailureName) -> Self {
        match name {
            FailureName::Panic => Self::Panic,
            FailureName::Fault => Self::Fault,
        }
    }
}

impl Options {
    /// The renderer that was asked for.
    #[must_use]
    pub fn renderer(&self) -> Renderer {
        match self.renderer {
            None => Renderer::Automatic,
            Some(RendererName::Gl) => Renderer::OpenGl,
            Some(RendererName::Software) => Renderer::Software,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};
    use lotse_protocol::keys::{RelayPins, SigningKey};

    use super::{Arguments, Command};

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_id_may_be_given_in_groups() {
        let arguments = Arguments::try_parse_from(["lotse", "view", "482", "913", "077"]).expect("valid");
        assert!(matches!(arguments.command, Some(Command::View { id }) if id.concat() == "482913077"));
    }

    #[test]
    fn a_key_may_begin_with_a_hyphen() {
        let key = || SigningKey::generate(&mut rand::rng()).public();
        let pins = RelayPins { transport: key(), cards: key() };
        let transport =
            std::iter::repeat_with(key).find(|key| RelayPins { transport: *key, ..pins }.to_string().starts_with('-'));
        let pins = RelayPins { transport: transport.expect("one in 64 does"), ..pins };
        let arguments = ["lotse", "--relay", "localhost:4433", "--relay-key", &pins.to_string()];
        let options = Arguments::try_parse_from(arguments).expect("a valid key").options;
        assert_eq!(options.relay_key.map(|key| key.to_string()), Some(pins.to_string()));
    }

    #[test]
    fn a_line_to_another_computer_is_refused() {
        let of = |line: &str| Arguments::try_parse_from(["lotse", "go-on", line]).map(|_| ());
        assert!(of("000102030405060708090a0b0c0d0e0f").is_ok());
        for elsewhere in [r"\\elsewhere\pipe\000102030405", "000102030405060708090a0b0c0d0e0", "lotse"] {
            assert!(of(elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn a_relay_without_its_key_is_refused() {
        assert!(Arguments::try_parse_from(["lotse", "--relay", "localhost:4433"]).is_err());
    }
}
