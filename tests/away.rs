//! The customer leaves the screen, as the message buses tell it: logind that another person has the seat or that the
//! desktop is locked, the desktop's screen saver that it is up. Both are played here, on buses of the desk's own; the
//! program, the session and what the two people see are real.

mod desk;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "every whole-system test uses another part of what people do")]
mod people;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use desk::{Desk, PATIENCE, until};
use people::Session;
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::zvariant::{ObjectPath, Value};

/// A lock is noticed within this time (design, invariant 4).
const NOTICED_WITHIN: Duration = Duration::from_secs(2);

const SESSION_PATH: &str = "/org/freedesktop/login1/session/c1";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const SESSION: &str = "org.freedesktop.login1.Session";

fn on_bus(place: &Path, name: &'static str) -> Connection {
    let address = format!("unix:path={}", place.display());
    let builder = Builder::address(address.as_str()).and_then(|builder| builder.name(name));
    builder.and_then(Builder::build).expect("the desk's bus takes anybody")
}

/// Whose properties, those with their new values, and those without (D-Bus specification, `PropertiesChanged`).
type Change = (&'static str, HashMap<&'static str, Value<'static>>, Vec<&'static str>);

/// Plays logind for one session.
struct Logind {
    bus: Connection,
    said: Arc<Mutex<HashMap<&'static str, bool>>>,
    asked: mpsc::Receiver<String>,
    mute: Arc<AtomicBool>,
}

impl Logind {
    fn start(desk: &Desk) -> Self {
        let bus = on_bus(&desk.system_bus(), "org.freedesktop.login1");
        let said = Arc::new(Mutex::new(HashMap::from([("Active", true), ("LockedHint", false)])));
        let mute = Arc::new(AtomicBool::new(false));
        let (note, asked) = mpsc::channel();
        let (answering, known, is_mute) = (bus.clone(), Arc::clone(&said), Arc::clone(&mute));
        let messages = MessageIterator::from(&bus);
        thread::spawn(move || {
            for message in messages.map_while(Result::ok) {
                let header = message.header();
                if header.message_type() != Type::MethodCall || is_mute.load(Ordering::SeqCst) {
                    continue;
                }
                let member = header.member().map(ToString::to_string).unwrap_or_default();
                let answered = match member.as_str() {
                    "GetSession" => answering.reply(&header, &ObjectPath::from_static_str_unchecked(SESSION_PATH)),
                    "GetAll" => {
                        let said = known.lock().expect("nobody panics with it").clone();
                        let values: HashMap<&str, Value<'_>> =
                            said.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
                        answering.reply(&header, &values)
                    }
                    _ => continue,
                };
                if answered.is_err() || note.send(member).is_err() {
                    return;
                }
            }
        });
        Self { bus, said, asked, mute }
    }

    /// Waits until somebody has asked how things stand: from then on they listen.
    fn is_listened_to(&self) {
        until(PATIENCE, "the program to ask logind", || self.asked.try_recv().ok().filter(|asked| asked == "GetAll"));
    }

    fn says(&self, name: &'static str, value: bool) {
        self.said.lock().expect("nobody panics with it").insert(name, value);
        self.signal(&(SESSION, HashMap::from([(name, Value::from(value))]), Vec::new()));
    }

    /// That it is so, and what: to be asked for.
    fn hints_at(&self, name: &'static str, value: bool) {
        self.said.lock().expect("nobody panics with it").insert(name, value);
        self.signal(&(SESSION, HashMap::new(), vec![name]));
    }

    fn signal(&self, body: &Change) {
        let sent = self.bus.emit_signal(
            None::<&str>,
            SESSION_PATH,
            "org.freedesktop.DBus.Properties",
            "PropertiesChanged",
            body,
        );
        sent.expect("the bus takes a signal");
    }
}

/// A session with control on a desk with both buses, of which the adviser holds a key.
fn pauses(session: &Session) {
    until(NOTICED_WITHIN, "the adviser to be told and the keys to come up", || {
        let told = session.adviser.is_told_why_it_pauses();
        (told && session.customer.desk.held_keys().is_empty()).then_some(())
    });
    let before = session.customer.desk.pointer();
    session.adviser.desk.move_to((700, 500));
    session.adviser.desk.move_to((720, 520));
    thread::sleep(Duration::from_millis(200));
    assert_eq!(session.customer.desk.pointer(), before, "the adviser's hand is suspended");
}

