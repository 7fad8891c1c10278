//! The introduction under attack. Each test is named after its number in the list of sixty adversarial and fault cases
//! and drives the real state machines as an attacker would: over a link that it reads, changes and makes up.

mod link;

use std::time::Duration;

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use data_encoding::HEXLOWER;
use link::model::{self, Captured};
use link::{Adviser, Customer, Event, Reply, abort_reason, body, encode, nth_other, other_than, same_bind};
use lotse_protocol::card::Card;
use lotse_protocol::code::ChannelCode;
use lotse_protocol::handshake::joiner::{Failure, JoinError};
use lotse_protocol::handshake::offerer::Unfinished;
use lotse_protocol::id::Id;
use lotse_protocol::keys::SigningKey;
use lotse_protocol::limits;
use lotse_protocol::message::introduction::{AbortReason, CardBody, M2, M3, M4, Role, handshake::Body};
use lotse_protocol::permission::Permissions;
use rand::{Rng, SeedableRng, rngs::StdRng};

#[test]
fn case_01_the_handshake_is_the_documented_one() {
    // The model that the other cases attack with agrees with the draft...
    let session = HEXLOWER.decode(b"7e4b4791d6a8ef019b936c79fb7f2c57").expect("hex");
    let generator = model::generator(b"Password", b"\x0bA_initiator\x0bB_responder", &session);
    assert_eq!(
        HEXLOWER.encode(generator.compress().as_bytes()),
        "222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56"
    );
    // ...and a joiner made of it alone is let in by the real offerer.
    let mut customer = Customer::new(1);
    let code = customer.code();
    let (mut captured, m2) = knock_and_listen(&mut customer, &mut Adviser::new("huber"), &code);
    let scalar = Scalar::from(20_261_121_u64);
    let share = model::share(&captured.generator(&code.grouped().replace(' ', "")), &scalar);
    captured.m3 = encode(Body::M3(M3 { share: share.clone(), ..M3::default() }));
    let mac = captured.joiner_mac(&(model::point(&m2.share) * scalar));
    let m3 = encode(Body::M3(M3 { share, mac, ..M3::default() }));
    let m4 = customer.give(captured.introduction, &m3).expect("an answer");
    assert!(matches!(body(&m4), Body::M4(_)));
    assert_eq!(customer.established().len(), 1);
}

#[test]
fn case_02_a_wrong_code_fails_on_both_sides_and_counts_once() {
    let mut customer = Customer::new(2);
    let (code, wrong) = (customer.code(), customer.wrong_code());
    let mut adviser = Adviser::new("huber");
    assert_eq!(adviser.join(&mut customer, &wrong).err(), Some(Failure::WrongCode { guesses_left: 1 }));
    assert_eq!(customer.ended(), [Unfinished::WrongCode]);
    assert!(customer.established().is_empty());
    assert_eq!(adviser.joiner.guesses_left(customer.id, &wrong), 2);
    assert!(customer.code() == code, "one wrong guess leaves the code");
    assert!(adviser.join(&mut customer, &code).is_ok());
}

#[test]
fn case_03_three_wrong_guesses_of_two_accounts_spend_the_code() {
    let mut customer = Customer::new(3);
    let code = customer.code();
    for (account, left) in [("a", 1), ("b", 1), ("a", 0)] {
        let wrong = other_than(&code);
        assert!(customer.code() == code);
        let failure = Adviser::new(account).join(&mut customer, &wrong).err();
        assert_eq!(failure, Some(Failure::WrongCode { guesses_left: left }), "0 says that the code is lost");
    }
    assert_eq!(customer.wrong_guesses(), 3);
    assert!(customer.code() != code, "spent, and another shown");
    let failure = Adviser::new("c").join(&mut customer, &code).err();
    assert_eq!(failure, Some(Failure::WrongCode { guesses_left: 1 }), "the spent one opens nothing");
    // To an account with a wrong guess behind it that was the second, and the code shown now is not lost.
    assert_eq!(Adviser::new("b").join(&mut customer, &code).err(), Some(Failure::Blocked));
}

#[test]
fn case_03_three_wrong_guesses_spend_a_code_over_its_grace_too() {
    let mut customer = Customer::new(31);
    let older = customer.code();
    for account in ["a", "b"] {
        let wrong = other_than(&older);
        assert!(matches!(Adviser::new(account).join(&mut customer, &wrong), Err(Failure::WrongCode { .. })));
    }
    customer.pass(limits::CODE_SHOWN);
    let shown = customer.code();
    let wrong = (1..).map(|n| nth_other(&shown, n)).find(|wrong| *wrong != older).expect("a million codes");
    assert!(matches!(Adviser::new("c").join(&mut customer, &wrong), Err(Failure::WrongCode { .. })));
    assert!(customer.code() == shown, "the new one has had one wrong guess");
    assert!(matches!(Adviser::new("d").join(&mut customer, &older), Err(Failure::WrongCode { .. })));
    assert!(Adviser::new("e").join(&mut customer, &shown).is_ok());
}

