//! The gate with hands that only write down what they are told.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use lotse_desktop::capture::DisplayInfo;
use lotse_desktop::inject::{Button, InjectError, Press, Stroke};
use lotse_protocol::limits::INPUT_TEXT;
use lotse_protocol::message::input::input_message::Body;
use lotse_protocol::message::input::{Button as ButtonMessage, Key, MouseButton, Move, ReleaseAll, Text, Wheel};
use lotse_protocol::permission::{Permission, Permissions};

use super::{ACKNOWLEDGE_WITHIN, ActionKind, Denied, Gate, GateEvent, Hands, Position, QUEUED_ACTIONS, Suspension};
use crate::host::ViewerId;

const ADVISER: ViewerId = ViewerId(7);
const PATIENCE: Duration = Duration::from_secs(10);
const KEY_A: u32 = 0x04;
/// The first of the keys by which races are told apart.
const FIRST_RACE: u32 = 0x40;

/// What the hands were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Key(u32, Press),
    Text(char),
    Button(Button, Press),
    Wheel(i32, i32),
    Move(u32, u32),
    ReleaseAll,
}

#[derive(Default)]
struct Record {
    told: Mutex<Vec<Told>>,
    held: Mutex<BTreeSet<u32>>,
    /// Keys from here on belong to one race each, and only that of the present one may be injected.
    race: AtomicU32,
    violations: AtomicU64,
    injected: AtomicU64,
    /// Hands are stuck in a system call for as long as a test holds this.
    stuck: Mutex<()>,
    keep: AtomicBool,
}

struct Recorder(Arc<Record>);

impl Recorder {
    fn tell(&self, told: Told) -> Result<(), InjectError> {
        let _stuck = self.0.stuck.lock().expect("no test panics with it");
        if let Told::Key(usage @ FIRST_RACE.., _) = told
            && usage != self.0.race.load(Ordering::SeqCst)
        {
            self.0.violations.fetch_add(1, Ordering::SeqCst);
        }
        self.0.injected.fetch_add(1, Ordering::SeqCst);
        if self.0.keep.load(Ordering::SeqCst) {
            self.0.told.lock().expect("no panic").push(told);
        }
        Ok(())
    }
}

impl Hands for Recorder {
    fn key(&mut self, stroke: Stroke, press: Press) -> Result<(), InjectError> {
        let usage = stroke.usage;
        let mut held = self.0.held.lock().expect("no panic");
        match press {
            Press::Down => held.insert(usage),
            Press::Up => held.remove(&usage),
        };
        drop(held);
        self.tell(Told::Key(usage, press))
    }

    fn type_text(&mut self, character: char) -> Result<(), InjectError> {
        self.tell(Told::Text(character))
    }

    fn button(&mut self, button: Button, press: Press) -> Result<(), InjectError> {
        self.tell(Told::Button(button, press))
    }

    fn wheel(&mut self, horizontal: i32, vertical: i32) -> Result<(), InjectError> {
        self.tell(Told::Wheel(horizontal, vertical))
    }

    fn move_to(&mut self, _display: u32, x: u32, y: u32) -> Result<(), InjectError> {
        self.tell(Told::Move(x, y))
    }

    fn release_all(&mut self) -> Result<(), InjectError> {
        self.tell(Told::ReleaseAll)?;
        self.0.held.lock().expect("no panic").clear();
        Ok(())
    }

    fn tidy(&mut self, _now: Instant) -> Result<Option<Instant>, InjectError> {
        Ok(None)
    }
}

struct Bench {
    gate: Gate,
    record: Arc<Record>,
    events: mpsc::Receiver<GateEvent>,
}

fn bench() -> Bench {
    let record = Arc::new(Record { keep: AtomicBool::new(true), ..Record::default() });
    let (sender, events) = mpsc::channel();
    let hands = Box::new(Recorder(Arc::clone(&record)));
    let gate = Gate::start(Some(hands), move |event| sender.send(event).unwrap_or(())).expect("two threads");
    gate.set_displays(vec![DisplayInfo { number: 0, width: 800, height: 600, scale_permille: 1000 }]);
    Bench { gate, record, events }
}

/// One adviser, let in and granted view and control.
fn controlled() -> Bench {
    let bench = bench();
    bench.gate.join(ADVISER, everything(), everything()).expect("a seat");
    bench.gate.grant(ADVISER, control()).expect("a grant");
    bench
}

