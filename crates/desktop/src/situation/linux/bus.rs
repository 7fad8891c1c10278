//! What the message buses say: logind about the seat and the lock that the desktop told it of, and the desktop's screen
//! saver about itself.

use std::collections::HashMap;
use std::env;

use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::message::Type;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};
use zbus::{MatchRule, Message};

use super::{Facts, Shared};

const LOGIND: &str = "org.freedesktop.login1";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// More screen savers than this are none.
const SAVERS: usize = 8;

/// Listens to the system bus until nobody wants to know any more.
pub(super) fn listen_to_logind(shared: &Shared) {
    if let Err(error) = logind(shared) {
        tracing::info!(%error, "logind says nothing more about this session");
    }
}

/// Listens to the desktop's bus until nobody wants to know any more.
pub(super) fn listen_to_savers(shared: &Shared) {
    if let Err(error) = savers(shared) {
        tracing::info!(%error, "no screen saver says anything more");
    }
}

fn logind(shared: &Shared) -> zbus::Result<()> {
    let bus = Connection::system()?;
    if !shared.keep(&bus) {
        return bus.close();
    }
    let manager = Proxy::new(&bus, LOGIND, "/org/freedesktop/login1", "org.freedesktop.login1.Manager")?;
    // Without a number of its own the program was started by the desktop's service manager: the person's session then.
    let id = env::var("XDG_SESSION_ID").unwrap_or_else(|_| "auto".to_owned());
    let session: OwnedObjectPath = manager.call("GetSession", &(id))?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(LOGIND)?
        .path(session.as_ref())?
        .interface(PROPERTIES)?
        .member("PropertiesChanged")?
        .build();
    // Before the first question: a change in between is then heard, not missed.
    let changes = MessageIterator::for_match_rule(rule, &bus, None)?;
    let properties = Proxy::new(&bus, LOGIND, session.as_ref(), PROPERTIES)?;
    let all = || properties.call::<_, _, HashMap<String, OwnedValue>>("GetAll", &(SESSION));
    let mut seat = Seat::NotSeen;
    let values = all()?;
    shared.learn(|facts| seat.learn(facts, &values));
    for change in changes {
        let change = change?;
        // What makes no sense says nothing; what comes after it may.
        let Ok((interface, values, stale)) = change.body().deserialize::<Change>() else { continue };
        if interface == SESSION {
            let values = if stale.is_empty() { values } else { all()? };
            shared.learn(|facts| seat.learn(facts, &values));
        }
    }
    Ok(())
}

/// Whose properties, those with their new values, and those without (D-Bus specification, `PropertiesChanged`).
type Change = (String, HashMap<String, OwnedValue>, Vec<String>);

/// A session that never had the seat (a remote desktop beside it) is not in the background of anything.
#[derive(Clone, Copy)]
enum Seat {
    NotSeen,
    Had,
}

impl Seat {
    fn learn(&mut self, facts: &mut Facts, values: &HashMap<String, OwnedValue>) {
        let said = |name: &str| values.get(name).and_then(|value| value.downcast_ref::<bool>().ok());
        if let Some(hinted) = said("LockedHint") {
            facts.hinted = hinted;
        }
        match (said("Active"), *self) {
            (Some(true), _) => {
                *self = Self::Had;
                facts.in_background = false;
            }
            (Some(false), Self::Had) => facts.in_background = true,
            (Some(false), Self::NotSeen) | (None, _) => {}
        }
    }
}

/// GNOME, KDE, Cinnamon, MATE and Xfce each have a name of their own for it, and one signal.
fn savers(shared: &Shared) -> zbus::Result<()> {
    let bus = Connection::session()?;
    if !shared.keep(&bus) {
        return bus.close();
    }
    let messages = MessageIterator::from(&bus);
    let names = DBusProxy::new(&bus)?;
    names.add_match_rule(MatchRule::builder().msg_type(Type::Signal).member("ActiveChanged")?.build())?;
    let is_up = |saver: &String| shared.with(|state| state.facts.savers.contains(saver));
    for message in messages {
        match heard(&message?) {
            Some(Heard::Up(saver)) if !is_up(&saver) && shared.with(|state| state.facts.savers.len()) < SAVERS => {
                // Whoever goes away without a word no longer locks anything.
                names.add_match_rule(leaving(&saver)?)?;
                shared.learn(|facts| {
                    facts.savers.insert(saver);
                });
            }
            Some(Heard::Down(saver)) if is_up(&saver) => {
                names.remove_match_rule(leaving(&saver)?)?;
                shared.learn(|facts| {
                    facts.savers.remove(&saver);
                });
            }
            Some(Heard::Up(_) | Heard::Down(_)) | None => {}
        }
    }
    Ok(())
}

/// Whose screen saver is up, or no longer.
enum Heard {
    Up(String),
    Down(String),
}

fn heard(message: &Message) -> Option<Heard> {
    let header = message.header();
    if header.message_type() != Type::Signal {
        return None;
    }
    match (header.interface()?.as_str(), header.member()?.as_str()) {
        (interface, "ActiveChanged") if interface.ends_with(".ScreenSaver") => {
            let saver = header.sender()?.to_string();
            let up: bool = message.body().deserialize().ok()?;
            Some(if up { Heard::Up(saver) } else { Heard::Down(saver) })
        }
        ("org.freedesktop.DBus", "NameOwnerChanged") => {
            let (name, _, now): (String, String, String) = message.body().deserialize().ok()?;
            now.is_empty().then_some(Heard::Down(name))
        }
        _ => None,
    }
}

fn leaving(saver: &str) -> zbus::Result<MatchRule<'_>> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender("org.freedesktop.DBus")?
        .member("NameOwnerChanged")?
        .arg(0, saver)?;
    Ok(rule.build())
}