#[test]
fn case_03_two_wrong_guesses_of_one_account_block_it_and_leave_the_code() {
    let mut customer = Customer::new(4);
    let code = customer.code();
    let wrong = other_than(&code);
    for told in [Failure::WrongCode { guesses_left: 1 }, Failure::Blocked] {
        assert_eq!(Adviser::new("mallory").join(&mut customer, &wrong).err(), Some(told));
        assert!(customer.code() == code, "nobody is to be told that it is lost");
    }
    assert_eq!(customer.ended(), [Unfinished::WrongCode; 2], "both counted");
    // Blocked even with the right code, from a program started anew, and over the change of codes by time.
    assert_eq!(Adviser::new("mallory").join(&mut customer, &code).err(), Some(Failure::Blocked));
    customer.pass(limits::CODE_SHOWN + limits::CODE_GRACE);
    let later = customer.code();
    assert_eq!(Adviser::new("mallory").join(&mut customer, &later).err(), Some(Failure::Blocked));
    assert_eq!(customer.wrong_guesses(), 2);

    // The code is alive, and somebody else's success lifts no block.
    assert!(Adviser::new("huber").join(&mut customer, &later).is_ok());
    customer.offer();
    let code = customer.code();
    assert_eq!(Adviser::new("mallory").join(&mut customer, &code).err(), Some(Failure::Blocked));
    customer.new_code();
    let code = customer.code();
    assert!(Adviser::new("mallory").join(&mut customer, &code).is_ok(), "the customer asked for a new code");
}

#[test]
fn case_04_a_thousand_runs_aborted_after_m2_count_nothing() {
    let mut customer = Customer::new(5);
    let code = customer.code();
    for run in 0..1000 {
        let mut adviser = Adviser::new("mallory");
        let (introduction, m1) = adviser.knock(&mut customer, &code);
        assert!(matches!(body(&customer.give(introduction, &m1).expect("M2")), Body::M2(_)), "run {run}");
        match run % 2 {
            0 => customer.offerer.left(introduction, customer.now, &mut customer.rng),
            _ => {
                adviser.joiner.cancel();
                let Reply::Send(goodbye) = adviser.collect() else { panic!("goodbye") };
                customer.give(introduction, &goodbye);
            }
        }
    }
    customer.pass(Duration::ZERO);
    assert_eq!(customer.wrong_guesses(), 0);
    assert_eq!(customer.ended(), [Unfinished::Left; 1000]);
    assert!(customer.code() == code);
    // All guesses are still there: two of this account, and the third of another loses the code.
    let wrong = other_than(&code);
    let failures: Vec<_> =
        ["mallory", "mallory", "huber"].map(|name| Adviser::new(name).join(&mut customer, &wrong).err()).into();
    let told =
        [Failure::WrongCode { guesses_left: 1 }, Failure::Blocked, Failure::WrongCode { guesses_left: 0 }].map(Some);
    assert_eq!(failures, told);
    assert!(customer.code() != code);
}

