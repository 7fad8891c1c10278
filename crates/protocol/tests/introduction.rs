//! Introductions as people have them: who meets whom, the life of a code, and what each side is told.

mod link;

use std::time::Duration;

use link::{Adviser, Customer, INSTITUTION, REASON, Reply, abort_reason, body, encode, other_than, same_bind};
use lotse_protocol::handshake::joiner::{Failure, JoinError};
use lotse_protocol::handshake::offerer::{CodeState, Unfinished};
use lotse_protocol::id::Id;
use lotse_protocol::message::introduction::{AbortReason, Role, handshake::Body};
use lotse_protocol::permission::{Permission, Permissions};
use lotse_protocol::{limits, version};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_adviser_joins_a_customer() {
    let mut customer = Customer::new(1);
    let code = customer.code();
    let theirs = Adviser::new("huber").join(&mut customer, &code).expect("the code is right");
    let established = customer.established();
    let [ours] = established.as_slice() else { panic!("one session") };
    assert!(same_bind(ours, &theirs));
    assert_eq!((ours.role, theirs.role), (Role::Host, Role::Viewer));
    assert_eq!(ours.peer_key, theirs.own_key.public());
    assert_eq!(theirs.peer_key, ours.own_key.public());
    assert_eq!((ours.id, theirs.id), (customer.id, customer.id));
    assert_eq!(ours.introduction, theirs.introduction);
    assert_eq!((ours.version, theirs.version), (version::CURRENT, version::CURRENT));
    for side in [*ours, &*theirs] {
        assert_eq!(side.wanted, Permission::View.into());
        assert_eq!(side.reason, REASON);
        assert_eq!(side.policy, Permissions::from(Permission::View).with(Permission::Control));
    }
    let card = ours.card.as_ref().expect("a host always has the adviser's card");
    assert_eq!((card.adviser.as_str(), card.institution.as_str()), ("Adviser huber", INSTITUTION));
    assert_eq!(card.ceiling, Permissions::from(Permission::View).with(Permission::Control));
    assert!(theirs.card.is_none());
    assert!(customer.has_no_code(), "the code is spent");
}

#[test]
fn a_customer_joins_an_invitation() {
    let mut adviser = Customer::inviting(2);
    let code = adviser.code();
    let mut joiner = Adviser::invited(&adviser.cards);
    let theirs = joiner.join(&mut adviser, &code).expect("the code is right");
    let established = adviser.established();
    let [ours] = established.as_slice() else { panic!("one session") };
    assert!(same_bind(ours, &theirs));
    assert_eq!((ours.role, theirs.role), (Role::Viewer, Role::Host));
    assert_eq!(ours.peer_key, theirs.own_key.public());
    assert_eq!(theirs.peer_key, ours.own_key.public());
    assert_eq!(theirs.card.as_ref().map(|card| card.adviser.as_str()), Some("Adviser huber"));
    assert!(ours.card.is_none());
    for side in [*ours, &*theirs] {
        assert_eq!(side.wanted, Permission::View.into());
        assert_eq!(side.reason, REASON);
        assert_eq!(side.policy, Permissions::from(Permission::View).with(Permission::Control));
    }
    assert!(adviser.has_no_code());
}

#[test]
fn an_invitation_lost_or_run_out_is_renewed_by_the_adviser_alone() {
    let mut adviser = Customer::inviting(3);
    adviser.pass(limits::INVITATION);
    assert!(adviser.is_used_up());
    adviser.new_code();
    let wrong = adviser.wrong_code();
    for _ in 0..3 {
        let mut joiner = Adviser::invited(&adviser.cards);
        assert!(matches!(joiner.join(&mut adviser, &wrong), Err(Failure::WrongCode { .. })));
    }
    assert!(adviser.is_used_up());
    let mut joiner = Adviser::invited(&adviser.cards);
    assert_eq!(joiner.join(&mut adviser, &wrong).err(), Some(Failure::NoCode));
    adviser.new_code();
    let code = adviser.code();
    assert!(Adviser::invited(&adviser.cards).join(&mut adviser, &code).is_ok());
}

