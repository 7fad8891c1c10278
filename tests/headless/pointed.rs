//! The customer's pointer on its way to the adviser, on links that lose, delay and overtake.

use std::sync::Arc;
use std::time::Duration;

use lotse::net::{Event, PointerSender};
use lotse_protocol::pointer::Shape;

use crate::impair::{Conditions, Link};
use crate::party::{Adviser, Customer, Pointed, Relay, SOON, connect};

/// Incompressible enough, and large.
const SIDE: u32 = 200;

fn shape(colour: u8) -> Arc<Shape> {
    let rgba = vec![colour; (SIDE * SIDE * 4) as usize];
    Arc::new(Shape::new((SIDE, SIDE), (3, 4), rgba).expect("within its limits"))
}

#[test]
fn a_pointer_that_was_seen_before_is_not_sent_again() {
    let relay = Relay::start();
    let (customer, adviser) = (Customer::new(&relay), Adviser::new(&relay));
    let (host, _) = connect(&customer, &adviser);
    let pointer = host.pointer.expect("a host has somewhere to tell of its pointer");
    let shapes = [shape(1), shape(2)];
    for turn in 0..20 {
        let shown = (turn != 7).then(|| shapes[turn % 2].clone());
        pointer.shape(shown.clone());
        assert_eq!(adviser.pointed.recv_timeout(SOON), Ok(Pointed::Shape(shown)));
    }
    let told = || {
        adviser.expect("how much has come", |event| match event {
            Event::Link { received_bytes, .. } => Some(received_bytes),
            _ => None,
        })
    };
    // What waited to be read may be from before.
    while told() < u64::from(SIDE * SIDE * 4 * 2) {}
    let image = u64::from(SIDE * SIDE * 4);
    assert!(told() < 3 * image, "two images were shown twenty times");
}

/// A session whose customer is behind a link.
struct Behind {
    link: Link,
    adviser: Adviser,
    pointer: PointerSender,
    _customer: Customer,
    _relay: Relay,
}

impl Behind {
    fn a_link() -> Self {
        let relay = Relay::start();
        let link = Link::to(relay.address);
        let customer = Customer::at(link.address(), relay.pins);
        let adviser = Adviser::new(&relay);
        let (host, _) = connect(&customer, &adviser);
        let pointer = host.pointer.expect("a host has somewhere to tell of its pointer");
        Self { link, adviser, pointer, _customer: customer, _relay: relay }
    }
}

#[test]
fn the_last_position_arrives_whatever_is_lost() {
    let Behind { link, adviser, pointer, _customer, _relay } = Behind::a_link();
    link.set(Conditions { delay: Duration::from_millis(20), loss_percent: 40, ..Conditions::default() });
    for round in 0..5_u32 {
        let first = round * 1000;
        for x in first..first + 100 {
            pointer.at(0, x, 9);
            std::thread::sleep(Duration::from_millis(1));
        }
        let last = first + 99;
        let mut before = None;
        loop {
            match adviser.pointed.recv_timeout(SOON) {
                Ok(Pointed::At(x, 9)) => {
                    assert!(before.is_none_or(|before| before < x), "{x} after {before:?}");
                    before = Some(x);
                    if x == last {
                        break;
                    }
                }
                other => panic!("{other:?} instead of the last position"),
            }
        }
    }
}

#[test]
fn what_is_forgotten_is_not_sent_later() {
    let Behind { link, adviser, pointer, _customer, _relay } = Behind::a_link();
    pointer.at(0, 1, 1);
    assert_eq!(adviser.pointed.recv_timeout(SOON), Ok(Pointed::At(1, 1)));
    link.dark(true);
    pointer.at(0, 2, 2);
    std::thread::sleep(Duration::from_millis(100));
    pointer.forget();
    link.dark(false);
    assert!(adviser.pointed.recv_timeout(Duration::from_millis(1500)).is_err(), "the viewer may not see it any more");
    pointer.at(0, 1, 1);
    assert_eq!(adviser.pointed.recv_timeout(SOON), Ok(Pointed::At(1, 1)));
}
