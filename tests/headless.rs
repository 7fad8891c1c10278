//! Two programs without windows and the real relay, all in one process: introduced, connected, helped, and everything
//! that can go wrong told to the right person in time.

#[path = "desk/impair.rs"]
#[allow(dead_code, reason = "every whole-system test uses another part of the harness")]
mod impair;

#[path = "headless/anew.rs"]
mod anew;
#[path = "headless/film.rs"]
mod film;
#[path = "headless/first_picture.rs"]
mod first_picture;
#[path = "headless/gated.rs"]
mod gated;
#[path = "headless/onward.rs"]
mod onward;
#[path = "headless/party.rs"]
mod party;
#[path = "headless/pointed.rs"]
mod pointed;
#[path = "headless/strange.rs"]
mod strange;

use std::io::{BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use lotse::net::{Command, Ended, Event, JoinFailure, Net, OfflineReason, SignInRefusal};
use lotse_codec::{Budget, Decoder, Encoder, Frame, Framebuffer, Rect, Region};
use lotse_desktop::capture::synthetic;
use lotse_protocol::code::ChannelCode;
use lotse_protocol::id::Id;
use lotse_protocol::limits;
use lotse_protocol::message::input::{Button, Key, MouseButton, Move, Wheel, input_message};
use lotse_protocol::message::relay::{RefusalReason, Refused, Welcome, from_relay};
use lotse_protocol::message::session::{Applied, Ask, EndReason, Rights, UpdateHeader, session_message};
use lotse_protocol::permission::{Permission, Permissions};

use gated::Gated;
use impair::{Conditions, Link};
use party::{Adviser, Customer, Hand, PASSWORD, Relay, SOON, connect, start_adviser, start_customer};

// Together ---------------------------------------------------------------------------------------------------------

#[test]
fn the_adviser_sees_the_customers_screen_exactly() {
    let relay = Relay::start();
    shows_the_screen_exactly(&Customer::new(&relay), &Adviser::new(&relay));
}

/// Where the system refuses what makes a socket fast, such as Wine.
#[test]
fn a_plain_socket_does_as_well() {
    let relay = Relay::start();
    shows_the_screen_exactly(&Customer::without_offload(&relay), &Adviser::without_offload(&relay));
}

fn shows_the_screen_exactly(customer: &Customer, adviser: &Adviser) {
    let (host, viewer) = connect(customer, adviser);
    let card = host.card.as_ref().expect("a host is always shown a card");
    assert_eq!((card.adviser.as_str(), card.institution.as_str()), ("Maria Huber", "University of Example"));
    assert_eq!((host.wanted, host.reason.as_str()), (Permissions::from(Permission::View), "the printer"));
    assert!(viewer.card.is_none() && viewer.updates.is_none());
    assert_eq!(host.id, viewer.id);
    let updates = host.updates.expect("a host has somewhere to put updates");

    let (mut capture, stage) = synthetic::open(640, 400);
    let pump = std::thread::spawn(move || {
        let mut encoder = Encoder::new(640, 400).expect("a size");
        let mut last = Vec::new();
        for sequence in 1..=60 {
            stage.step();
            if sequence == 30 {
                // An update far beyond every buffer on the way.
                stage.noise(lotse_desktop::capture::Rect { x: 0, y: 0, width: 640, height: 400 }, 7);
            }
            let grab = capture.grab().expect("a synthetic screen");
            let mut damage = Region::new();
            for rect in grab.damage {
                damage.add(Rect::new(rect.x, rect.y, rect.width, rect.height));
            }
            let frame = Frame::new(grab.data, grab.width, grab.height, grab.stride).expect("a frame");
            let mut update = Vec::new();
            let encoded = encoder.encode(frame, &damage, Budget::unlimited(), &mut update).expect("memory");
            last = grab.data.to_vec();
            assert!(updates.wait_free(SOON), "the network took no update");
            let header =
                UpdateHeader { sequence, display: 1, width: 640, height: 400, length: 0, keyframe: encoded.keyframe };
            updates.put((header, Bytes::from(update))).expect("it is free");
        }
        last
    });

    let (mut decoder, mut shown) = (Decoder::new(), Framebuffer::new());
    for expected in 1..=60 {
        let (header, update) = adviser.pictures.recv_timeout(SOON).expect("an update");
        assert_eq!((header.sequence, header.length as usize), (expected, update.len()));
        decoder.apply(&update, &mut shown).expect("an honest encoder");
        adviser.net.send(Command::Say(session_message::Body::Applied(Applied { display: 1, sequence: expected })));
    }
    let source = pump.join().expect("no panic");
    assert_eq!((shown.width(), shown.height()), (640, 400));
    let same = source.chunks_exact(4).zip(shown.pixels().chunks_exact(4)).all(|(a, b)| a[..3] == b[..3]);
    assert!(same, "the pictures differ");
    for expected in 1..=60 {
        assert_eq!(customer.applied.recv_timeout(SOON), Ok((host.viewer, expected)));
    }
}

#[test]
fn what_the_adviser_does_and_says_arrives_in_order() {
    let relay = Relay::start();
    let (customer, adviser) = (Customer::new(&relay), Adviser::new(&relay));
    // Before there is a session, hands move nothing, not even later.
    adviser.net.send(Command::Input(key(99, true)));
    let (host, viewer) = connect(&customer, &adviser);

    let mut sent = Vec::new();
    for turn in 0..100 {
        let at = Move { display: 1, x: turn, y: 7 };
        sent.extend([
            key(4 + turn % 20, true),
            input_message::Body::Move(at.clone()),
            input_message::Body::Button(Button {
                button: MouseButton::Left.into(),
                pressed: turn % 2 == 0,
                at: Some(at),
            }),
            input_message::Body::Wheel(Wheel { horizontal: 0, vertical: -120 }),
            key(4 + turn % 20, false),
        ]);
    }
    for input in &sent {
        adviser.net.send(Command::Input(input.clone()));
    }
    for expected in sent {
        match customer.hands.recv_timeout(SOON).expect("input") {
            Hand::Did(from, input) => assert_eq!((from, input), (host.viewer, expected)),
            Hand::Lost(_) => panic!("the session was lost"),
        }
    }

    let rights = session_message::Body::Rights(Rights { effective: 3, askable: 3, epoch: 5, ..Rights::default() });
    customer.net.send(Command::Say(rights.clone()));
    let (from, said) = adviser.expect("what the customer says", |event| match event {
        Event::Said(from, said) => Some((from, said)),
        _ => None,
    });
    assert_eq!((from, said), (viewer.viewer, rights));
    let ask = session_message::Body::Ask(Ask { permissions: 2, reason: "to show it".to_owned() });
    adviser.net.send(Command::Say(ask.clone()));
    let (from, said) = customer.expect("what the adviser says", |event| match event {
        Event::Said(from, said) => Some((from, said)),
        _ => None,
    });
    assert_eq!((from, said), (host.viewer, ask));
    let (rtt, received, silent) = adviser.expect("how the link is", |event| match event {
        Event::Link { rtt, received_bytes, silent, .. } => Some((rtt, received_bytes, silent)),
        _ => None,
    });
    assert!(rtt < SOON && received > 1000 && !silent);
}

#[test]
fn an_ended_session_is_over_on_both_sides_and_another_can_follow() {
    let relay = Relay::start();
    let (customer, adviser) = (Customer::new(&relay), Adviser::new(&relay));
    let (host, viewer) = connect(&customer, &adviser);
    let updates = host.updates.expect("a host's");

    adviser.net.send(Command::End(EndReason::Ended));
    assert_eq!(customer.ended(), (host.viewer, Ended::ByOther(EndReason::Ended)));
    assert_eq!(adviser.ended(), (viewer.viewer, Ended::ByMe(EndReason::Ended)));
    assert!(matches!(customer.hands.recv_timeout(SOON), Ok(Hand::Lost(lost)) if lost == host.viewer));
    assert!(updates.is_closed());

    let (host, viewer) = connect(&customer, &adviser);
    customer.net.send(Command::End(EndReason::Refused));
    assert_eq!(adviser.ended(), (viewer.viewer, Ended::ByOther(EndReason::Refused)));
    assert_eq!(customer.ended(), (host.viewer, Ended::ByMe(EndReason::Refused)));

    // A program that is closed says so, to whomever is left.
    let (_, viewer) = connect(&customer, &adviser);
    let begun = Instant::now();
    drop(customer);
    assert!(begun.elapsed() < Duration::from_secs(1), "closing took {:?}", begun.elapsed());
    assert_eq!(adviser.ended(), (viewer.viewer, Ended::ByOther(EndReason::Closed)));
    let customer = Customer::new(&relay);
    let (host, _) = connect(&customer, &adviser);
    drop(adviser);
    assert_eq!(customer.ended(), (host.viewer, Ended::ByOther(EndReason::Closed)));
}

/// On loopback everything is a matter of a few milliseconds, unless something waits for a timer. The best of five rounds
/// counts: a busy machine delays one, a timer delays all.
#[test]
fn nothing_waits_for_a_timer() {
    let relay = Relay::start();
    let adviser = Adviser::new(&relay);
    let mut best = [Duration::MAX; 4];
    for round in 0..5 {
        let started = Instant::now();
        let customer = Customer::new(&relay);
        let (id, code) = customer.id_and_code();
        let registered = started.elapsed();

        let asked = Instant::now();
        adviser.net.send(join(id, code));
        let host = customer.started();
        adviser.started();
        let joined = asked.elapsed();

        let allowed = Instant::now();
        let header = UpdateHeader { sequence: 1, display: 1, width: 640, height: 400, length: 0, keyframe: true };
        host.updates.expect("a host's").put((header, Bytes::from(vec![1; 100_000]))).expect("it is free");
        adviser.pictures.recv_timeout(SOON).expect("a picture");
        adviser.net.send(Command::Say(session_message::Body::Applied(Applied { display: 1, sequence: 1 })));
        customer.applied.recv_timeout(SOON).expect("an acknowledgement");
        let shown = allowed.elapsed();

        let ended = Instant::now();
        let (one, other): (&Net, &party::Events) =
            if round % 2 == 0 { (&adviser.net, &customer) } else { (&customer.net, &adviser) };
        one.send(Command::End(EndReason::Ended));
        assert_eq!(other.ended().1, Ended::ByOther(EndReason::Ended));
        let told = ended.elapsed();
        if round % 2 == 0 {
            adviser.ended();
        }
        for (best, took) in best.iter_mut().zip([registered, joined, shown, told]) {
            *best = took.min(*best);
        }
    }
    let limit = Duration::from_millis(50);
    assert!(best.iter().all(|took| *took < limit), "registered, joined, shown, told the end: {best:?}");
}

// Not together -----------------------------------------------------------------------------------------------------

#[test]
fn a_wrong_code_is_told_and_two_block_the_account_until_there_is_a_new_code() {
    let relay = Relay::start();
    let (customer, adviser) = (Customer::new(&relay), Adviser::new(&relay));
    let (id, code) = customer.id_and_code();
    let wrong = || other_than(&code);
    assert_eq!(adviser.join(id, wrong()), JoinFailure::WrongCode { left: 1 });
    // Nobody is told that the code is lost: the customer still shows it, and it is this adviser who needs another.
    assert_eq!(adviser.join(id, wrong()), JoinFailure::Blocked);
    assert_eq!(adviser.join(id, code.clone()), JoinFailure::Blocked);
    customer.net.send(Command::NewCode);
    let fresh = customer.code_after(&code);
    adviser.net.send(join(id, fresh));
    adviser.started();
    customer.started();
}

#[test]
fn a_code_lost_to_wrong_guesses_is_worth_nothing() {
    let relay = Relay::start();
    let (customer, maria) = (Customer::new(&relay), Adviser::new(&relay));
    let tom = Adviser::named(&relay, "tom");
    let (id, code) = customer.id_and_code();
    for (adviser, left) in [(&maria, 1), (&tom, 1), (&maria, 0)] {
        assert_eq!(adviser.join(id, other_than(&code)), JoinFailure::WrongCode { left });
    }
    customer.code_after(&code);
    // Wrong by now, and the second time for this account.
    assert_eq!(tom.join(id, code), JoinFailure::Blocked);
}

#[test]
fn nobody_under_this_id() {
    let relay = Relay::start();
    let (customer, adviser) = (Customer::new(&relay), Adviser::new(&relay));
    let (id, code) = customer.id_and_code();
    let another = loop {
        let another = Id::generate(&mut rand::rng());
        if another != id {
            break another;
        }
    };
    assert_eq!(adviser.join(another, code.clone()), JoinFailure::UnknownId);
    drop(customer);
    assert_eq!(adviser.join(id, code), JoinFailure::UnknownId);
}

#[test]
fn a_customer_in_a_session_cannot_be_joined_by_another() {
    let relay = Relay::start();
    let (customer, maria) = (Customer::new(&relay), Adviser::new(&relay));
    let tom = Adviser::named(&relay, "tom");
    let (id, code) = customer.id_and_code();
    maria.net.send(join(id, code.clone()));
    maria.started();
    customer.started();
    // Not that the code has run out: there is no new one to ask for.
    assert_eq!(tom.join(id, code.clone()), JoinFailure::Busy);
    customer.net.send(Command::End(EndReason::Ended));
    tom.net.send(join(id, customer.code_after(&code)));
    tom.started();
    customer.started();
}

#[test]
fn a_customer_whose_network_is_gone_is_told_within_ten_seconds() {
    let relay = Relay::start();
    let link = Link::to(relay.address);
    let customer = Customer::at(link.address(), relay.pins);
    let adviser = Adviser::new(&relay);
    let (id, code) = customer.id_and_code();
    link.dark(true);
    let begun = Instant::now();
    assert_eq!(adviser.join(id, code), JoinFailure::NoAnswer);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// Each step of joining is slow, and none too slow: all of them together are what a person waits for.
#[test]
fn steps_that_are_slow_one_by_one_do_not_add_up_to_more_than_ten_seconds() {
    let relay = Relay::start();
    let link = Link::to(relay.address);
    let customer = Customer::new(&relay);
    let adviser = Adviser::at(link.address(), relay.pins, "maria");
    let (id, code) = customer.id_and_code();
    link.set(Conditions { delay: Duration::from_millis(1250), ..Conditions::default() });
    let begun = Instant::now();
    // The customer has answered every time: only the last of the steps comes too late.
    assert!(matches!(adviser.join(id, code), JoinFailure::NoAnswer | JoinFailure::NoPath));
    let waited = begun.elapsed();
    assert!((limits::JOINING..Duration::from_secs(10)).contains(&waited), "{waited:?}");
    customer.expect("to have been introduced", |event| matches!(event, Event::Knocked).then_some(()));
}

#[test]
fn joining_can_be_given_up() {
    let relay = Relay::start();
    let link = Link::to(relay.address);
    let customer = Customer::at(link.address(), relay.pins);
    let adviser = Adviser::new(&relay);
    let (id, code) = customer.id_and_code();
    link.dark(true);
    adviser.net.send(join(id, code.clone()));
    adviser.net.send(Command::CancelJoin);
    link.dark(false);
    adviser.net.send(join(id, code));
    adviser.started();
    customer.started();
}

#[test]
fn signing_in_and_joining_without() {
    let relay = Relay::start();
    let (customer, adviser) = (Customer::new(&relay), start_adviser(relay.address, relay.pins));
    let (id, code) = customer.id_and_code();
    adviser.connected();
    assert_eq!(adviser.join(id, code), JoinFailure::NotSignedIn);
    adviser.net.send(Command::SignIn { name: "maria".to_owned(), password: "wrong".to_owned().into() });
    let refusal = adviser.expect("a refusal", |event| match event {
        Event::SignInRefused(refusal) => Some(refusal),
        _ => None,
    });
    assert_eq!(refusal, SignInRefusal::Wrong);
    adviser.net.send(Command::SignIn { name: "maria".to_owned(), password: PASSWORD.to_owned().into() });
    let (name, ceiling) = adviser.expect("a welcome", |event| match event {
        Event::SignedIn { display_name, ceiling, .. } => Some((display_name, ceiling)),
        _ => None,
    });
    assert_eq!(name, "Maria Huber");
    assert!(ceiling.has(Permission::View));
}

// The relay --------------------------------------------------------------------------------------------------------

#[test]
fn a_relay_that_is_down() {
    // A port that was free a moment ago, and does not answer.
    let silent = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
    let begun = Instant::now();
    let customer = start_customer(silent.local_addr().expect("bound").to_string(), strange::pins(1));
    assert_eq!(customer.offline(), OfflineReason::NoAnswer);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_relay_whose_name_is_unknown() {
    // No part of a name may be so long: it is known to be unknown without asking anybody.
    let customer = start_customer(format!("{}.example.edu", "x".repeat(64)), strange::pins(1));
    assert_eq!(customer.offline(), OfflineReason::NameUnknown);
}

#[test]
fn a_relay_with_another_key() {
    let relay = Relay::start();
    let customer = start_customer(relay.address.to_string(), strange::pins(1));
    assert_eq!(customer.offline(), OfflineReason::NotOurRelay);
}

#[test]
fn a_relay_that_speaks_another_version_or_is_full() {
    let newer = Welcome { version: 9, oldest: 8, institution: "Tomorrow".to_owned() };
    let refused = |reason: RefusalReason| from_relay::Body::Refused(Refused { reason: reason.into(), retry_after: 0 });
    for (answer, reason) in [
        (from_relay::Body::Welcome(newer), OfflineReason::OtherVersion),
        (refused(RefusalReason::Version), OfflineReason::OtherVersion),
        (refused(RefusalReason::Full), OfflineReason::Full),
    ] {
        let (address, pins) = strange::relay(answer);
        let customer = start_customer(address.to_string(), pins);
        assert_eq!(customer.offline(), reason);
    }
}

#[test]
fn a_relay_that_is_restarted_is_found_again() {
    let mut relay = Relay::start();
    let (customer, adviser) = (Customer::new(&relay), Adviser::new(&relay));
    let (first, _) = customer.id_and_code();
    relay.stop();
    assert_eq!(customer.offline(), OfflineReason::Lost);
    assert_eq!(adviser.offline(), OfflineReason::Lost);
    let begun = Instant::now();
    relay.start_again();
    let (id, code) = customer.id_and_code();
    adviser.signed_in();
    assert!(begun.elapsed() < Duration::from_secs(15), "it took {:?}", begun.elapsed());
    assert_ne!(first, id);
    adviser.net.send(join(id, code));
    adviser.started();
    customer.started();
}

#[test]
fn trying_again_does_not_wait() {
    let mut relay = Relay::start();
    let customer = Customer::new(&relay);
    customer.id_and_code();
    relay.stop();
    customer.offline();
    customer.net.send(Command::Retry);
    customer.expect("an attempt", |event| matches!(event, Event::Connecting).then_some(()));
}

// Faults -----------------------------------------------------------------------------------------------------------

#[test]
fn a_dead_path_is_told_and_a_living_one_too() {
    let relay = Relay::start();
    let link = Link::to(relay.address);
    let customer = Customer::new(&relay);
    let adviser = Adviser::at(link.address(), relay.pins, "maria");
    let (host, _) = connect(&customer, &adviser);
    adviser.net.send(Command::Input(key(4, true)));
    assert!(matches!(customer.hands.recv_timeout(SOON), Ok(Hand::Did(..))));

    link.dark(true);
    let cut = Instant::now();
    let released = || input_message::Body::ReleaseAll(lotse_protocol::message::input::ReleaseAll {});
    // Whoever holds a key is missed sooner than anybody else.
    assert!(matches!(customer.hands.recv_timeout(SOON), Ok(Hand::Did(_, input)) if input == released()));
    assert!(cut.elapsed() < Duration::from_secs(1), "the key was let go after {:?}", cut.elapsed());
    adviser.silent(true);
    customer.silent(true);
    let noticed = cut.elapsed();
    assert!(noticed < Duration::from_millis(3200), "it took {noticed:?}");
    // Typed into a dead picture.
    adviser.net.send(Command::Input(key(5, true)));
    std::thread::sleep(Duration::from_secs(1));

    link.dark(false);
    let back = Instant::now();
    adviser.silent(false);
    customer.silent(false);
    assert!(back.elapsed() < Duration::from_secs(2), "it took {:?}", back.elapsed());
    adviser.net.send(Command::Input(key(6, true)));
    for expected in [released(), key(6, true)] {
        assert!(matches!(customer.hands.recv_timeout(SOON), Ok(Hand::Did(from, input))
            if from == host.viewer && input == expected));
    }
}

/// A key that is held over a long, uneven and lossy path stays down: a gap between two signs is not yet an end.
#[test]
fn a_slow_link_does_not_let_go_of_held_keys() {
    let relay = Relay::start();
    let link = Link::to(relay.address);
    let customer = Customer::new(&relay);
    let adviser = Adviser::at(link.address(), relay.pins, "maria");
    connect(&customer, &adviser);
    adviser.net.send(Command::Input(key(4, true)));
    assert!(matches!(customer.hands.recv_timeout(SOON), Ok(Hand::Did(..))));
    // Round trips of 300 to 900 ms, from one packet to the next, and one in twenty is lost each way.
    for delay in [150, 450, 300, 400, 150, 350, 450, 200].iter().cycle().take(40) {
        link.set(Conditions { delay: Duration::from_millis(*delay), loss_percent: 5, ..Conditions::default() });
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(customer.hands.try_recv().is_err(), "it was let go");
    link.set(Conditions::default());
    adviser.net.send(Command::Input(key(4, false)));
    assert!(matches!(customer.hands.recv_timeout(SOON), Ok(Hand::Did(_, input)) if input == key(4, false)));
}

/// Case 43, the short of it: what is typed while nobody knows yet that the path is dead waits in buffers, and must not be
/// typed seconds later, when nobody means it any more.
#[test]
fn case_43_what_is_typed_into_a_cut_never_arrives() {
    let relay = Relay::start();
    let link = Link::to(relay.address);
    let customer = Gated::start(&relay);
    let adviser = Adviser::at(link.address(), relay.pins, "maria");
    let (id, code) = customer.id_and_code();
    adviser.net.send(join(id, code));
    adviser.started();
    let controls = |event: &Event| match event {
        Event::Said(_, session_message::Body::Rights(rights)) => {
            Some(Permissions::from_wire(rights.effective).has(Permission::Control))
        }
        _ => None,
    };
    adviser.expect("control", |event| (controls(&event) == Some(true)).then_some(()));
    adviser.net.send(Command::Input(key(4, true)));
    assert_eq!(customer.next_key(), Some(4));

    // The path comes back a slow one: the customer's side hears the adviser's, and admits hands again, well before what
    // was lost in the cut is sent anew.
    link.set(Conditions { delay: Duration::from_millis(400), ..Conditions::default() });
    link.dark(true);
    let cut = Instant::now();
    std::thread::sleep(Duration::from_secs(1));
    adviser.net.send(Command::Input(key(5, true)));
    adviser.net.send(Command::Input(key(5, false)));
    adviser.silent(true);
    std::thread::sleep(Duration::from_secs(4).saturating_sub(cut.elapsed()));
    link.dark(false);

    // The same session goes on, and the next key goes through.
    let (mut speaks, mut may) = (false, false);
    adviser.expect("control again", |event| {
        may = controls(&event).unwrap_or(may);
        if let Event::Link { silent, .. } = event {
            speaks = !silent;
        }
        (speaks && may).then_some(())
    });
    adviser.net.send(Command::Input(key(6, true)));
    assert_eq!(customer.next_key(), Some(6));
    assert!(customer.turned_away() > 0, "the key that was typed into the cut did not even come back");
}

#[test]
fn a_killed_program_is_missed_within_three_seconds() {
    let relay = Relay::start();
    let adviser = Adviser::new(&relay);
    // This very test program, as a customer.
    let mut customer = Process::new(std::env::current_exe().expect("running"))
        .args(["--exact", "a_customer_to_be_killed", "--ignored", "--nocapture"])
        .env("LOTSE_TEST_RELAY", format!("{} {}", relay.address, relay.pins))
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be started");
    let said = BufReader::new(customer.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let found = said.into_iter().find_map(|line| line.split_once("customer: ").map(|(_, found)| found.to_owned()));
    let found = found.expect("an ID and a code");
    let (id, code) = found.split_once('/').expect("both");
    adviser.net.send(join(id.parse().expect("an ID"), ChannelCode::parse(code).expect("a code")));
    adviser.started();
    customer.kill().expect("SIGKILL");
    let killed = Instant::now();
    customer.wait().expect("killed");
    adviser.silent(true);
    assert!(killed.elapsed() < Duration::from_secs(3), "it took {:?}", killed.elapsed());
}

#[test]
#[ignore = "started by another test, as a process of its own"]
fn a_customer_to_be_killed() {
    let relay = std::env::var("LOTSE_TEST_RELAY").expect("started by the other test");
    let (address, pins) = relay.split_once(' ').expect("both");
    let customer = start_customer(address.to_owned(), pins.parse().expect("pins"));
    let (id, code) = customer.id_and_code();
    println!("customer: {id}/{}", *code.grouped());
    customer.started();
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn what_is_secret_is_not_printed() {
    let relay = Relay::start();
    let (customer, adviser) = (Customer::new(&relay), Adviser::new(&relay));
    let (id, code) = customer.id_and_code();
    adviser.net.send(join(id, code.clone()));
    adviser.started();
    customer.started();
    let seen = customer.seen() + &adviser.seen();
    for secret in [code.grouped().to_string(), code.grouped().replace(' ', ""), PASSWORD.to_owned()] {
        assert!(!seen.contains(&secret), "{seen}");
    }
    assert!(seen.contains("Shown") && seen.contains("Started"));
}

// What the tests need ------------------------------------------------------------------------------------------------

fn key(usage: u32, pressed: bool) -> input_message::Body {
    input_message::Body::Key(Key { usage, pressed, ..Key::default() })
}

fn join(id: Id, code: ChannelCode) -> Command {
    Command::Join { id, code, wanted: Permission::View.into(), reason: "the printer".to_owned() }
}

fn other_than(code: &ChannelCode) -> ChannelCode {
    loop {
        let other = ChannelCode::generate(&mut rand::rng());
        if other != *code {
            return other;
        }
    }
}
