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