#[test]
fn a_code_is_shown_for_ten_minutes_and_accepted_for_two_more() {
    let mut customer = Customer::new(4);
    let first = customer.code();
    let CodeState::Shown { remaining, .. } = customer.offerer.code(customer.now) else { panic!("shown") };
    assert_eq!(remaining, limits::CODE_SHOWN);
    assert_eq!(customer.offerer.next_wake(), Some(customer.now + limits::CODE_SHOWN));
    customer.pass(limits::CODE_SHOWN - SECOND);
    assert!(customer.code() == first);
    customer.pass(SECOND);
    let second = customer.code();
    assert!(second != first);
    customer.pass(limits::CODE_GRACE - SECOND);

    let mut with_older = Customer::new(4);
    with_older.pass(limits::CODE_SHOWN + limits::CODE_GRACE - SECOND);
    let theirs = Adviser::new("huber").join(&mut with_older, &first).expect("in its time of grace");
    assert!(same_bind(with_older.established()[0], &theirs));

    Adviser::new("huber").join(&mut customer, &second).expect("the one that is shown");
    customer.offer();
    assert_eq!(
        Adviser::new("meier").join(&mut customer, &first).err(),
        Some(Failure::WrongCode { guesses_left: 1 }),
        "a session voids the older code too"
    );
}

#[test]
fn a_code_does_not_change_while_somebody_is_introduced_nor_for_longer_than_the_limit() {
    let mut customer = Customer::new(5);
    let code = customer.code();
    customer.pass(limits::CODE_SHOWN - SECOND);
    let mut adviser = Adviser::new("huber");
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    let m2 = customer.give(introduction, &m1).expect("M2");
    assert!(matches!(customer.offerer.code(customer.now), CodeState::InUse { .. }));
    customer.pass(limits::JOINING - SECOND);
    assert!(customer.code() == code, "shown for longer, since it is in use");
    let Reply::Send(m3) = adviser.give(introduction, &m2, &mut customer) else { panic!("M3") };
    let m4 = customer.give(introduction, &m3).expect("M4");
    assert!(matches!(adviser.give(introduction, &m4, &mut customer), Reply::Established(_)));

    customer.offer();
    let code = customer.code();
    customer.pass(limits::CODE_SHOWN - SECOND);
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    customer.give(introduction, &m1);
    assert_eq!(customer.offerer.next_wake(), Some(customer.now + limits::INTRODUCTION));
    customer.pass(limits::INTRODUCTION);
    assert_eq!(customer.ended(), [Unfinished::TimedOut]);
    assert!(customer.code() == code, "it goes on from where it stood");
    customer.pass(SECOND);
    assert!(customer.code() != code);
    assert_eq!(abort_reason(customer.aside.last().map(|(_, payload)| payload.as_slice())), AbortReason::TimedOut);
}

#[test]
fn a_code_stands_still_while_somebody_is_introduced() {
    let remaining = |customer: &Customer| match customer.offerer.code(customer.now) {
        CodeState::Shown { remaining, .. } => remaining,
        _ => panic!("not shown"),
    };
    let mut customer = Customer::new(6);
    let first = customer.code();
    customer.pass(60 * SECOND);
    let mut adviser = Adviser::new("huber");
    let (introduction, m1) = adviser.knock(&mut customer, &first);
    customer.give(introduction, &m1);
    customer.pass(20 * SECOND);
    customer.offerer.left(introduction, customer.now, &mut customer.rng);
    assert_eq!(remaining(&customer), limits::CODE_SHOWN - 60 * SECOND);
    assert_eq!(customer.offerer.next_wake(), Some(customer.now + limits::CODE_SHOWN - 60 * SECOND));

    // In its grace as well: the second that the older code had left is still left afterwards.
    customer.pass(limits::CODE_SHOWN - 60 * SECOND);
    assert!(customer.code() != first);
    customer.pass(limits::CODE_GRACE - SECOND);
    let (introduction, m1) = Adviser::new("schmidt").knock(&mut customer, &first);
    customer.give(introduction, &m1);
    customer.pass(20 * SECOND);
    customer.offerer.left(introduction, customer.now, &mut customer.rng);
    Adviser::new("meier").join(&mut customer, &first).expect("in its time of grace");
}

