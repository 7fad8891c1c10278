//! Typing that is faster than the window is drawn: a password manager's, or a person's on a busy computer.
//!
//! egui moves the keyboard from one field to the next between two frames, and in a frame a field takes every letter
//! there is. So a frame gets one act (a key, a text, a click), and as many frames are run at once as there were acts.

use std::collections::VecDeque;

use egui::{Event, RawInput};

/// Deals out what was done, one act a frame.
#[derive(Default)]
pub(super) struct Burst {
    /// In the order in which it happened.
    waiting: VecDeque<Event>,
    /// How many events the last frame was given, until it is known to have been shown.
    dealt: usize,
}

impl Burst {
    /// Takes over the events of `input` and leaves the next frame's in it. If the last frame's were not
    /// [`seen`](Self::seen), they have to be the first in `input`, and come again.
    pub(super) fn deal(&mut self, input: &mut RawInput) {
        let again = self.dealt.min(input.events.len());
        let newer = input.events.split_off(again);
        for event in input.events.drain(..).rev() {
            self.waiting.push_front(event);
        }
        self.waiting.extend(newer);
        input.events.extend(self.waiting.drain(..first_act(&self.waiting)));
        self.dealt = input.events.len();
    }

    /// The frame that was dealt to has been run.
    pub(super) fn seen(&mut self) {
        self.dealt = 0;
    }

    /// Is another frame to be run at once?
    pub(super) fn goes_on(&self) -> bool {
        !self.waiting.is_empty()
    }
}

/// How many events there are before the second act.
fn first_act(events: &VecDeque<Event>) -> usize {
    let mut acts = 0;
    let mut before: Option<&Event> = None;
    for (index, event) in events.iter().enumerate() {
        let starts = match event {
            Event::Key { pressed, .. } | Event::PointerButton { pressed, .. } => *pressed,
            // What a key writes comes right behind it, and belongs to it: a space that clicked a button must not be
            // written into the field which that click led to.
            Event::Text(_) => !matches!(before, Some(Event::Key { pressed: true, .. })),
            Event::Paste(_) | Event::Copy | Event::Cut | Event::Ime(_) => true,
            _ => false,
        };
        if starts && acts == 1 {
            return index;
        }
        acts += usize::from(starts);
        before = Some(event);
    }
    events.len()
}

#[cfg(test)]
mod tests {
    use egui::{Event, Key, Modifiers, RawInput};

    use super::Burst;
    use crate::app::view::{AdviserAction, AdviserPage, AdviserView, Join, SignIn, Status, check_id};
    use crate::ui::text::Language;
    use crate::ui::{self, UiState};

    fn key(key: Key, pressed: bool) -> Event {
        Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE }
    }

    /// What egui is told when `text` is typed; `\t` and `\n` are the keys.
    fn typed(text: &str) -> Vec<Event> {
        let mut events = Vec::new();
        for letter in text.chars() {
            let (which, writes) = match letter {
                '\t' => (Key::Tab, None),
                '\n' => (Key::Enter, None),
                ' ' => (Key::Space, Some(' ')),
                letter => (Key::from_name(&letter.to_uppercase().to_string()).unwrap_or(Key::F35), Some(letter)),
            };
            events.push(key(which, true));
            events.extend(writes.map(|letter| Event::Text(letter.to_string())));
            events.push(key(which, false));
        }
        events
    }

    /// The adviser's window, with all of `events` in it before it is drawn again.
    fn done_at_once(page: AdviserPage, events: Vec<Event>) -> Vec<AdviserAction> {
        let view = AdviserView { institution: String::new(), test_relay: None, page, confirm_close: false };
        let context = egui::Context::default();
        ui::theme::install(&context);
        let mut state = UiState::new(Language::English);
        let mut burst = Burst::default();
        let mut actions = Vec::new();
        let mut frame = |input: RawInput| {
            let output = context.run_ui(input, |ui| actions.extend(ui::adviser(ui, &view, &mut state)));
            output.drop_without_applying_deltas();
        };
        frame(RawInput::default());
        frame(RawInput::default());
        let mut input = RawInput { events, ..RawInput::default() };
        loop {
            burst.deal(&mut input);
            frame(input.take());
            burst.seen();
            if !burst.goes_on() {
                return actions;
            }
        }
    }

    fn sign_in() -> AdviserPage {
        AdviserPage::SignIn(SignIn { status: Status::Ready, busy: false, problem: None })
    }

    fn join() -> AdviserPage {
        AdviserPage::Join(Join {
            adviser: "Maria Huber".into(),
            status: Status::Ready,
            id: None,
            busy: false,
            problem: None,
        })
    }

    fn valid_id() -> String {
        let mut ids = (0..10).map(|digit| format!("48291307{digit}"));
        ids.find(|id| check_id(id).is_ok()).expect("one of ten")
    }

    #[test]
    fn a_password_manager_signs_in() {
        for way in ["maria\tse cret\n", "maria\nse cret\n"] {
            let actions = done_at_once(sign_in(), typed(way));
            let [AdviserAction::SignIn { name, password }] = actions.as_slice() else { panic!("{actions:?}") };
            assert_eq!((name.as_str(), password.as_str()), ("maria", "se cret"), "{way:?}");
        }
    }

    #[test]
    fn id_and_code_typed_in_one_go_join() {
        let id = valid_id();
        for way in [format!("{id}731940\n"), format!("{id}731940\te-mail\n"), format!("{id}\n")] {
            let actions = done_at_once(join(), typed(&way));
            if way.len() < 15 {
                assert_eq!(actions, [], "without a code");
                continue;
            }
            let [AdviserAction::Join { id: joined, code, reason }] = actions.as_slice() else { panic!("{actions:?}") };
            assert_eq!((joined.replace(' ', ""), code.as_str()), (id.clone(), "731 940"), "{way:?}");
            assert_eq!(reason, if way.contains('\t') { "e-mail" } else { "" });
        }
    }

    #[test]
    fn id_and_code_pasted_together_find_their_fields() {
        let id = valid_id();
        let grouped = format!("ID {} {} {}\nChannel code: 731-940\n", &id[..3], &id[3..6], &id[6..]);
        for text in [format!("{id}731940"), grouped] {
            let mut events = vec![Event::Paste(text.clone())];
            events.extend(typed("\n"));
            let actions = done_at_once(join(), events);
            let [AdviserAction::Join { id: joined, code, .. }] = actions.as_slice() else { panic!("{actions:?}") };
            assert_eq!((joined.replace(' ', ""), code.as_str()), (id.clone(), "731 940"), "{text:?}");
        }
    }

    #[test]
    fn a_frame_gets_one_act_with_what_it_writes() {
        let mut burst = Burst::default();
        let mut input = RawInput { events: typed(" \tb"), ..RawInput::default() };
        let mut frames = Vec::new();
        loop {
            burst.deal(&mut input);
            frames.push(std::mem::take(&mut input.events));
            burst.seen();
            if !burst.goes_on() {
                break;
            }
        }
        assert_eq!(frames, [typed(" "), typed("\t"), typed("b")]);
    }

    /// Of a hidden window eframe runs no frames, and gives the events again.
    #[test]
    fn what_a_frame_did_not_see_comes_again_in_its_place() {
        let mut burst = Burst::default();
        let mut input = RawInput { events: typed("ab"), ..RawInput::default() };
        burst.deal(&mut input);
        input.events.extend(typed("c"));
        burst.deal(&mut input);
        assert_eq!(input.events, typed("a"));
        burst.seen();
        let mut input = RawInput::default();
        burst.deal(&mut input);
        assert_eq!(input.events, typed("b"));
    }
}
