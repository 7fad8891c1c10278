//! What the commands do.

use std::io::{self, BufRead, IsTerminal, Write};
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use lotse_relay::accounts::{self, DEFAULT_CEILING, NewAdviser, SHORTEST_PASSWORD};
use lotse_relay::serve::{Relay, UNNAMED};
use lotse_relay::store::{Session, Standing, Store};
use lotse_relay::system;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;
use zeroize::Zeroizing;

use crate::arguments::{AdviserCommand, Arguments, Command, Place};
use crate::branding;
use crate::settings::Settings;

/// Threads for the control plane; forwarding has one of its own, and password checks run beside.
const WORKERS: usize = 2;

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let command = match arguments.command {
        Command::Brand(brand) => return branding::run(*brand),
        command => command,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let done = runtime.block_on(async {
        match command {
            Command::Serve { listen } => serve(arguments.place, listen).await,
            Command::Adviser(AdviserCommand::Add { name, display_name, role, password_stdin }) => {
                let store = open(arguments.place).await?;
                let (password, shown) = password(password_stdin)?;
                let ceiling = DEFAULT_CEILING.into_iter().collect();
                let adviser = NewAdviser { name, display_name, role, password: password.clone(), ceiling };
                let name = accounts::add(&store, adviser).await?;
                store.close().await;
                println!("Added the adviser {name}.");
                if let Shown::Once = shown {
                    println!("Password: {}", password.as_str());
                    println!("It is shown this once only.");
                }
                Ok(())
            }
            Command::Adviser(AdviserCommand::List) => list(&open(arguments.place).await?).await,
            Command::Adviser(AdviserCommand::Disable { name }) => {
                let store = open(arguments.place).await?;
                let name = accounts::normalised(&name).unwrap_or(name);
                store.disable_account(&name).await?;
                store.close().await;
                println!("{name} can no longer sign in.");
                Ok(())
            }
            Command::Sessions { last } => sessions(&open(arguments.place).await?, last).await,
            // Done above, without threads.
            Command::Brand(brand) => branding::run(*brand),
        }
    });
    // A password check that nobody waits for any more must not hold the end up.
    runtime.shutdown_background();
    done
}

async fn serve(place: Place, listen: Option<SocketAddr>) -> anyhow::Result<()> {
    let Settings { config, log } = Settings::read(place, listen)?;
    start_log(log);
    if config.institution == UNNAMED {
        tracing::warn!("no institution is set: customers read \"{UNNAMED}\"");
    }
    // Before the first line of the log, so that whoever waits for that may send a signal.
    let told_to_end = system::told_to_end();
    tokio::pin!(told_to_end);
    let running = tokio::select! {
        running = Relay::start(config) => running?,
        told = &mut told_to_end => return told.context("cannot listen for signals"),
    };
    told_to_end.await.context("cannot listen for signals")?;
    running.stop().await;
    tracing::info!("ended");
    Ok(())
}

/// One line per event on standard error. Of libraries only warnings: their details are not ours to keep clean of
/// secrets.
fn start_log(level: LevelFilter) {
    let filter = Targets::new().with_default(LevelFilter::WARN.min(level)).with_target("lotse_relay", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false).with_ansi(false);
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

async fn open(place: Place) -> anyhow::Result<Store> {
    Ok(Store::open(&Settings::read(place, None)?.config.data).await?)
}

enum Shown {
    Once,
    Never,
}

/// From standard input, from a terminal, or made up.
fn password(from_stdin: bool) -> anyhow::Result<(Zeroizing<String>, Shown)> {
    if from_stdin {
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
        let password = Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned());
        return Ok((long_enough(password)?, Shown::Never));
    }
    if !io::stdin().is_terminal() {
        return Ok((accounts::made_up_password(), Shown::Once));
    }
    let ask = |question: &str| rpassword::prompt_password(question).map(Zeroizing::new);
    let first = ask("Password (empty: one is made up): ")?;
    if first.is_empty() {
        return Ok((accounts::made_up_password(), Shown::Once));
    }
    let first = long_enough(first)?;
    if ask("The same again: ")? != first {
        bail!("the two passwords differ");
    }
    Ok((first, Shown::Never))
}

fn long_enough(password: Zeroizing<String>) -> anyhow::Result<Zeroizing<String>> {
    if password.chars().count() < SHORTEST_PASSWORD {
        bail!("a password needs at least {SHORTEST_PASSWORD} characters");
    }
    Ok(password)
}

async fn list(store: &Store) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for account in store.accounts().await? {
        let standing = match account.standing {
            Standing::Active => "",
            Standing::Disabled => "  (disabled)",
        };
        let role = if account.role.is_empty() { String::new() } else { format!(", {}", account.role) };
        writeln!(out, "{:<20} {}{role}{standing}", account.name, account.display_name)?;
    }
    Ok(())
}

async fn sessions(store: &Store, last: u32) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let sessions = store.sessions(last).await?;
    let running = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    for session in sessions.iter().rev() {
        writeln!(out, "{}", line(session, i64::try_from(running).unwrap_or(i64::MAX)))?;
    }
    Ok(())
}

fn line(session: &Session, now: i64) -> String {
    let Session { number, adviser, customer, started_at, ended_at, .. } = session;
    let start = utc(*started_at);
    let seconds = ended_at.unwrap_or(now).saturating_sub(*started_at).max(0);
    let state = if ended_at.is_some() { "" } else { "  (running)" };
    let bytes = session.bytes_from_customer.saturating_add(session.bytes_from_adviser);
    format!(
        "{number:>6}  {start}  {adviser:<20}  customer {customer:09}  {:>3}:{:02} min  {bytes} bytes{state}",
        seconds / 60,
        seconds % 60,
    )
}

/// `2026-11-21 21:17:09 UTC`. Days since 1970 to a date after Howard Hinnant, "chrono-compatible low-level date
/// algorithms": no time zone, no calendar library.
fn utc(unix: i64) -> String {
    let (days, seconds) = (unix.div_euclid(86_400), unix.rem_euclid(86_400));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use lotse_relay::store::Session;

    use super::{line, utc};

    #[test]
    fn seconds_become_dates() {
        for (unix, date) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_795_295_829, "2026-11-21 21:17:09 UTC"),
            (4_107_542_399, "2100-02-28 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(utc(unix), date);
        }
    }

    #[test]
    fn a_session_is_one_line() {
        let mut session = Session {
            number: 7,
            adviser: "maria".to_owned(),
            customer: 123_456_789,
            started_at: 0,
            ended_at: Some(125),
            bytes_from_customer: 1000,
            bytes_from_adviser: 24,
        };
        let ended = "     7  1970-01-01 00:00:00 UTC  maria                 customer 123456789    2:05 min  1024 bytes";
        assert_eq!(line(&session, 999), ended);
        session.ended_at = None;
        assert!(line(&session, 60).ends_with("1:00 min  1024 bytes  (running)"));
    }
}