#[test]
fn nobody_keeps_a_code_alive_by_knocking() {
    let mut customer = Customer::new(6);
    let began = customer.now;
    let code = customer.code();
    // Somebody is being introduced all the time; each gives up as late as possible, and the next is there at once.
    for number in 0.. {
        let mut adviser = Adviser::new(&format!("adviser {number}"));
        let (introduction, m1) = adviser.knock(&mut customer, &code);
        customer.give(introduction, &m1);
        customer.pass(limits::INTRODUCTION);
        if customer.code() != code {
            break;
        }
    }
    let most = limits::CODE_SHOWN + limits::CODE_STILL + limits::INTRODUCTION;
    assert!(customer.now - began <= most, "shown for {:?}", customer.now - began);
    // What it was shown too long is taken from its time of grace.
    let late = began + limits::CODE_SHOWN + limits::CODE_STILL + limits::CODE_GRACE - customer.now;
    customer.pass(late);
    assert!(matches!(Adviser::new("meier").join(&mut customer, &code), Err(Failure::WrongCode { .. })));
}

#[test]
fn a_computer_that_slept_during_an_introduction_has_a_new_code() {
    let mut customer = Customer::new(6);
    let code = customer.code();
    let (introduction, m1) = Adviser::new("huber").knock(&mut customer, &code);
    customer.give(introduction, &m1);
    customer.pass(limits::CODE_SHOWN + limits::INTRODUCTION - SECOND);
    assert!(customer.code() == code, "it stood still for as long as an introduction may take");
    customer.pass(SECOND);
    assert!(customer.code() != code);
}

#[test]
fn after_three_lost_codes_none_comes_until_the_customer_asks() {
    let mut customer = Customer::new(6);
    for account in 0..9 {
        assert!(customer.is_shown());
        let wrong = customer.wrong_code();
        let failure = Adviser::new(&format!("adviser{account}")).join(&mut customer, &wrong).err();
        let expected = [2, 1, 0][account % 3].min(1);
        assert_eq!(failure, Some(Failure::WrongCode { guesses_left: expected }));
    }
    assert!(customer.is_used_up());
    customer.pass(Duration::from_secs(24 * 3600));
    assert!(customer.is_used_up());
    customer.offer();
    assert!(customer.is_used_up(), "only the customer's own hand brings a new one");
    let any = link::numbered(0);
    assert_eq!(Adviser::new("huber").join(&mut customer, &any).err(), Some(Failure::NoCode));
    customer.new_code();
    let code = customer.code();
    assert!(Adviser::new("huber").join(&mut customer, &code).is_ok());
}

#[test]
fn losing_the_relay_undoes_no_count() {
    let mut customer = Customer::new(7);
    for account in ["a", "b"] {
        let wrong = customer.wrong_code();
        let _ = Adviser::new(account).join(&mut customer, &wrong);
    }
    let nonce = *customer.offerer.nonce();
    let before = customer.code();
    customer.offerer.unregistered(&mut customer.rng);
    assert!(customer.has_no_code());
    assert!(*customer.offerer.nonce() != nonce);
    customer.id = Id::generate(&mut customer.rng);
    customer.offerer.registered(customer.id, customer.now, &mut customer.rng);
    let after = customer.code();
    assert!(after != before);
    let wrong = customer.wrong_code();
    assert_eq!(
        Adviser::new("c").join(&mut customer, &wrong).err(),
        Some(Failure::WrongCode { guesses_left: 0 }),
        "the third in all"
    );
    assert!(customer.code() != after);
}