/// The adviser does this, knowing what it may do now.
fn admit(gate: &Gate, input: &Body) -> Result<(), Denied> {
    let epoch = gate.rights(ADVISER).map_or(0, |rights| rights.epoch);
    gate.admit(ADVISER, epoch, input)
}

impl Bench {
    fn key(&self, press: Press) -> Result<(), Denied> {
        admit(&self.gate, &key(press))
    }

    /// Waits for what the hands were told, not counting releases that nothing was held for.
    fn told(&self, wanted: &[Told]) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let told = self.record.told.lock().expect("no panic").clone();
            if told == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "told {told:?}, wanted {wanted:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn event<T>(&self, wanted: impl Fn(GateEvent) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left).expect("the event comes");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }
}

fn everything() -> Permissions {
    Permission::ALL.into_iter().collect()
}

fn control() -> Permissions {
    Permissions::from(Permission::View).with(Permission::Control)
}

fn key(press: Press) -> Body {
    Body::Key(Key { usage: KEY_A, pressed: press == Press::Down, ..Key::default() })
}

fn to(x: u32, y: u32) -> Body {
    Body::Move(Move { display: 0, x, y })
}

#[test]
fn what_is_granted_is_done_in_order_and_told() {
    let bench = controlled();
    bench.key(Press::Down).expect("a key");
    bench.key(Press::Up).expect("a key");
    let at = Some(Move { display: 0, x: 10, y: 20 });
    let click = ButtonMessage { button: MouseButton::Back.into(), pressed: true, at };
    admit(&bench.gate, &Body::Button(click)).expect("a click");
    admit(&bench.gate, &Body::Wheel(Wheel { horizontal: 1, vertical: -240 })).expect("a turn");
    bench.told(&[
        Told::Key(KEY_A, Press::Down),
        Told::Key(KEY_A, Press::Up),
        Told::Move(10, 20),
        Told::Button(Button::Back, Press::Down),
        Told::Wheel(1, -240),
    ]);
    let mut kinds = Vec::new();
    while kinds.len() < 4 {
        kinds.push(bench.event(|event| match event {
            GateEvent::Admitted(done) => Some((done.viewer, done.kind, done.position)),
            _ => None,
        }));
    }
    let position = Some(Position { display: 0, x: 10, y: 20 });
    assert_eq!(kinds[0], (ADVISER, ActionKind::Key(Press::Down), None));
    assert_eq!(kinds[2], (ADVISER, ActionKind::Button(Button::Back, Press::Down), position));
    assert_eq!(kinds[3].1, ActionKind::Wheel);
}

#[test]
fn nothing_is_done_for_who_is_not_here_or_only_looks() {
    let bench = bench();
    assert_eq!(bench.key(Press::Down), Err(Denied::NotHere));
    bench.gate.join(ADVISER, everything(), everything()).expect("a seat");
    assert_eq!(bench.key(Press::Down), Err(Denied::NotAllowed));
    bench.gate.grant(ADVISER, Permission::View.into()).expect("a grant");
    assert_eq!(bench.key(Press::Down), Err(Denied::NotAllowed));
    assert_eq!(bench.gate.admit(ViewerId(8), 1, &key(Press::Down)), Err(Denied::NotHere));
    assert_eq!(bench.record.injected.load(Ordering::SeqCst), 0);
}

#[test]
fn control_without_view_is_nothing() {
    let bench = bench();
    bench.gate.join(ADVISER, everything(), everything()).expect("a seat");
    let rights = bench.gate.grant(ADVISER, Permission::Control.into()).expect("a grant");
    assert_eq!(rights.effective, Permissions::NONE);
    assert_eq!(bench.key(Press::Down), Err(Denied::NotAllowed));
}

#[test]
fn case_57_a_right_above_the_ceiling_is_denied() {
    let view_only = Permissions::from(Permission::View);
    for (ceiling, policy) in [(view_only, everything()), (everything(), view_only)] {
        let bench = bench();
        bench.gate.join(ADVISER, ceiling, policy).expect("a seat");
        assert_eq!(bench.gate.rights(ADVISER).map(|r| r.askable), Some(view_only));
        let denied = bench.gate.grant(ADVISER, control());
        assert_eq!(denied, Err(Denied::AboveLimit(Permission::Control.into())));
        assert_eq!(bench.gate.rights(ADVISER).map(|r| r.effective), Some(Permissions::NONE), "all or nothing");
        bench.gate.grant(ADVISER, view_only).expect("a grant");
        assert_eq!(bench.key(Press::Down), Err(Denied::NotAllowed));
    }
}

