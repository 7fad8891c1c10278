//! Each thing that can go wrong on the way to a session is its own sentence in front of the person, in the real window,
//! within ten seconds.

mod desk;
#[path = "session/page.rs"]
#[allow(dead_code, reason = "every whole-system test compares other pages")]
mod page;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "every whole-system test uses another part of what people do")]
mod people;
#[path = "headless/strange.rs"]
mod strange;

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use egui::Theme;
use lotse::app::view::{AdviserPage, CodeView, CustomerPage, Join, JoinProblem, Offline, SignIn, Status, Waiting};
use lotse::ui::theme::Palette;
use lotse_protocol::id::Id;
use lotse_protocol::keys::RelayPins;
use lotse_protocol::message::relay::{RefusalReason, Refused, Welcome, from_relay};

use desk::relay::Relay;
use desk::until;
use page::shows;
use people::{Adviser, Customer};

/// From what a person did, or from what happened, to the sentence.
const TOLD_WITHIN: Duration = Duration::from_secs(10);
/// What this computer knows by itself is said in a moment.
const AT_ONCE: Duration = Duration::from_secs(1);

fn join(problem: Option<JoinProblem>, id: Option<String>) -> AdviserPage {
    AdviserPage::Join(Join { adviser: "Maria Huber".to_owned(), status: Status::Ready, id, busy: false, problem })
}

/// The pages that say it.
fn told(why: Offline) -> (CustomerPage, AdviserPage) {
    let status = Status::Offline(why);
    let waiting = Waiting { id: None, code: CodeView::None, status: status.clone() };
    (CustomerPage::Waiting(waiting), AdviserPage::SignIn(SignIn { status, busy: false, problem: None }))
}

impl Adviser {
    #[track_caller]
    fn reads(&self, problem: JoinProblem) {
        let notice = page::advisers_notice(join(Some(problem), None), self.size());
        until(TOLD_WITHIN, &format!("the sentence for {problem:?}"), || shows(&self.looks(), &notice).then_some(()));
    }
}

#[test]
fn what_can_be_wrong_with_the_numbers() {
    let relay = Relay::start();
    let (maria, tom) = (relay.add_adviser("maria", "Maria Huber"), relay.add_adviser("tom", "Tom Berger"));
    let mut customer = Customer::start(&relay.arguments());
    let (first, second) = (Adviser::start(&relay.arguments()), Adviser::start(&relay.arguments()));
    first.sign_in(&maria);
    second.sign_in(&tom);
    let (id, code) = customer.numbers();

    // A mistyped ID is told while it is typed, and nobody is asked.
    let last = id.chars().last().and_then(|digit| digit.to_digit(10)).expect("an ID has digits");
    let mistyped = format!("{}{}", &id[..8], (last + 1) % 10);
    let colour = Palette::of(Theme::Light).warning_on_background();
    let sentence = page::written_by_adviser(join(None, Some(mistyped.clone())), first.size(), colour);
    first.desk.type_text(&mistyped);
    until(AT_ONCE, "the sentence about the mistyped ID", || shows(&first.looks(), &sentence).then_some(()));

    // Well typed, and nobody's.
    let unknown: Id = nobody(&id);
    first.join_another(&unknown.to_string(), &code);
    first.reads(JoinProblem::UnknownId);

    // Wrong codes, up to the code's loss.
    let wrong = if code.starts_with('1') { "222222" } else { "111111" };
    first.back_to_the_id();
    first.join_another(&id, wrong);
    first.reads(JoinProblem::WrongCode { left: 1 });
    second.join(&id, wrong);
    second.reads(JoinProblem::WrongCode { left: 1 });
    first.join_again(wrong);
    first.reads(JoinProblem::WrongCode { left: 0 });
    // What was read aloud before is worth nothing now, and this is the second wrong guess of this adviser.
    second.join_again(&code);
    second.reads(JoinProblem::Blocked);

    // The customer's program is gone, and the relay does not know yet.
    customer.program.kill();
    let begun = Instant::now();
    first.join_again(&code);
    first.reads(JoinProblem::NoAnswer);
    assert!(begun.elapsed() < TOLD_WITHIN);
}

/// An ID that is well formed and not `taken`.
fn nobody(taken: &str) -> Id {
    std::iter::repeat_with(|| Id::generate(&mut rand::rng()))
        .find(|id| id.to_string().replace(' ', "") != taken)
        .expect("there are many")
}

#[test]
fn what_can_be_wrong_with_the_relay() {
    let relay = Relay::start();
    // A port that nobody answers on.
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
    let nobody = silent.local_addr().expect("bound");
    let key = relay.arguments()[3].clone();
    let other_key = strange::pins(1).to_string();
    let newer = Welcome { version: 9, oldest: 8, institution: "Tomorrow".to_owned() };
    let full = Refused { reason: RefusalReason::Full.into(), retry_after: 0 };
    let strange = |answer| {
        let (address, pins): (_, RelayPins) = strange::relay(answer);
        [address.to_string(), pins.to_string()]
    };
    for ([address, key], why) in [
        ([nobody.to_string(), key.clone()], Offline::NoAnswer),
        ([format!("{}.example.edu", "x".repeat(64)), key], Offline::NameUnknown),
        ([relay.address().to_string(), other_key], Offline::NotOurRelay),
        (strange(from_relay::Body::Welcome(newer)), Offline::OtherVersion),
        (strange(from_relay::Body::Refused(full)), Offline::Full),
    ] {
        let begun = Instant::now();
        let arguments = ["--relay".to_owned(), address, "--relay-key".to_owned(), key];
        both_are_told(why, &Customer::start(&arguments), &Adviser::start(&arguments), begun);
    }
}

#[test]
fn a_relay_that_dies_while_people_wait() {
    let mut relay = Relay::start();
    let (customer, adviser) = (Customer::start(&relay.arguments()), Adviser::start(&relay.arguments()));
    customer.numbers();
    relay.kill();
    both_are_told(Offline::Lost, &customer, &adviser, Instant::now());
}

#[track_caller]
fn both_are_told(why: Offline, customer: &Customer, adviser: &Adviser, since: Instant) {
    let (waiting, sign_in) = told(why);
    let to_customer = page::customers_notice(waiting, customer.size());
    let to_adviser = page::advisers_notice(sign_in, adviser.size());
    until(TOLD_WITHIN, &format!("both to be told of {why:?}"), || {
        (shows(&customer.looks(), &to_customer) && shows(&adviser.looks(), &to_adviser)).then_some(())
    });
    assert!(since.elapsed() < TOLD_WITHIN, "{why:?} was told after {:?}", since.elapsed());
}