#[test]
fn a_code_comes_after_a_session_when_it_is_offered_or_with_the_next_registration() {
    let mut customer = Customer::new(8);
    let code = customer.code();
    Adviser::new("huber").join(&mut customer, &code).expect("right");
    customer.pass(limits::CODE_SHOWN * 2);
    assert!(customer.has_no_code(), "not by itself");
    customer.offer();
    let code = customer.code();
    Adviser::new("huber").join(&mut customer, &code).expect("right");
    customer.offerer.unregistered(&mut customer.rng);
    customer.offer();
    assert!(customer.has_no_code(), "nobody could be found under it");
    customer.offerer.registered(customer.id, customer.now, &mut customer.rng);
    assert!(customer.is_shown());
}

#[test]
fn a_second_adviser_is_told_that_somebody_is_there() {
    let mut customer = Customer::new(9);
    let code = customer.code();
    let (first, m1) = Adviser::new("huber").knock(&mut customer, &code);
    customer.give(first, &m1).expect("M2");
    assert_eq!(Adviser::new("meier").join(&mut customer, &code).err(), Some(Failure::Busy));
    customer.offerer.left(first, customer.now, &mut customer.rng);
    assert!(Adviser::new("meier").join(&mut customer, &code).is_ok());
}

#[test]
fn whoever_is_taken_by_a_session_is_busy_until_a_code_is_offered() {
    let mut customer = Customer::new(17);
    let code = customer.code();
    assert!(Adviser::new("huber").join(&mut customer, &code).is_ok());
    for _ in 0..2 {
        // Not `NoCode`: that would have the adviser ask for a new one, and there is none.
        assert_eq!(Adviser::new("meier").join(&mut customer, &code).err(), Some(Failure::Busy));
        customer.pass(limits::CODE_SHOWN * 2);
        customer.new_code();
        assert!(customer.has_no_code(), "none that could not be used");
    }
    assert_eq!(customer.established().len(), 1);
    customer.offer();
    let code = customer.code();
    assert!(Adviser::new("meier").join(&mut customer, &code).is_ok());

    // Registering again offers too.
    customer.offerer.unregistered(&mut customer.rng);
    customer.offerer.registered(customer.id, customer.now, &mut customer.rng);
    let code = customer.code();
    assert!(Adviser::new("huber").join(&mut customer, &code).is_ok());

    // The other way round it is the same.
    let mut adviser = Customer::inviting(17);
    let code = adviser.code();
    assert!(Adviser::invited(&adviser.cards).join(&mut adviser, &code).is_ok());
    assert_eq!(Adviser::invited(&adviser.cards).join(&mut adviser, &code).err(), Some(Failure::Busy));
}

#[test]
fn a_new_code_ends_what_is_running() {
    let mut customer = Customer::new(10);
    let code = customer.code();
    let mut adviser = Adviser::new("huber");
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    let m2 = customer.give(introduction, &m1).expect("M2");
    let Reply::Send(m3) = adviser.give(introduction, &m2, &mut customer) else { panic!("M3") };
    customer.new_code();
    let (_, told) = customer.aside.pop().expect("the adviser is told");
    assert_eq!(customer.give(introduction, &m3), None);
    assert!(customer.established().is_empty());
    assert!(matches!(adviser.give(introduction, &told, &mut customer), Reply::Failed(Failure::NoCode)));
}

#[test]
fn another_version_gets_a_sentence() {
    let mut customer = Customer::new(11);
    let code = customer.code();
    let mut adviser = Adviser::new("huber");
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    let Body::M1(mut older) = body(&m1) else { panic!("M1") };
    older.version = version::OLDEST - 1;
    let answer = customer.give(introduction, &encode(Body::M1(older)));
    assert_eq!(abort_reason(answer.as_deref()), AbortReason::Version);

    let m2 = customer.give(introduction, &m1).expect("refused before it was begun");
    for version in [version::OLDEST - 1, version::CURRENT + 1] {
        let mut adviser = Adviser::new("huber");
        let (introduction, _) = adviser.knock(&mut customer, &code);
        let Body::M2(mut other) = body(&m2) else { panic!("M2") };
        other.version = version;
        let reply = adviser.give(introduction, &encode(Body::M2(other)), &mut customer);
        assert!(matches!(reply, Reply::Failed(Failure::Version)));
    }
}