#[test]
fn a_system_without_hands_never_grants_control() {
    let gate = Gate::start(None, |_| {}).expect("two threads");
    gate.join(ADVISER, everything(), everything()).expect("a seat");
    assert_eq!(gate.grant(ADVISER, control()), Err(Denied::AboveLimit(Permission::Control.into())));
    assert!(gate.wait_released(gate.stop_all(), PATIENCE));
}

#[test]
fn case_54_a_revoke_race_lets_nothing_through_after_the_acknowledgement() {
    const RACES: u32 = 100_000;
    let record = Arc::new(Record::default());
    let gate = Gate::start(Some(Box::new(Recorder(Arc::clone(&record)))), |_| {}).expect("two threads");
    gate.join(ADVISER, everything(), everything()).expect("a seat");
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _over = RaiseOnDrop(&over);
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                // Mostly presses, so that something is held whenever a stop strikes.
                for usage in [0x04, 0x05, 0x06] {
                    let _ = admit(&gate, &Body::Key(Key { usage, pressed: true, ..Key::default() }));
                }
                let _ = admit(&gate, &key(Press::Up));
            }
        });
        for race in 0..RACES {
            // Nothing of an earlier race may come any more: those were acknowledged.
            let usage = FIRST_RACE + race % 100;
            record.race.store(usage, Ordering::SeqCst);
            gate.grant(ADVISER, control()).expect("a grant");
            for pressed in [true, false, true] {
                let _ = admit(&gate, &Body::Key(Key { usage, pressed, ..Key::default() }));
            }
            // From at once to some microseconds later.
            for _ in 0..race % 64 {
                std::hint::spin_loop();
            }
            let release = match race % 3 {
                0 => gate.stop(ADVISER),
                1 => gate.revoke(ADVISER, Permission::Control.into()),
                _ => gate.stop_all(),
            };
            assert!(gate.wait_released(release, PATIENCE), "no acknowledgement");
            assert!(record.held.lock().expect("no panic").is_empty(), "a key is held after race {race}");
        }
    });
    assert_eq!(record.violations.load(Ordering::SeqCst), 0, "injected after the acknowledgement");
    assert!(record.injected.load(Ordering::SeqCst) > u64::from(RACES), "nothing was ever let go");
}

/// Ends the other thread of a race, however the race ends.
struct RaiseOnDrop<'a>(&'a AtomicBool);

impl Drop for RaiseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn what_waits_is_not_done_any_more_once_stopped() {
    let bench = controlled();
    let stuck = bench.record.stuck.lock().expect("no panic");
    for press in [Press::Down, Press::Up, Press::Down] {
        bench.key(press).expect("a key");
    }
    let release = bench.gate.stop(ADVISER);
    assert_eq!(bench.key(Press::Down), Err(Denied::NotAllowed));
    // A new grant does not bring back what was stopped.
    bench.gate.grant(ADVISER, control()).expect("a grant");
    drop(stuck);
    assert!(bench.gate.wait_released(release, PATIENCE));
    admit(&bench.gate, &to(1, 2)).expect("a move");
    bench.event(|event| matches!(event, GateEvent::Released(_)).then_some(()));
    let deadline = Instant::now() + PATIENCE;
    while bench.record.told.lock().expect("no panic").last() != Some(&Told::Move(1, 2)) {
        assert!(Instant::now() < deadline, "the new grant is worth nothing");
        thread::sleep(Duration::from_millis(1));
    }
    let told = bench.record.told.lock().expect("no panic").clone();
    let keys = told.iter().filter(|t| matches!(t, Told::Key(..))).count();
    assert!(keys <= 1, "at most the one on its way: {told:?}");
    assert!(told.ends_with(&[Told::ReleaseAll, Told::Move(1, 2)]), "{told:?}");
}

