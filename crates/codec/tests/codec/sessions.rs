//! Whole sessions of every kind of operation, drawn here, for those who want to see a decoder at work: `golden.rs`, which
//! compares machines, and the fuzzer, which begins with them (`cargo test -p lotse-codec --test codec -- --ignored
//! sessions_are_written` writes both anew, after a change of the format).

use std::path::Path;
use std::time::Duration;

use lotse_codec::{Budget, Loss, Operations, Pending, Rect, Region};
use zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use crate::hostile::{keep, number, photo, recall, recall_lines, recall_part, solid, text};
use crate::scenes::{glyph, mix, photograph};
use crate::sides::{Picture, Sides};

const WIDTH: u32 = 250;
const HEIGHT: u32 = 180;

/// One update after the other, and what they consist of.
struct Session {
    name: &'static str,
    sides: Sides,
    now: Duration,
    updates: Vec<Vec<u8>>,
    operations: Operations,
}

impl Session {
    fn new(name: &'static str) -> Self {
        let sides = Sides::new(WIDTH, HEIGHT);
        Self { name, sides, now: Duration::ZERO, updates: Vec::new(), operations: Operations::default() }
    }

    fn show(&mut self, picture: &Picture, damage: &Region, budget: Budget) -> Pending {
        self.now += Duration::from_millis(33);
        let (encoded, _) = self.sides.step(picture, damage, budget.at(self.now));
        self.operations += encoded.operations;
        if encoded.bytes > 0 {
            self.updates.push(self.sides.update.clone());
        }
        encoded.pending
    }

    /// Until all of it is exact.
    fn rest(mut self, picture: &Picture, budget: Budget) -> Self {
        while self.show(picture, &Region::new(), budget) != Pending::Nothing {}
        self.sides.assert_shows(picture);
        self
    }
}

fn paper() -> Picture {
    let mut picture = Picture::new(WIDTH, HEIGHT);
    picture.fill(Rect::new(0, 0, WIDTH, HEIGHT), [250, 252, 255]);
    picture
}

fn write_lines(picture: &mut Picture, top: u32) {
    for (row, column) in (0..10).flat_map(|row| (0..27).map(move |column| (row, column))) {
        let letter = mix((top + row) * 64 + column) % 30;
        glyph(picture, column, row, if column > mix(top + row) % 28 { 0 } else { letter });
    }
}

/// A terminal that scrolls.
fn terminal() -> Session {
    let mut session = Session::new("terminal");
    let mut picture = paper();
    for top in 0..6 {
        write_lines(&mut picture, top);
        session.show(&picture, &picture.whole(), Budget::unlimited());
    }
    session.rest(&picture, Budget::unlimited())
}

/// Two windows that are raised in turn, one of them with a picture that is drawn in many colours.
fn windows() -> Session {
    let mut session = Session::new("windows");
    let mut picture = paper();
    for number in 0..6u32 {
        picture.fill(Rect::new(0, 0, WIDTH, HEIGHT), [120, 80, 40]);
        write_lines(&mut picture, 3);
        let (back, front) = (Rect::new(20, 10, 150, 120), Rect::new(60, 40, 170, 130));
        for rect in if number % 2 == 0 { [back, front] } else { [front, back] } {
            picture.fill(rect, [240, 240, 240]);
            picture.fill(Rect::new(rect.x, rect.y, rect.width, 12), [200, 60, rect.x.to_le_bytes()[0]]);
            for (y, x) in (20..90).flat_map(|y| (10..110).map(move |x| (y, x))) {
                let [blue, green, red, _] = mix((x / 9 * 7919) ^ (y * 31 + rect.x)).to_le_bytes();
                picture.set(rect.x + x, rect.y + y, [blue, green, red]);
            }
        }
        session.show(&picture, &picture.whole(), Budget::unlimited());
    }
    session.rest(&picture, Budget::unlimited())
}

/// Photographs that scroll, down and back, exactly, over a link on which bytes are dear.
fn photographs() -> Session {
    let mut session = Session::new("photographs");
    let all = photograph(WIDTH, 600);
    let mut picture = paper();
    for top in [0, 37, 90, 160, 230, 160, 101, 47, 0] {
        picture.paste((0, 20), &all, Rect::new(0, top + 20, WIDTH, HEIGHT - 20));
        session.show(&picture, &picture.whole(), Budget::bytes(17_000).with(Loss::Never));
    }
    session.rest(&picture, Budget::bytes(17_000).with(Loss::Never))
}

/// Film beside text, roughly, and exact when it rests.
fn film() -> Session {
    let mut session = Session::new("film");
    let all = photograph(WIDTH, HEIGHT);
    let mut picture = paper();
    write_lines(&mut picture, 9);
    session.show(&picture, &picture.whole(), Budget::unlimited());
    let window = Rect::new(70, 30, 130, 90);
    for number in 0..14 {
        for (y, x) in (0..window.height).flat_map(|y| (0..window.width).map(move |x| (y, x))) {
            let at = (y + number) as usize * all.stride + (x + number * 3) as usize * 4;
            let grain = |channel: usize| all.data[at + channel].saturating_add((mix(x * 999 + y + number) >> 29) as u8);
            picture.set(window.x + x, window.y + y, [grain(0), grain(1), grain(2)]);
        }
        session.show(&picture, &Region::from(window), Budget::bytes(1_800));
    }
    session.rest(&picture, Budget::bytes(4_000))
}

fn all() -> [Session; 4] {
    [terminal(), windows(), photographs(), film()]
}