#[test]
fn a_newer_joiner_is_answered_in_the_version_both_speak() {
    let mut customer = Customer::new(12);
    let code = customer.code();
    let (introduction, m1) = Adviser::new("huber").knock(&mut customer, &code);
    let Body::M1(mut newer) = body(&m1) else { panic!("M1") };
    newer.version = version::CURRENT + 5;
    let Body::M2(m2) = body(&customer.give(introduction, &encode(Body::M1(newer))).expect("M2")) else { panic!("M2") };
    assert_eq!(m2.version, version::CURRENT);
}

#[test]
fn a_silent_or_vanished_customer_is_told_to_the_adviser_in_time() {
    let mut customer = Customer::new(13);
    let code = customer.code();
    let mut adviser = Adviser::new("huber");
    adviser.knock(&mut customer, &code);
    let deadline = adviser.joiner.next_wake().expect("a deadline");
    assert!(deadline <= customer.now + SECOND * 10);
    adviser.joiner.tick(deadline);
    assert!(matches!(adviser.collect(), Reply::Failed(Failure::TimedOut)));

    let (introduction, _) = adviser.knock(&mut customer, &code);
    for of_another in [&[][..], &[0xff]] {
        assert!(matches!(adviser.give(introduction + 1, of_another, &mut customer), Reply::Nothing));
    }
    adviser.joiner.left(introduction + 1);
    assert!(matches!(adviser.collect(), Reply::Nothing));
    adviser.joiner.left(introduction);
    assert!(matches!(adviser.collect(), Reply::Failed(Failure::Left)));
}

#[test]
fn an_adviser_can_cancel_and_begin_again() {
    let mut customer = Customer::new(14);
    let code = customer.code();
    let mut adviser = Adviser::new("huber");
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    customer.give(introduction, &m1).expect("M2");
    let again = adviser.joiner.join(customer.id, code.clone(), link::viewer(), &mut customer.rng);
    assert_eq!(again.err(), Some(JoinError::Running));
    adviser.joiner.cancel();
    let Reply::Send(goodbye) = adviser.collect() else { panic!("the other side is told") };
    assert_eq!(customer.give(introduction, &goodbye), None);
    assert_eq!(customer.ended(), [Unfinished::Left]);
    assert!(adviser.join(&mut customer, &code).is_ok());
}

#[test]
fn a_reason_that_could_deceive_is_not_sent_and_not_taken() {
    let mut customer = Customer::new(15);
    let code = customer.code();
    for reason in ["two\nlines", "right\u{202e}tfel", &"x".repeat(limits::SHOWN_TEXT + 1)] {
        let mut adviser = Adviser::new("huber");
        adviser.part = lotse_protocol::handshake::Part::Viewer { wanted: Permissions::NONE, reason: reason.into() };
        let part = adviser.part.clone();
        let refused = adviser.joiner.join(customer.id, code.clone(), part, &mut customer.rng);
        assert_eq!(refused.err(), Some(JoinError::Reason));

        let (introduction, m1) = Adviser::new("huber").knock(&mut customer, &code);
        let Body::M1(mut m1) = body(&m1) else { panic!("M1") };
        m1.reason = reason.into();
        let answer = customer.give(introduction, &encode(Body::M1(m1)));
        assert_eq!(abort_reason(answer.as_deref()), AbortReason::Malformed);
    }
    assert!(customer.events.is_empty());
}

