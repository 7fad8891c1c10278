//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Introduces the programs of customers and advisers to one another and forwards what they say, sealed.
#[derive(Parser)]
#[command(name = "lotse-relay", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which relay is meant.
#[derive(Args)]
pub(crate) struct Place {
    /// Settings: `institution`, `listen`, `data`, `log`; each has a default
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory of keys, accounts and the record of sessions [default: /var/lib/lotse-relay for root, else
    /// lotse-relay in the user's data directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the relay until SIGTERM or Ctrl-C
    Serve {
        /// Address and port, UDP [default: [::]:443]
        #[arg(long, value_name = "ADDR:PORT")]
        listen: Option<SocketAddr>,
    },
    /// Look after the accounts of advisers; the relay may be running meanwhile
    #[command(subcommand)]
    Adviser(AdviserCommand),
    /// List the latest sessions, the newest last
    Sessions {
        /// At most so many
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        last: u32,
    },
    /// Make a prebuilt lotse or lotse.exe the institution's own: name, relay, terms, logo, colours; no compiler needed
    Brand(Box<BrandArguments>),
}

/// Options go before what the file says.
#[derive(Args)]
pub(crate) struct BrandArguments {
    /// The executable, not signed yet; it stays as it is
    #[arg(value_name = "EXECUTABLE")]
    pub(crate) executable: PathBuf,
    /// The new file
    #[arg(long, short, value_name = "FILE", required_unless_present = "show", conflicts_with = "show")]
    pub(crate) output: Option<PathBuf>,
    /// Only print what stands in EXECUTABLE, signed or not
    #[arg(long)]
    pub(crate) show: bool,
    /// Read all of it from a TOML file: name, relay, relay_key, languages, accent, accent_dark, logo, terms.en, terms.de
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// The institution, exactly as `institution` in the relay's settings
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// Where the relay is
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) relay: Option<String>,
    /// The relay's key, as in relay-key.txt among its data
    // One key in 64 begins with a hyphen.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) relay_key: Option<String>,
    /// Languages of the windows, such as "de,en", the one first that is for everybody else [default: en,de]
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub(crate) languages: Option<Vec<String>>,
    /// Colour of what to do next, such as #1b4a8a
    #[arg(long, value_name = "COLOUR")]
    pub(crate) accent: Option<String>,
    /// The same in dark windows [default: made of --accent]
    #[arg(long, value_name = "COLOUR")]
    pub(crate) accent_dark: Option<String>,
    /// Logo, a PNG file for light backgrounds
    #[arg(long, value_name = "FILE")]
    pub(crate) logo: Option<PathBuf>,
    /// What customers agree to, in English; lines with "# " are headings, with "- " items
    #[arg(long, value_name = "FILE")]
    pub(crate) terms_en: Option<PathBuf>,
    /// The same in German
    #[arg(long, value_name = "FILE")]
    pub(crate) terms_de: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum AdviserCommand {
    /// Add an adviser; asks for a password, or makes one up
    Add {
        /// To sign in with
        name: String,
        /// As customers see it [default: NAME]
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        display_name: String,
        /// At the institution, as customers see it
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        role: String,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all advisers
    List,
    /// Keep an adviser from signing in and from knocking; a running session goes on
    Disable {
        /// As in `adviser list`
        name: String,
    },
}