#[test]
fn sessions_have_operations_of_every_kind() {
    let mut operations = Operations::default();
    for session in all() {
        println!("{}: {} updates, {:?}", session.name, session.updates.len(), session.operations);
        operations += session.operations;
    }
    assert!(operations.by_kind().iter().all(|(_, count)| *count > 0), "{operations:?}");
}

/// Each update with its length before it, as `fuzzed::decoder` reads them.
fn in_a_row(updates: &[Vec<u8>]) -> Vec<u8> {
    let length = |update: &Vec<u8>| u16::try_from(update.len()).expect("a short update").to_le_bytes();
    updates.iter().flat_map(|update| [&length(update)[..], update].concat()).collect()
}

/// A record of [`fuzzed::decoder`](../fuzzed/mod.rs): what it is, and its bytes.
fn record(what: u8, bytes: &[u8]) -> Vec<u8> {
    [&[what][..], &u16::try_from(bytes.len()).expect("a short chunk").to_le_bytes(), bytes].concat()
}

/// The same as records of what is inside, so that the fuzzer gets behind the compression.
fn opened(updates: &[Vec<u8>]) -> Vec<u8> {
    let mut contexts: [DCtx<'static>; 2] = std::array::from_fn(|_| DCtx::create());
    for (context, window) in contexts.iter_mut().zip([23, 20]) {
        context.set_parameter(DParameter::WindowLogMax(window)).expect("zstd knows such windows");
    }
    let mut records = Vec::new();
    for update in updates {
        // A long input makes a slow fuzzer.
        if records.len() > 20_000 {
            break;
        }
        let mut rest = &update[1..];
        let mut number = || {
            let (mut number, mut shift) = (0usize, 0);
            loop {
                let (first, after) = rest.split_first().expect("our own update is sound");
                rest = after;
                number |= usize::from(first & 0x7f) << shift;
                shift += 7;
                if first & 0x80 == 0 {
                    return number;
                }
            }
        };
        if update[0] == 1 {
            let size = [number(), number()].map(|side| u8::try_from(side).expect("a small picture"));
            records.extend(record(6, &size));
        } else {
            records.extend(record(5, &[]));
        }
        while let Some((&stream, after)) = rest.split_first() {
            rest = after;
            let mut length = || {
                let end = rest.iter().position(|byte| byte & 0x80 == 0).expect("our own update is sound") + 1;
                let (bytes, after) = rest.split_at(end);
                rest = after;
                bytes.iter().rev().fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f))
            };
            let (raw_len, packed_len) = (length(), length());
            let (packed, after) = rest.split_at(packed_len);
            rest = after;
            if stream == 4 {
                records.extend(record(stream, packed));
                continue;
            }
            let mut raw = Vec::with_capacity(raw_len + 1);
            let mut output = OutBuffer::around(&mut raw);
            let mut input = InBuffer::around(packed);
            while input.pos() < packed.len() {
                let context = &mut contexts[usize::from(stream > 0)];
                context.decompress_stream(&mut output, &mut input).expect("our own chunk is sound");
            }
            records.extend(record(stream, &raw));
        }
    }
    records
}

/// Sound operations of every kind but film, which is in a session of its own (its bits have to end where it does), among
/// them what a session rarely has, over several updates.
fn by_hand() -> Vec<u8> {
    let rect = |kind: u8, rect: [u32; 4], rest: &[u8]| [vec![kind], rect.map(number).concat(), rest.to_vec()].concat();
    let tiles = keep([0, 0, 3, 2]);
    let planes = [[9, 8, 7, 6], [1, 1, 1, 1], [0, 0, 2, 0]].concat();
    let updates = [
        [solid(Rect::new(0, 0, 200, 150)), solid(Rect::new(3, 70, 190, 2)), tiles].concat(),
        [rect(2, [5, 5, 4, 2], &[0, 2, 1, 2, 3, 4, 5, 6, 0, 1, 1, 1, 0, 0, 1, 0]), recall(0, 3)].concat(),
        [recall_part([70, 66, 50, 9], 4), recall_lines([0, 10, 192, 5], 3, 4)].concat(),
        [text(8, 8, &[4, 2, 1, 2, 2, 0, 0, 1, 0, 0, 0, 1, 3, 7, 7, 7], &planes), text(8, 8, &[0, 0, 1], &[])].concat(),
        [rect(4, [0, 100, 200, 40], &[0, 3]), rect(6, [0, 0, 128, 128], &[]), photo(1, 1, 4)].concat(),
        rect(3, [20, 20, 3, 2], &[]),
    ];
    let mut records = record(6, &[200, 150]);
    for (number, operations) in updates.iter().enumerate() {
        match number {
            4 => records.extend(record(4, &[0xff; 4])),
            5 => (1..4).for_each(|stream| records.extend(record(stream, &[1, 2, 3, 250, 0, 9]))),
            _ => {}
        }
        records.extend([record(0, operations), record(5, &[])].concat());
    }
    records
}

#[test]
#[ignore = "it writes into the source"]
fn sessions_are_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let write = |path: &str, bytes: &[u8]| std::fs::write(root.join(path), bytes).expect("it can be written");
    let seed = |name: &str, records: &[u8]| {
        write(&format!("../../fuzz/corpus/codec_decoder/opened-{name}"), &[&[2][..], records].concat());
    };
    for session in all() {
        let name = session.name;
        write(&format!("tests/golden/{name}.updates"), &in_a_row(&session.updates));
        // Text and windows have large planes, and are in the one by hand.
        if session.operations.photo > 5 || session.operations.film > 0 {
            seed(name, &opened(&session.updates));
        }
    }
    seed("by-hand", &by_hand());
}