#[test]
fn success_clears_what_an_account_got_wrong_before() {
    let mut customer = Customer::new(16);
    for _ in 0..3 {
        let code = customer.code();
        let mut adviser = Adviser::new("huber");
        let wrong = other_than(&code);
        assert_eq!(adviser.join(&mut customer, &wrong).err(), Some(Failure::WrongCode { guesses_left: 1 }));
        assert!(adviser.join(&mut customer, &code).is_ok());
        customer.offer();
    }
}

#[test]
fn a_program_that_goes_on_with_a_session_is_for_one_adviser_once() {
    let mut customer = Customer::going_on(40, "huber");
    let code = customer.code();
    // Who else has the code is not even let guess.
    for other in ["meier", "Huber", "huber ", "mallory"] {
        assert_eq!(Adviser::new(other).join(&mut customer, &code).err(), Some(Failure::Card), "{other}");
    }
    assert!(customer.events.is_empty(), "nobody was introduced");
    let theirs = Adviser::new("huber").join(&mut customer, &code).expect("the one who may");
    assert!(same_bind(customer.established()[0], &theirs));
    // Neither the session's end nor a person's click brings another code.
    customer.offer();
    customer.new_code();
    assert!(customer.is_used_up());
    assert_eq!(Adviser::new("huber").join(&mut customer, &code).err(), Some(Failure::NoCode));
}

#[test]
fn the_code_of_a_program_that_goes_on_lives_for_a_minute_and_no_other_follows() {
    let mut customer = Customer::going_on(41, "huber");
    let code = customer.code();
    let CodeState::Shown { remaining, .. } = customer.offerer.code(customer.now) else { panic!("offered") };
    assert_eq!(remaining, limits::GOES_ON);
    // Knocking does not keep it alive.
    let (introduction, m1) = Adviser::new("huber").knock(&mut customer, &code);
    customer.give(introduction, &m1);
    customer.pass(limits::INTRODUCTION);
    customer.pass(limits::GOES_ON - limits::INTRODUCTION - SECOND);
    assert!(customer.is_shown());
    customer.pass(SECOND);
    assert!(customer.is_used_up());
    assert_eq!(Adviser::new("huber").join(&mut customer, &code).err(), Some(Failure::NoCode));
    customer.pass(limits::CODE_SHOWN);
    assert!(customer.is_used_up());
}

/// Knocking in time is not enough: who is not through by the end of the minute is not let in.
#[test]
fn an_introduction_does_not_outlive_the_code_of_a_program_that_goes_on() {
    for (after, is_let_in) in [(2 * SECOND - Duration::from_millis(1), true), (2 * SECOND, false)] {
        let mut customer = Customer::going_on(44, "huber");
        let code = customer.code();
        customer.pass(limits::GOES_ON - 2 * SECOND);
        let mut adviser = Adviser::new("huber");
        let (introduction, m1) = adviser.knock(&mut customer, &code);
        let m2 = customer.give(introduction, &m1).expect("M2");
        assert_eq!(customer.offerer.next_wake(), Some(customer.now + 2 * SECOND));
        let Reply::Send(m3) = adviser.give(introduction, &m2, &mut customer) else { panic!("M3") };
        customer.pass(after);
        customer.give(introduction, &m3);
        assert_eq!(customer.established().len(), usize::from(is_let_in), "after {after:?}");
        assert!(customer.is_used_up());
    }
}

#[test]
fn a_program_that_goes_on_lets_nobody_in_after_wrong_guesses_and_has_no_code_after_an_outage() {
    let mut guessed = Customer::going_on(42, "huber");
    let (code, wrong) = (guessed.code(), guessed.wrong_code());
    for _ in 0..2 {
        assert!(Adviser::new("huber").join(&mut guessed, &wrong).is_err());
    }
    assert_eq!(Adviser::new("huber").join(&mut guessed, &code).err(), Some(Failure::Blocked));

    let mut cut = Customer::going_on(43, "huber");
    cut.offerer.unregistered(&mut cut.rng);
    cut.offerer.registered(cut.id, cut.now, &mut cut.rng);
    assert!(cut.is_used_up());
}
