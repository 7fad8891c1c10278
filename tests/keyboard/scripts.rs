//! Cyrillic, Neo, and keyboards with two layouts between which a key switches.

use std::process::Command;
use std::thread;
use std::time::Duration;

use x11rb::protocol::xkb::{ConnectionExt as _, Group, ID};
use x11rb::protocol::xproto::ModMask;

use super::desk::Desk;
use super::hand::{Hand, SETTLE, Tap, code, hands, key, tap};
use super::{arrives, typing, written};

/// Switches between two layouts.
const MENU: u8 = 135;
/// Chooses a level on Neo.
const CAPS: u8 = 66;

/// A keyboard.
#[derive(Clone, Copy, Debug)]
enum Board {
    /// With one layout, by `setxkbmap`'s name and that of its variant.
    One(&'static str, &'static str),
    /// American and Russian, switched to Russian by its own key.
    Switched,
}

fn lay_out(desk: &Desk, board: Board) {
    let mut command = Command::new("setxkbmap");
    command.args(["-display", &desk.display(), "-option", ""]);
    match board {
        Board::One(layout, variant) => command.args(["-layout", layout, "-variant", variant]),
        Board::Switched => command.args(["-layout", "us,ru", "-variant", ",", "-option", "grp:menu_toggle"]),
    };
    assert!(command.status().expect("setxkbmap is installed").success());
    if let Board::Switched = board {
        // The server remembers over changes of the keyboard which layout of it was chosen.
        choose_first(desk);
        desk.chord(&[], MENU);
    }
}

/// Chooses the first of the layouts of a keyboard.
fn choose_first(desk: &Desk) {
    let (connection, _) = x11rb::connect(Some(&desk.display())).expect("the X server is there");
    let version = connection.xkb_use_extension(1, 0).expect("the X server is there");
    version.reply().expect("it has XKB");
    let (core, none) = (ID::USE_CORE_KBD.into(), ModMask::from(0_u16));
    let chosen = connection.xkb_latch_lock_state(core, none, none, true, Group::M1, none, false, 0);
    chosen.expect("the X server is there").check().expect("it has a first layout");
}

fn russian() -> Hand {
    use Tap::{Plain, Shift};
    let taps = "yzaq".chars().map(|sign| Plain(code::of(sign)));
    let rest =
        [Shift(code::of('a')), Plain(code::BACKQUOTE), Shift(code::of('3')), Plain(code::SLASH), Shift(code::SLASH)];
    Hand {
        layout: "ru", taps: taps.chain(rest).collect(), text: "няфйФё№.,", zyaq: ["z", "y", "a", "q"].map(key)
    }
}

fn neo() -> Hand {
    use Tap::{AltGr, Plain, Shift};
    let taps = "yzaq".chars().map(|sign| Plain(code::of(sign)));
    let rest = [
        Shift(code::of('w')),
        Plain(code::BRACKET),
        Plain(code::MINUS),
        Tap::With(CAPS, code::of('w')),
        Tap::With(CAPS, code::of('s')),
        Tap::With(CAPS, code::of('q')),
        // To the left, as if with the key for it: Neo has it on a level of S.
        AltGr(code::of('s')),
    ];
    // Z stands on the key for B there, Y on the one after ;, A on D's, and Q on P's.
    Hand {
        layout: "neo",
        taps: taps.chain(rest).collect(),
        text: "küuxVß-_/…\u{1b}[D",
        zyaq: [key("b"), 48, key("d"), key("p")],
    }
}

#[test]
fn text_and_shortcuts_arrive_from_and_on_cyrillic_neo_and_switched_keyboards() {
    let (session, _notes) = typing();
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    let [_, german, ..] = hands();
    let new = [(Board::One("ru", ""), russian()), (Board::One("de", "neo"), neo()), (Board::Switched, russian())];
    let all = || new.iter().map(|(board, hand)| (*board, hand)).chain([(Board::One("de", ""), &german)]);
    for (host, _) in all() {
        lay_out(customer, host);
        for (board, hand) in all() {
            lay_out(adviser, board);
            thread::sleep(SETTLE);
            let before = written(customer).len();
            for one in &hand.taps {
                tap(adviser, *one);
            }
            for code in hand.zyaq {
                adviser.chord(&[code::CONTROL], code);
            }
            let wanted = format!("{}\u{1a}\u{19}\u{1}\u{11}", hand.text);
            arrives(customer, before, wanted.as_bytes(), &format!("typed on {board:?}, on {host:?}"));
        }
    }
    assert_eq!(customer.held_keys(), []);
}

#[test]
fn what_is_typed_quickly_in_two_scripts_arrives_whole_and_in_order() {
    const KEYS: &str = "qwertyuiopasdfghjklzxcvbnm";
    const RUSSIAN: &str = "йцукенгшщзфывапролдячсмить";
    let (session, _notes) = typing();
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    for host in [Board::One("de", ""), Board::Switched] {
        lay_out(customer, host);
        lay_out(adviser, Board::Switched);
        thread::sleep(SETTLE);
        let before = written(customer).len();
        let mut wanted = String::new();
        for run in 0..20 {
            let letters = if run % 2 == 0 { RUSSIAN } else { KEYS };
            for at in (0..10).map(|letter| (run * 7 + letter) % 26) {
                adviser.chord(&[], KEYS.chars().nth(at).map(code::of).expect("a letter"));
                wanted.extend(letters.chars().nth(at));
                // As xdotool types where nobody tells it otherwise.
                thread::sleep(Duration::from_millis(12));
            }
            adviser.chord(&[], MENU);
        }
        arrives(customer, before, wanted.as_bytes(), &format!("200 letters on {host:?}"));
    }
    assert_eq!(customer.held_keys(), []);
}