#[test]
fn hands_that_are_stuck_are_reported_and_a_stop_waits_for_nothing() {
    let bench = controlled();
    let stuck = bench.record.stuck.lock().expect("no panic");
    bench.key(Press::Down).expect("a key");
    let begun = Instant::now();
    let release = bench.gate.stop(ADVISER);
    assert!(begun.elapsed() < ACKNOWLEDGE_WITHIN / 2);
    let stalled = bench.event(|event| match event {
        GateEvent::Stalled(release) => Some(release),
        GateEvent::Released(_) => panic!("acknowledged while stuck"),
        _ => None,
    });
    assert_eq!(stalled, release);
    assert!(begun.elapsed() >= ACKNOWLEDGE_WITHIN);
    assert!(!bench.gate.wait_released(release, Duration::ZERO));
    drop(stuck);
    bench.event(|event| matches!(event, GateEvent::Released(r) if r == release).then_some(()));
    assert!(bench.gate.wait_released(release, PATIENCE));
    assert!(bench.record.held.lock().expect("no panic").is_empty());
}

#[test]
fn lost_focus_and_a_lost_viewer_let_everything_go() {
    let bench = controlled();
    bench.key(Press::Down).expect("a key");
    admit(&bench.gate, &Body::ReleaseAll(ReleaseAll {})).expect("a release");
    bench.told(&[Told::Key(KEY_A, Press::Down), Told::ReleaseAll]);
    assert!(bench.record.held.lock().expect("no panic").is_empty());

    bench.key(Press::Down).expect("a key");
    let release = bench.gate.leave(ADVISER);
    assert!(bench.gate.wait_released(release, PATIENCE));
    assert!(bench.record.held.lock().expect("no panic").is_empty());
    assert_eq!(bench.key(Press::Down), Err(Denied::NotHere));
    assert_eq!(bench.gate.rights(ADVISER), None);
}

#[test]
fn a_question_suspends_control_and_lets_go_but_keeps_the_grant() {
    let bench = controlled();
    bench.key(Press::Down).expect("a key");
    let release = bench.gate.suspend(Suspension::Question);
    assert!(bench.gate.wait_released(release, PATIENCE));
    assert!(bench.record.held.lock().expect("no panic").is_empty());
    assert_eq!(bench.key(Press::Down), Err(Denied::Suspended));
    assert_eq!(admit(&bench.gate, &Body::ReleaseAll(ReleaseAll {})), Ok(()));
    assert_eq!(bench.gate.rights(ADVISER).map(|r| r.effective), Some(Permission::View.into()));
    bench.gate.suspend(Suspension::Hidden);
    assert_eq!(bench.gate.rights(ADVISER).map(|r| r.effective), Some(Permissions::NONE));
    bench.gate.resume(Suspension::Question);
    assert_eq!(bench.key(Press::Down), Err(Denied::Suspended), "one reason is left");
    bench.gate.resume(Suspension::Hidden);
    assert_eq!(bench.gate.rights(ADVISER).map(|r| r.effective), Some(control()));
    assert_eq!(bench.key(Press::Down), Ok(()));
}

#[test]
fn of_a_locked_computer_nothing_is_seen_or_touched_and_what_was_granted_goes_on() {
    let bench = controlled();
    bench.key(Press::Down).expect("allowed");
    bench.gate.suspend(Suspension::Question);
    let release = bench.gate.suspend(Suspension::Locked);
    assert!(bench.gate.wait_released(release, PATIENCE));
    let rights = bench.gate.rights(ADVISER).expect("here");
    assert_eq!((rights.effective, rights.granted), (Permissions::NONE, control()));
    assert_eq!(rights.suspended, Some(Suspension::Locked), "the weightier reason is told");
    assert_eq!(bench.key(Press::Down), Err(Denied::Suspended));
    bench.gate.suspend(Suspension::Away);
    bench.gate.resume(Suspension::Question);
    bench.gate.resume(Suspension::Locked);
    let rights = bench.gate.rights(ADVISER).expect("here");
    assert_eq!((rights.effective, rights.suspended), (Permissions::NONE, Some(Suspension::Away)));
    bench.gate.resume(Suspension::Away);
    let rights = bench.gate.rights(ADVISER).expect("here");
    assert_eq!((rights.effective, rights.granted, rights.suspended), (control(), control(), None));
    bench.key(Press::Down).expect("allowed as before");
}