#[test]
fn case_05_of_parallel_guesses_exactly_one_wins() {
    let mut customer = Customer::new(6);
    let code = customer.code();
    // Ten know the code and go as far as they can side by side; only one of them is being introduced.
    let mut advisers: Vec<(Adviser, u64, Vec<u8>)> = (0..10)
        .map(|n| {
            let mut adviser = Adviser::new(&format!("adviser{n}"));
            let (introduction, m1) = adviser.knock(&mut customer, &code);
            (adviser, introduction, m1)
        })
        .collect();
    let mut third_messages = Vec::new();
    for (adviser, introduction, m1) in &mut advisers {
        let answer = customer.give(*introduction, m1).expect("an answer");
        match adviser.give(*introduction, &answer, &mut customer) {
            Reply::Send(m3) => third_messages.push(m3),
            Reply::Failed(failure) => assert_eq!(failure, Failure::Busy),
            _ => panic!("neither M3 nor an end"),
        }
    }
    let [m3] = third_messages.as_slice() else { panic!("one is introduced at a time") };
    // Its guess arrives on every introduction, and several times on its own.
    let mut winners = 0;
    for _ in 0..3 {
        for (_, introduction, _) in &advisers {
            let answer = customer.give(*introduction, m3);
            winners += usize::from(answer.is_some_and(|answer| matches!(body(&answer), Body::M4(_))));
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(customer.established().len(), 1);
    assert_eq!(customer.wrong_guesses(), 0);
}

#[test]
fn case_06_a_used_code_is_refused() {
    let mut customer = Customer::new(7);
    let code = customer.code();
    assert!(Adviser::new("huber").join(&mut customer, &code).is_ok());
    assert_eq!(Adviser::new("huber").join(&mut customer, &code).err(), Some(Failure::Busy));
    customer.offer();
    assert!(matches!(Adviser::new("huber").join(&mut customer, &code), Err(Failure::WrongCode { .. })));
    assert_eq!(customer.established().len(), 1);
}

#[test]
fn case_07_an_expired_code_is_refused() {
    let mut customer = Customer::new(8);
    let code = customer.code();
    customer.pass(limits::CODE_SHOWN + limits::CODE_GRACE);
    assert!(matches!(Adviser::new("huber").join(&mut customer, &code), Err(Failure::WrongCode { .. })));

    // Step by step, as time passes with the window open: the code before is accepted until its grace ends.
    let mut customer = Customer::new(8);
    let code = customer.code();
    customer.pass(limits::CODE_SHOWN);
    customer.pass(limits::CODE_GRACE);
    assert!(matches!(Adviser::new("huber").join(&mut customer, &code), Err(Failure::WrongCode { .. })));

    // Also when no one called in time: a computer that slept.
    let mut customer = Customer::new(8);
    let code = customer.code();
    customer.now += Duration::from_secs(3600);
    assert!(matches!(Adviser::new("huber").join(&mut customer, &code), Err(Failure::WrongCode { .. })));
    assert!(customer.established().is_empty());
}

#[test]
fn case_08_replayed_messages_are_refused() {
    let mut customer = Customer::new(9);
    let code = customer.code();
    let mut adviser = Adviser::new("huber");
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    let m2 = customer.give(introduction, &m1).expect("M2");
    let Reply::Send(m3) = adviser.give(introduction, &m2, &mut customer) else { panic!("M3") };
    let m4 = customer.give(introduction, &m3).expect("M4");
    assert!(matches!(adviser.give(introduction, &m4, &mut customer), Reply::Established(_)));
    customer.offer();
    let (code, events) = (customer.code(), customer.events.len());

    // To the customer: on the old introduction nothing moves, and it costs no guess.
    for message in [&m1, &m2, &m3, &m4, &m3, &m1] {
        assert_eq!(customer.give(introduction, message), None);
    }
    // On a new one the card does not fit, and no M3 is awaited.
    let other = customer.introduction();
    assert_eq!(abort_reason(customer.give(other, &m1).as_deref()), AbortReason::Card);
    assert_eq!(customer.give(other, &m3), None);
    assert_eq!(customer.events.len(), events);

    // Into a running one, in place of what is due.
    let (running, fresh_m1) = adviser.knock(&mut customer, &code);
    let fresh_m2 = customer.give(running, &fresh_m1).expect("M2");
    assert_eq!(customer.give(running, &fresh_m1), None, "M1 again");
    let answer = customer.give(running, &m3);
    assert_eq!(abort_reason(answer.as_deref()), AbortReason::WrongCode, "an old M3 is a wrong guess");
    let _ = fresh_m2;

    // To the adviser: an old M2 makes it guess at nothing that anybody can finish, an old M4 convinces it of nothing.
    let (running, m1) = Adviser::new("meier").knock(&mut customer, &code);
    assert!(customer.give(running, &m1).is_some());
    let mut meier = Adviser::new("meier");
    let (introduction, _) = meier.knock(&mut customer, &code);
    let Reply::Send(_) = meier.give(introduction, &m2, &mut customer) else { panic!("M3") };
    assert!(matches!(meier.give(introduction, &m4, &mut customer), Reply::Failed(Failure::NotAuthentic)));
    let (introduction, _) = meier.knock(&mut customer, &code);
    assert!(matches!(meier.give(introduction, &m4, &mut customer), Reply::Failed(Failure::Malformed)));
    assert_eq!(customer.established().len(), 1);
}

#[test]
fn case_09_reflected_and_role_swapped_shares_are_refused() {
    let mut customer = Customer::new(10);
    let code = customer.code();
    // The offerer's own share and key come back to it.
    let (captured, m2) = knock_and_listen(&mut customer, &mut Adviser::new("mallory"), &code);
    let reflected = M3 { share: m2.share, mac: vec![0; 64], ..M3::default() };
    let answer = customer.give(captured.introduction, &encode(Body::M3(reflected)));
    assert_eq!(abort_reason(answer.as_deref()), AbortReason::Malformed);

    // The joiner's own words come back to it: as they are, and made into an M2.
    let mut adviser = Adviser::new("huber");
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    assert!(matches!(adviser.give(introduction, &m1, &mut customer), Reply::Failed(Failure::Malformed)));
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    let Body::M1(m1) = body(&m1) else { panic!("M1") };
    let share = model::share(&RistrettoPoint::mul_base(&Scalar::from(5_u64)), &Scalar::ONE);
    let swapped = M2 { version: 1, nonce: m1.nonce, key: m1.key, share, ..M2::default() };
    let reply = adviser.give(introduction, &encode(Body::M2(swapped)), &mut customer);
    assert!(matches!(reply, Reply::Failed(Failure::Malformed)));
    assert_eq!(adviser.joiner.guesses_left(customer.id, &code), limits::GUESSES, "no MAC was sent");

    // A joiner that claims the offerer's role, or none, is not let in, card or not.
    for role in [Role::Host, Role::Unspecified] {
        let (introduction, m1) = Adviser::new("mallory").knock(&mut customer, &code);
        let Body::M1(mut m1) = body(&m1) else { panic!("M1") };
        m1.role = role.into();
        let answer = customer.give(introduction, &encode(Body::M1(m1)));
        assert_eq!(abort_reason(answer.as_deref()), AbortReason::Malformed);
    }

    // Two offerers with the same code, wired to each other, or two joiners: no message of one is one for the other.
    let mut inviting = Customer::inviting(10);
    let (introduction, m1) = Adviser::new("huber").knock(&mut customer, &code);
    let m2 = customer.give(introduction, &m1).expect("M2");
    assert_eq!(inviting.give(introduction, &m2), None);
    assert!(inviting.events.is_empty());
    assert!(customer.established().is_empty());
    assert_eq!(customer.wrong_guesses(), 0);
}

#[test]
fn case_10_the_neutral_and_invalid_points_are_refused() {
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    let bad: [&[u8]; 6] = [
        &[0; 32],
        &[0xff; 32],
        &minus_one,
        // Y_i1 of the draft.
        &HEXLOWER.decode(b"2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c").expect("hex"),
        &[0; 31],
        &[],
    ];
    let mut customer = Customer::new(11);
    let code = customer.code();
    for share in bad {
        let mut adviser = Adviser::new("mallory");
        let (captured, m2) = knock_and_listen(&mut customer, &mut adviser, &code);
        let m3 = M3 { share: share.to_vec(), mac: vec![0; 64], ..M3::default() };
        let answer = customer.give(captured.introduction, &encode(Body::M3(m3)));
        assert_eq!(abort_reason(answer.as_deref()), AbortReason::Malformed);
        adviser.joiner.cancel();
        let _ = adviser.collect();

        let (introduction, _) = adviser.knock(&mut customer, &code);
        let reply = adviser.give(introduction, &encode(Body::M2(M2 { share: share.to_vec(), ..m2 })), &mut customer);
        assert!(matches!(reply, Reply::Failed(Failure::Malformed)));
        assert_eq!(adviser.joiner.guesses_left(customer.id, &code), limits::GUESSES);
    }
    assert_eq!(customer.wrong_guesses(), 0, "who sends no point learns nothing and is charged nothing");
    assert!(customer.established().is_empty());
    // One last time with an older code in its grace: the second share is looked at as closely.
    let mut customer = Customer::new(11);
    customer.pass(limits::CODE_SHOWN);
    let code = customer.code();
    for share in bad.into_iter().filter(|share| !share.is_empty()) {
        let mut adviser = Adviser::new("mallory");
        let (introduction, m1) = adviser.knock(&mut customer, &code);
        let m2 = customer.give(introduction, &m1).expect("M2");
        let Reply::Send(m3) = adviser.give(introduction, &m2, &mut customer) else { panic!("M3") };
        let Body::M3(m3) = body(&m3) else { panic!("M3") };
        let m3 = encode(Body::M3(M3 { older_share: share.to_vec(), ..m3 }));
        assert_eq!(abort_reason(customer.give(introduction, &m3).as_deref()), AbortReason::Malformed);
    }
    assert!(customer.established().is_empty());
}

#[test]
fn case_11_any_byte_flipped_in_any_message_ends_the_introduction() {
    for flip in [0x01, 0x80] {
        for message in 1..=4 {
            let mut place = 0;
            while let Some(ends) = introduce_with_flip(Customer::new(12), message, place, flip) {
                assert!(!ends.joiner, "M{message}, byte {place} ^ {flip:#x}: the joiner went on");
                // What is flipped in M4 happens after the offerer was convinced, rightly.
                assert!(!ends.offerer || message == 4, "M{message}, byte {place} ^ {flip:#x}: the offerer went on");
                place += 1;
            }
            assert!(place > 60, "every byte was flipped");
        }
    }
}

#[test]
fn case_11_also_while_two_codes_are_alive() {
    let in_grace = || {
        let mut customer = Customer::new(13);
        let older = customer.code();
        customer.pass(limits::CODE_SHOWN);
        (customer, older)
    };
    for message in 1..=4 {
        let mut place = 0;
        loop {
            let (mut customer, older) = in_grace();
            // Odd places with the code that is shown, even ones with the one before.
            let code = if place % 2 == 0 { older } else { customer.code() };
            let Some(ends) = flip_in(&mut customer, &code, message, place, 0x40) else { break };
            assert!(!ends.joiner, "M{message}, byte {place}: the joiner went on");
            if ends.offerer && message != 4 {
                // Of the two MACs in M3 one is bound to be wrong, so the offerer cannot tell when that one is changed;
                // the joiner can, and there is no session: as if M4 had been kept from it.
                assert_eq!(message, 3, "byte {place}");
                assert!((39..103).contains(&place) || (139..203).contains(&place), "byte {place} is of no MAC");
            }
            place += 1;
        }
        assert!(place > 60);
    }
}

#[test]
fn case_12_a_relay_that_swaps_a_key_fails() {
    let mut rng = StdRng::seed_from_u64(14);
    let mallory = SigningKey::generate(&mut rng);
    let mut customer = Customer::new(14);
    let code = customer.code();

    // The joiner's: the card does not fit the other key...
    let (introduction, m1) = Adviser::new("huber").knock(&mut customer, &code);
    let Body::M1(mut swapped) = body(&m1) else { panic!("M1") };
    swapped.key = mallory.public().as_bytes().to_vec();
    let answer = customer.give(introduction, &encode(Body::M1(swapped.clone())));
    assert_eq!(abort_reason(answer.as_deref()), AbortReason::Card);

    // ...and when the relay itself signs one that does, the MAC does not.
    let mut adviser = Adviser::new("huber");
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    let Body::M1(mut swapped) = body(&m1) else { panic!("M1") };
    swapped.key = mallory.public().as_bytes().to_vec();
    swapped.card = customer.card("huber", &mallory.public(), introduction);
    let m2 = customer.give(introduction, &encode(Body::M1(swapped))).expect("M2");
    let Reply::Send(m3) = adviser.give(introduction, &m2, &mut customer) else { panic!("M3") };
    assert_eq!(abort_reason(customer.give(introduction, &m3).as_deref()), AbortReason::WrongCode);

    // The offerer's.
    let mut adviser = Adviser::new("meier");
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    let Body::M2(mut m2) = body(&customer.give(introduction, &m1).expect("M2")) else { panic!("M2") };
    m2.key = mallory.public().as_bytes().to_vec();
    let Reply::Send(m3) = adviser.give(introduction, &encode(Body::M2(m2)), &mut customer) else { panic!("M3") };
    assert_eq!(abort_reason(customer.give(introduction, &m3).as_deref()), AbortReason::WrongCode);
    assert!(customer.established().is_empty());
}

#[test]
fn case_13_a_relay_that_changes_id_or_permissions_fails() {
    // The adviser typed one ID, the relay leads to another customer, with a card made for that one.
    let mut customer = Customer::new(15);
    let code = customer.code();
    let mut adviser = Adviser::new("huber");
    let real = customer.id;
    customer.id = Id::generate(&mut StdRng::seed_from_u64(99));
    assert!(customer.id != real);
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    assert_eq!(abort_reason(customer.give(introduction, &m1).as_deref()), AbortReason::Card, "card for another ID");
    let Body::M1(mut m1) = body(&m1) else { panic!("M1") };
    let key = lotse_protocol::keys::PublicKey::from_wire(&m1.key).expect("a key");
    customer.id = real;
    m1.card = customer.card("huber", &key, introduction);
    assert_fails_at_the_mac(&mut customer, &mut adviser, introduction, &encode(Body::M1(m1)), |_| {});

    // Permissions wanted, the reason, the ceiling on a card signed anew, the policy.
    let everything = Permissions::from_wire(u32::MAX).to_wire();
    for change in 0..3 {
        let mut customer = Customer::new(16 + change);
        let code = customer.code();
        let mut adviser = Adviser::new("huber");
        let (introduction, m1) = adviser.knock(&mut customer, &code);
        let Body::M1(mut m1) = body(&m1) else { panic!("M1") };
        match change {
            0 => m1.wanted = everything,
            1 => m1.reason = "To be paid.".into(),
            _ => {
                let key = lotse_protocol::keys::PublicKey::from_wire(&m1.key).expect("a key");
                let body = customer.body("huber", customer.offerer.nonce(), &key, introduction);
                m1.card = Card::sign(&CardBody { ceiling: everything, ..body }, &customer.cards);
            }
        }
        assert_fails_at_the_mac(&mut customer, &mut adviser, introduction, &encode(Body::M1(m1)), |_| {});
    }
    let mut customer = Customer::new(20);
    let code = customer.code();
    let mut adviser = Adviser::new("huber");
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    assert_fails_at_the_mac(&mut customer, &mut adviser, introduction, &m1, |m2| m2.policy = everything);

    // The number of the introduction, told differently to the two.
    let mut customer = Customer::new(21);
    let code = customer.code();
    let mut adviser = Adviser::new("huber");
    let (introduction, m1) = adviser.knock(&mut customer, &code);
    let answer = customer.give(introduction + 1, &m1);
    assert_eq!(abort_reason(answer.as_deref()), AbortReason::Card);
}

#[test]
fn case_14_a_fake_host_gets_three_guesses_at_a_typed_code() {
    let mut customer = Customer::new(22);
    let code = customer.code();
    let mut adviser = Adviser::new("huber");
    let mut rng = StdRng::seed_from_u64(22);
    let fake = |rng: &mut StdRng, older: bool| {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let share = || model::share(&RistrettoPoint::mul_base(&Scalar::from(11_u64)), &Scalar::ONE);
        encode(Body::M2(M2 {
            version: 1,
            nonce: nonce.to_vec(),
            key: SigningKey::generate(rng).public().as_bytes().to_vec(),
            share: share(),
            older_share: if older { share() } else { Vec::new() },
            ..M2::default()
        }))
    };
    // With one share a run, or greedily with two: never more than three MACs leave.
    for older in [false, true] {
        adviser.joiner = lotse_protocol::handshake::joiner::Joiner::new();
        let mut macs = 0;
        for _ in 0..10 {
            let part = link::viewer();
            match adviser.joiner.join(customer.id, code.clone(), part, &mut customer.rng) {
                Ok(_) => adviser.joiner.cancel(),
                Err(error) => {
                    assert_eq!(error, JoinError::NoGuessLeft);
                    break;
                }
            }
            let (introduction, _) = adviser.knock(&mut customer, &code);
            let Reply::Send(m3) = adviser.give(introduction, &fake(&mut rng, older), &mut customer) else {
                panic!("M3")
            };
            let Body::M3(m3) = body(&m3) else { panic!("M3") };
            macs += usize::from(!m3.mac.is_empty()) + usize::from(!m3.older_mac.is_empty());
            // The fake host cannot answer; it tries, falls silent, hangs up or lies about the reason.
            match macs % 3 {
                0 => {
                    let m4 = encode(Body::M4(M4 { mac: vec![0; 64] }));
                    let reply = adviser.give(introduction, &m4, &mut customer);
                    assert!(matches!(reply, Reply::Failed(Failure::NotAuthentic)));
                }
                1 => {
                    adviser.joiner.left(introduction);
                    assert!(matches!(adviser.collect(), Reply::Failed(Failure::Left)));
                }
                _ => {
                    adviser.joiner.tick(customer.now + limits::JOINING);
                    assert!(matches!(adviser.collect(), Reply::Failed(Failure::TimedOut)));
                }
            }
        }
        assert_eq!(macs, 3);
        assert_eq!(adviser.joiner.guesses_left(customer.id, &code), 0);
        // Typing the same again is no new code; another is.
        let again = adviser.joiner.join(customer.id, code.clone(), link::viewer(), &mut customer.rng);
        assert_eq!(again.err(), Some(JoinError::NoGuessLeft));
        assert_eq!(adviser.joiner.guesses_left(customer.id, &other_than(&code)), limits::GUESSES);
    }
}

#[test]
fn case_15_nothing_captured_can_be_tested_against_a_dictionary() {
    // M1 does not depend on the code at all, M2 in nothing but the share: two worlds alike but for the code.
    let worlds = [0, 1].map(|world| {
        let mut customer = Customer::new(23);
        customer.rng = StdRng::seed_from_u64(24 + world);
        customer.new_code();
        customer.rng = StdRng::seed_from_u64(42);
        let code = customer.code();
        let (captured, mut m2) = knock_and_listen(&mut customer, &mut Adviser::new("huber"), &code);
        let share = std::mem::take(&mut m2.share);
        (code, captured.m1, m2, share)
    });
    let [(code_a, m1_a, m2_a, share_a), (code_b, m1_b, m2_b, share_b)] = worlds;
    assert!(code_a != code_b);
    assert_eq!(m1_a, m1_b);
    assert_eq!(m2_a, m2_b);
    assert_ne!(share_a, share_b, "the share is where the code is, under a fresh scalar");

    // A listener has M1, M2 and M3 with its MAC. For each candidate it can compute a generator, and from that and the
    // shares whatever it likes; no candidate, the right one among them, explains the MAC.
    let mut customer = Customer::new(25);
    let code = customer.code();
    let mut adviser = Adviser::new("huber");
    let (mut captured, _) = knock_and_listen(&mut customer, &mut adviser, &code);
    let m2 = captured.m2.clone();
    let Reply::Send(m3) = adviser.give(captured.introduction, &m2, &mut customer) else { panic!("M3") };
    captured.m3 = m3;
    let (offered, joined) = (model::point(&captured.m2().share), model::point(&captured.m3().share));
    let mac = captured.m3().mac;
    for candidate in dictionary(&code) {
        let generator = captured.generator(&candidate);
        let guess = Scalar::from(7_u64);
        for secret in [offered, joined, offered + joined, generator, generator * guess, offered * guess] {
            assert_ne!(captured.joiner_mac(&secret), mac);
        }
        // A prime-order group: every generator explains every share, by some scalar.
        assert_ne!(generator, RistrettoPoint::default());
    }

    // Whoever answers in the customer's place with a share for one candidate gets to test that one, and no other, from
    // the MAC that comes back: what it can compute is the same whatever candidate it has in mind.
    for guess in [code.clone(), nth_other(&code, 17)] {
        let right = guess == code;
        let mut adviser = Adviser::new("huber");
        let (introduction, m1) = adviser.knock(&mut customer, &code);
        let scalar = Scalar::from(2_026_u64);
        let mut fake = M2 { share: Vec::new(), nonce: vec![9; 32], ..captured.m2() };
        let id = customer.id.to_wire();
        let mut posed = Captured { id, introduction, m1, m2: encode(Body::M2(fake.clone())), m3: Vec::new() };
        fake.share = model::share(&posed.generator(&digits(&guess)), &scalar);
        posed.m2 = encode(Body::M2(fake));
        let m2 = posed.m2.clone();
        let Reply::Send(m3) = adviser.give(introduction, &m2, &mut customer) else { panic!("M3") };
        posed.m3 = m3;
        let (mac, joined) = (posed.m3().mac, model::point(&posed.m3().share));
        assert_eq!(posed.joiner_mac(&(joined * scalar)) == mac, right, "one guess, told right or wrong");
        for candidate in dictionary(&code) {
            // Were `candidate` the code, the secret would be y_j·Y_o with Y_o no known multiple of its generator.
            let generator = posed.generator(&candidate);
            for secret in [generator * scalar, joined, joined + generator, model::point(&posed.m2().share)] {
                assert_ne!(posed.joiner_mac(&secret), mac);
            }
        }
    }
}

#[test]
fn case_16_forged_stale_and_misdirected_cards_are_dropped_and_cost_no_guess() {
    let mut customer = Customer::new(26);
    let code = customer.code();
    let mut rng = StdRng::seed_from_u64(1026);
    let forger = SigningKey::generate(&mut rng);
    let stale: [u8; 32] = *Customer::new(1).offerer.nonce();
    let other_id = Id::generate(&mut rng).to_wire();
    let texts = ["", "  ", "Maria\u{202e}rebuH", "Maria\nHuber", "Maria\u{200b}Huber", &"x".repeat(201)];

    let make: Vec<Forgery> = vec![
        Box::new(|_, _| Vec::new()),
        Box::new(|_, _| vec![0xff; 100]),
        Box::new(|_, _| vec![0; limits::CARD + 100]),
        Box::new(move |body, _| Card::sign(&body, &forger)),
        Box::new(|body, customer| {
            let mut card = Card::sign(&body, &customer.cards);
            card[10] ^= 1;
            card
        }),
        Box::new(move |body, c| Card::sign(&CardBody { nonce: stale.to_vec(), ..body }, &c.cards)),
        Box::new(|body, c| Card::sign(&CardBody { nonce: Vec::new(), ..body }, &c.cards)),
        Box::new(move |body, c| Card::sign(&CardBody { id: other_id, ..body }, &c.cards)),
        Box::new(|body, c| Card::sign(&CardBody { introduction: body.introduction + 1, ..body }, &c.cards)),
        Box::new(|body, c| Card::sign(&CardBody { institution: "Elsewhere".into(), ..body }, &c.cards)),
        Box::new(|body, c| Card::sign(&CardBody { account: String::new(), ..body }, &c.cards)),
    ];
    let named = texts.map(|name| -> Forgery {
        let name = name.to_owned();
        Box::new(move |body, c| Card::sign(&CardBody { adviser: name.clone(), ..body }, &c.cards))
    });
    for (number, card) in make.iter().chain(&named).enumerate() {
        let (introduction, m1) = Adviser::new("mallory").knock(&mut customer, &code);
        let Body::M1(mut m1) = body(&m1) else { panic!("M1") };
        let key = lotse_protocol::keys::PublicKey::from_wire(&m1.key).expect("a key");
        let honest = customer.body("mallory", customer.offerer.nonce(), &key, introduction);
        m1.card = card(honest, &customer);
        let answer = customer.give(introduction, &encode(Body::M1(m1)));
        assert_eq!(abort_reason(answer.as_deref()), AbortReason::Card, "card {number}");
    }
    // Yesterday's card, after the relay was gone and came back.
    let (introduction, m1) = Adviser::new("mallory").knock(&mut customer, &code);
    customer.offerer.unregistered(&mut customer.rng);
    customer.offerer.registered(customer.id, customer.now, &mut customer.rng);
    assert_eq!(abort_reason(customer.give(introduction, &m1).as_deref()), AbortReason::Card);

    assert!(customer.events.is_empty(), "nobody was introduced");
    let code = customer.code();
    assert!(Adviser::new("mallory").join(&mut customer, &code).is_ok(), "no guess was counted");
}

#[test]
fn case_16_a_customer_who_was_invited_checks_the_card_before_it_guesses() {
    let mut adviser = Customer::inviting(27);
    let (code, relay) = (adviser.code(), adviser.cards.clone());
    adviser.cards = SigningKey::generate(&mut StdRng::seed_from_u64(1027));
    let mut joiner = Adviser::invited(&relay);
    assert_eq!(joiner.join(&mut adviser, &code).err(), Some(Failure::Card));
    assert_eq!(joiner.joiner.guesses_left(adviser.id, &code), limits::GUESSES);
}

#[test]
fn case_17_a_stolen_card_is_worth_nothing_with_another_key() {
    let mut customer = Customer::new(28);
    let code = customer.code();
    let (introduction, stolen) = Adviser::new("huber").knock(&mut customer, &code);
    let Body::M1(mut m1) = body(&stolen) else { panic!("M1") };
    let thief = SigningKey::generate(&mut StdRng::seed_from_u64(28));
    m1.key = thief.public().as_bytes().to_vec();
    let answer = customer.give(introduction, &encode(Body::M1(m1)));
    assert_eq!(abort_reason(answer.as_deref()), AbortReason::Card);
    // With the key that it names the thief is believed, knows the code even, and stands before an inner connection
    // that is pinned to a key whose private half it has not.
    let (captured, m2) = {
        let m2 = customer.give(introduction, &stolen).expect("M2");
        let Body::M2(parsed) = body(&m2) else { panic!("M2") };
        (Captured { id: customer.id.to_wire(), introduction, m1: stolen, m2, m3: Vec::new() }, parsed)
    };
    let scalar = Scalar::from(3_u64);
    let share = model::share(&captured.generator(&digits(&code)), &scalar);
    let mut m3 = M3 { share, ..M3::default() };
    let captured = Captured { m3: encode(Body::M3(m3.clone())), ..captured };
    m3.mac = captured.joiner_mac(&(model::point(&m2.share) * scalar));
    customer.give(introduction, &encode(Body::M3(m3)));
    let pinned = customer.established()[0].peer_key;
    assert_ne!(pinned, thief.public());
    assert_eq!(pinned.as_bytes().as_slice(), captured.m1().key);
}

#[test]
fn case_18_a_flooding_adviser_gives_way_and_an_honest_one_gets_in() {
    // It knocks and holds the line, again and again, and never guesses.
    let mut customer = Customer::new(29);
    let code = customer.code();
    for _ in 0..limits::UNFINISHED {
        let (introduction, m1) = Adviser::new("mallory").knock(&mut customer, &code);
        customer.give(introduction, &m1).expect("M2");
        customer.pass(limits::INTRODUCTION);
    }
    let (held, m1) = Adviser::new("mallory").knock(&mut customer, &code);
    customer.give(held, &m1).expect("M2");
    let mut huber = Adviser::new("huber");
    let (introduction, m1) = huber.knock(&mut customer, &code);
    let m2 = customer.give(introduction, &m1).expect("M2, at once");
    assert_eq!(customer.aside.pop().map(|(to, _)| to), Some(held), "the flooder is told to go");
    // It does not get its place back by knocking on.
    for _ in 0..100 {
        let (introduction, m1) = Adviser::new("mallory").knock(&mut customer, &code);
        assert_eq!(abort_reason(customer.give(introduction, &m1).as_deref()), AbortReason::Busy);
    }
    let Reply::Send(m3) = huber.give(introduction, &m2, &mut customer) else { panic!("M3") };
    let m4 = customer.give(introduction, &m3).expect("M4");
    let Reply::Established(theirs) = huber.give(introduction, &m4, &mut customer) else { panic!("established") };
    assert!(same_bind(customer.established()[0], &theirs));
    assert!(customer.events.iter().any(|e| matches!(e, Event::Ended(n, Unfinished::GaveWay) if *n == held)));
}

#[test]
fn case_18_a_flooding_guesser_is_blocked_and_an_honest_adviser_gets_in() {
    let mut customer = Customer::new(30);
    let code = customer.code();
    let mut told = Vec::new();
    for n in 1..200 {
        told.push(Adviser::new("mallory").join(&mut customer, &nth_other(&code, n)).err());
    }
    assert!(told[2..].iter().all(|failure| *failure == Some(Failure::Blocked)));
    assert_eq!(customer.wrong_guesses(), 2);
    assert!(Adviser::new("huber").join(&mut customer, &code).is_ok());
}

/// Makes something else of an honest card.
type Forgery = Box<dyn Fn(CardBody, &Customer) -> Vec<u8>>;

/// Knocks and listens: what went over the wire so far, and M2 read.
fn knock_and_listen(customer: &mut Customer, adviser: &mut Adviser, code: &ChannelCode) -> (Captured, M2) {
    let (introduction, m1) = adviser.knock(customer, code);
    let m2 = customer.give(introduction, &m1).expect("M2");
    let Body::M2(parsed) = body(&m2) else { panic!("not M2") };
    (Captured { id: customer.id.to_wire(), introduction, m1, m2, m3: Vec::new() }, parsed)
}

/// The introduction goes on with what the relay made of M1 and M2, until the joiner's MAC gives it away.
fn assert_fails_at_the_mac(
    customer: &mut Customer,
    adviser: &mut Adviser,
    introduction: u64,
    m1: &[u8],
    change: impl FnOnce(&mut M2),
) {
    let Body::M2(mut m2) = body(&customer.give(introduction, m1).expect("M2")) else { panic!("M2") };
    change(&mut m2);
    let Reply::Send(m3) = adviser.give(introduction, &encode(Body::M2(m2)), customer) else { panic!("M3") };
    let answer = customer.give(introduction, &m3).expect("an answer");
    assert_eq!(abort_reason(Some(&answer)), AbortReason::WrongCode);
    assert!(matches!(adviser.give(introduction, &answer, customer), Reply::Failed(_)));
    assert!(customer.established().is_empty());
}

/// Who believes that the introduction is through.
struct Ends {
    offerer: bool,
    joiner: bool,
}

fn introduce_with_flip(mut customer: Customer, message: u32, place: usize, flip: u8) -> Option<Ends> {
    let code = customer.code();
    flip_in(&mut customer, &code, message, place, flip)
}

/// An introduction with one byte of one message changed on the way; `None` when it has not so many bytes.
fn flip_in(customer: &mut Customer, code: &ChannelCode, message: u32, place: usize, flip: u8) -> Option<Ends> {
    let mut adviser = Adviser::new("huber");
    let (introduction, mut payload) = adviser.knock(customer, code);
    let mut joiner = false;
    for number in 1..=4 {
        if number == message {
            *payload.get_mut(place)? ^= flip;
        }
        let answer = if number % 2 == 1 {
            customer.give(introduction, &payload)
        } else {
            match adviser.give(introduction, &payload, customer) {
                Reply::Send(payload) => Some(payload),
                Reply::Established(_) => {
                    joiner = true;
                    None
                }
                Reply::Failed(_) | Reply::Nothing => None,
            }
        };
        let Some(answer) = answer else { break };
        payload = answer;
    }
    Some(Ends { offerer: !customer.established().is_empty(), joiner })
}

/// Candidates for an offline attack, the right code among them.
fn dictionary(code: &ChannelCode) -> impl Iterator<Item = String> {
    (0..200).map(|n| digits(&nth_other(code, n * 37)))
}

fn digits(code: &ChannelCode) -> String {
    code.grouped().replace(' ', "")
}