fn goes_on(session: &Session) {
    until(PATIENCE, "the adviser to be told that it goes on", || {
        (!session.adviser.is_told_why_it_pauses()).then_some(())
    });
    assert!(!session.adviser.may_ask(), "what was granted goes on");
    // What is found on the picture is where it is seen only once the picture stands.
    session.sees_exactly();
    session.click_on_customers((1200, 700));
    until(PATIENCE, "the adviser's hand", || (session.customer.desk.pointer() == (1200, 700)).then_some(()));
}

#[test]
fn whoever_leaves_the_seat_or_locks_the_desktop_pauses_the_session() {
    let desk = Desk::start();
    let mut system = desk.start_system_bus();
    let mut bus = desk.start_bus();
    let logind = Logind::start(&desk);
    let session = Session::begin_on(desk);
    let desk = &session.customer.desk;
    logind.is_listened_to();
    session.allow_control();
    session.hold_a_key();

    // Another person takes the seat.
    logind.says("Active", false);
    pauses(&session);
    session.adviser.desk.release(u32::from('a'));
    assert!(!session.adviser.may_ask(), "nobody is there to be asked");
    logind.says("Active", true);
    goes_on(&session);
    // Locked, and away from a locked screen, and back to it.
    logind.hints_at("LockedHint", true);
    pauses(&session);
    logind.says("Active", false);
    logind.says("Active", true);
    pauses(&session);
    logind.says("LockedHint", false);
    goes_on(&session);

    for name in ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.xfce.ScreenSaver"] {
        let saver = on_bus(&desk.bus(), name);
        let say = |up: bool| {
            let said = saver.emit_signal(None::<&str>, "/org/freedesktop/ScreenSaver", name, "ActiveChanged", &up);
            said.expect("the bus takes a signal");
        };
        say(true);
        pauses(&session);
        say(false);
        goes_on(&session);
        // One that goes away without a word no longer locks anything.
        say(true);
        pauses(&session);
        saver.close().expect("a connection can be closed");
        goes_on(&session);
    }

    // Things that are not so, or not of that kind, say nothing.
    let nonsense = logind.bus.emit_signal(None::<&str>, SESSION_PATH, PROPERTIES, "PropertiesChanged", &"nonsense");
    nonsense.expect("the bus takes a signal");
    logind.signal(&(SESSION, HashMap::from([("Active", Value::from("perhaps"))]), Vec::new()));
    logind.signal(&(SESSION, HashMap::from([("LockedHint", Value::from(7_u32))]), Vec::new()));
    logind.signal(&("org.example.Other", HashMap::from([("Active", Value::from(false))]), Vec::new()));
    let stranger = on_bus(&desk.bus(), "org.example.Stranger");
    let lie = stranger.emit_signal(None::<&str>, SESSION_PATH, "org.example.Lamp", "ActiveChanged", &true);
    lie.expect("the bus takes a signal");
    goes_on(&session);
    // It is still listened to.
    logind.says("Active", false);
    pauses(&session);
    logind.says("Active", true);
    goes_on(&session);

    // One that stops answering, and then both buses end: nobody is locked out by it.
    logind.mute.store(true, Ordering::SeqCst);
    logind.signal(&(SESSION, HashMap::new(), vec!["Active"]));
    goes_on(&session);
    bus.kill();
    system.kill();
    goes_on(&session);
    session.sees_exactly();
    session.customer.end();
    until(Duration::from_secs(3), "the session to be over", || (!session.adviser.is_in_session()).then_some(()));
}

#[test]
fn a_logind_that_never_answers_holds_nothing_up() {
    let desk = Desk::start();
    let _system = desk.start_system_bus();
    let logind = Logind::start(&desk);
    logind.mute.store(true, Ordering::SeqCst);
    let session = Session::begin_on(desk);
    session.allow_control();
    session.adviser.show_pixel_for_pixel();
    goes_on(&session);
    session.sees_exactly();
    // Nor the end, which waits for nobody.
    let tree = session.customer.tree();
    session.customer.end();
    until(Duration::from_secs(3), "the session to be over", || (!session.adviser.is_in_session()).then_some(()));
    session.customer.desk.close(session.customer.window);
    assert!(tree.gone_within(Duration::from_secs(3)), "still running: {:?}", tree.alive());
}