#[test]
fn a_prompt_that_no_program_can_answer_is_seen_and_not_touched() {
    for reason in [Suspension::Prompt, Suspension::Administrator] {
        let bench = controlled();
        bench.key(Press::Down).expect("allowed");
        bench.gate.suspend(Suspension::Silence);
        let release = bench.gate.suspend(reason);
        assert!(bench.gate.wait_released(release, PATIENCE));
        assert!(bench.record.held.lock().expect("no panic").is_empty());
        assert_eq!(bench.key(Press::Down), Err(Denied::Suspended));
        let rights = bench.gate.rights(ADVISER).expect("here");
        assert_eq!((rights.effective, rights.granted), (Permission::View.into(), control()));
        assert_eq!(rights.suspended, Some(reason), "that is what the adviser can do something about");
        bench.gate.resume(Suspension::Silence);
        bench.gate.resume(reason);
        assert_eq!(bench.key(Press::Down), Ok(()));
    }
}

#[test]
fn what_was_on_its_way_when_rights_changed_is_not_done() {
    let bench = controlled();
    let before = bench.gate.rights(ADVISER).expect("a viewer").epoch;
    bench.key(Press::Down).expect("a key");
    bench.told(&[Told::Key(KEY_A, Press::Down)]);
    let release = bench.gate.suspend(Suspension::Silence);
    assert!(bench.gate.wait_released(release, PATIENCE));
    bench.gate.resume(Suspension::Silence);
    let at = Some(Move { display: 0, x: 1, y: 1 });
    let button = |pressed| ButtonMessage { button: MouseButton::Left.into(), pressed, at: at.clone() };
    let wheel = Body::Wheel(Wheel { horizontal: 0, vertical: 120 });
    for late in [key(Press::Down), to(5, 5), wheel, Body::Button(button(true))] {
        assert_eq!(bench.gate.admit(ADVISER, before, &late), Err(Denied::Outdated));
    }
    assert_eq!(bench.gate.admit(ADVISER, before + 100, &key(Press::Down)), Err(Denied::Outdated), "never told");
    // Letting go is never too late, but where it happens may be.
    bench.gate.admit(ADVISER, before, &key(Press::Up)).expect("a release");
    bench.gate.admit(ADVISER, before, &Body::Button(button(false))).expect("a release");
    bench.gate.admit(ADVISER, before, &Body::ReleaseAll(ReleaseAll {})).expect("a release");
    bench.key(Press::Down).expect("a key");
    bench.told(&[
        Told::Key(KEY_A, Press::Down),
        Told::ReleaseAll,
        Told::Key(KEY_A, Press::Up),
        Told::Button(Button::Left, Press::Up),
        Told::ReleaseAll,
        Told::Key(KEY_A, Press::Down),
    ]);
}

#[test]
fn the_same_again_changes_nothing() {
    let bench = controlled();
    let epoch = || bench.gate.rights(ADVISER).expect("a viewer").epoch;
    let before = epoch();
    bench.gate.resume(Suspension::Silence);
    assert_eq!(epoch(), before);
    let release = bench.gate.suspend(Suspension::Silence);
    let suspended = epoch();
    assert_eq!(bench.gate.suspend(Suspension::Silence), release);
    assert_eq!(epoch(), suspended);
}

#[test]
fn moves_are_joined_and_too_many_keys_cost_the_viewer_its_rights() {
    let bench = controlled();
    let stuck = bench.record.stuck.lock().expect("no panic");
    bench.key(Press::Down).expect("a key that gets stuck");
    for x in 0..10_000 {
        admit(&bench.gate, &to(x % 800, 1)).expect("a move");
    }
    let mut admitted = 0;
    let denied = loop {
        match bench.key(if admitted % 2 == 0 { Press::Up } else { Press::Down }) {
            Ok(()) => admitted += 1,
            Err(denied) => break denied,
        }
        assert!(admitted <= QUEUED_ACTIONS, "the queue has no end");
    };
    assert_eq!(denied, Denied::Overrun);
    assert!(admitted >= QUEUED_ACTIONS - 2, "ten thousand moves took the room of one");
    bench.event(|event| matches!(event, GateEvent::Overrun(ADVISER)).then_some(()));
    assert_eq!(bench.gate.rights(ADVISER).map(|r| r.effective), Some(Permissions::NONE));
    drop(stuck);
    assert!(bench.gate.wait_released(bench.gate.stop_all(), PATIENCE));
    assert!(bench.record.held.lock().expect("no panic").is_empty());
}

#[test]
fn positions_end_at_the_edge_and_nonsense_is_refused() {
    let bench = controlled();
    admit(&bench.gate, &to(u32::MAX, 700)).expect("a move");
    bench.told(&[Told::Move(799, 599)]);
    let elsewhere = Body::Move(Move { display: 1, x: 0, y: 0 });
    assert_eq!(admit(&bench.gate, &elsewhere), Err(Denied::UnknownDisplay(1)));
    let click = ButtonMessage { button: 99, pressed: true, at: None };
    assert_eq!(admit(&bench.gate, &Body::Button(click)), Err(Denied::UnknownButton(99)));
    let click = ButtonMessage { button: 0, pressed: true, at: None };
    assert_eq!(admit(&bench.gate, &Body::Button(click)), Err(Denied::UnknownButton(0)));
    for usage in [0, 3, 0xe8, u32::MAX] {
        let nonsense = Body::Key(Key { usage, pressed: true, ..Key::default() });
        assert_eq!(admit(&bench.gate, &nonsense), Err(Denied::UnknownKey(usage)));
    }
    for text in ["ab", "\n", "\u{9f}"] {
        let nonsense = Body::Key(Key { usage: KEY_A, pressed: true, text: text.to_owned(), ..Key::default() });
        assert_eq!(admit(&bench.gate, &nonsense), Err(Denied::NoText));
        let nonsense = Body::Key(Key { usage: KEY_A, pressed: true, cap: text.to_owned(), ..Key::default() });
        assert_eq!(admit(&bench.gate, &nonsense), Err(Denied::NoText));
    }
    let wild = Body::Wheel(Wheel { horizontal: i32::MIN, vertical: i32::MAX });
    admit(&bench.gate, &wild).expect("a turn");
    bench.told(&[Told::Move(799, 599), Told::Wheel(-2400, 2400)]);
}

#[test]
fn text_goes_the_same_way_character_by_character() {
    let bench = controlled();
    let text = |text: String| Body::Text(Text { text });
    admit(&bench.gate, &text("né".to_owned())).expect("text");
    bench.told(&[Told::Text('n'), Told::Text('é')]);
    assert_eq!(admit(&bench.gate, &text("x".repeat(INPUT_TEXT + 1))), Err(Denied::NoText));
    assert_eq!(admit(&bench.gate, &text("a\u{1b}c".to_owned())), Err(Denied::NoText));
    let epoch = bench.gate.rights(ADVISER).expect("a viewer").epoch;
    assert_eq!(bench.gate.admit(ADVISER, epoch - 1, &text("late".to_owned())), Err(Denied::Outdated));
    bench.gate.revoke(ADVISER, Permission::Control.into());
    assert_eq!(admit(&bench.gate, &text("no".to_owned())), Err(Denied::NotAllowed));
}

#[test]
fn epochs_grow_with_every_change_and_from_one_viewer_to_the_next() {
    let bench = controlled();
    let mut last = bench.gate.rights(ADVISER).expect("a viewer").epoch;
    let mut grows = |epoch: u64| assert!(std::mem::replace(&mut last, epoch) < epoch);
    bench.gate.revoke(ADVISER, Permission::Control.into());
    grows(bench.gate.rights(ADVISER).expect("a viewer").epoch);
    grows(bench.gate.grant(ADVISER, control()).expect("a grant").epoch);
    bench.gate.suspend(Suspension::Silence);
    grows(bench.gate.rights(ADVISER).expect("a viewer").epoch);
    bench.gate.leave(ADVISER);
    let next = ViewerId(8);
    bench.gate.join(next, everything(), everything()).expect("a seat");
    grows(bench.gate.rights(next).expect("a viewer").epoch);
}

#[test]
fn seats_are_few_and_are_given_again() {
    let bench = bench();
    for viewer in 0..4 {
        bench.gate.join(ViewerId(viewer), everything(), everything()).expect("a seat");
    }
    assert_eq!(bench.gate.join(ViewerId(4), everything(), everything()), Err(Denied::Full));
    bench.gate.leave(ViewerId(2));
    bench.gate.join(ViewerId(4), everything(), everything()).expect("the seat that was left");
}
