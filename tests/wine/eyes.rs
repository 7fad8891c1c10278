//! What the capture and the pointer of Windows see on a screen that is painted from outside: Wine shows its programs the
//! real X screen, with everything that is not its own. And what `lotse doctor` makes of it.

use std::io::Write as _;
use std::process::ChildStdin;
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::desk::process::Program;
use crate::desk::relay::Relay;
use crate::desk::screen::{Pixels, Rect};
use crate::desk::{Desk, PATIENCE};
use crate::prefix::{GONE_WITHIN, Prefix};

const SCREEN: (u16, u16) = (1920, 1080);
const WHOLE: [u32; 4] = [0, 0, 1920, 1080];

/// The example `eyes`, which looks when it is asked to.
struct Eyes<'a> {
    desk: &'a Desk,
    program: Program,
    questions: ChildStdin,
    answers: usize,
}

impl<'a> Eyes<'a> {
    fn open(prefix: &Prefix, desk: &'a Desk) -> Self {
        let (program, questions) = desk.spawn_listening(&mut prefix.beside("eyes.exe"));
        let mut eyes = Self { desk, program, questions, answers: 0 };
        assert_eq!(eyes.answer(), "open");
        eyes
    }

    fn ask(&mut self, question: &str) -> String {
        writeln!(self.questions, "{question}").expect("it listens");
        self.answer()
    }

    fn answer(&mut self) -> String {
        let begun = Instant::now();
        self.answers += 1;
        loop {
            let said = self.program.log();
            let mut lines = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            if let Some(line) = lines.nth(self.answers - 1) {
                return line.trim_end().to_owned();
            }
            assert!(begun.elapsed() < 2 * PATIENCE, "no answer; it has said: {said:?}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// The picture and its damage.
    fn grab(&mut self) -> (Pixels, Vec<[u32; 4]>) {
        let file = self.desk.folder().join("seen");
        let answer = self.ask(&format!("grab {}", file.display()));
        let mut words = answer.split(' ');
        let mut side = || words.next().and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{answer}"));
        let (width, height) = (side(), side());
        let rect = |word: &str| {
            let numbers: Vec<u32> = word.split(',').map(|number| number.parse().expect("a number")).collect();
            <[u32; 4]>::try_from(numbers).expect("four")
        };
        let damage = words.map(rect).collect();
        (Pixels { width, height, bgrx: fs::read(file).expect("it was written") }, damage)
    }

    /// Looks until there is nothing new.
    fn rests(&mut self) {
        while self.ask("wait 1500") == "Damage" {
            self.grab();
        }
    }

    #[track_caller]
    fn sees_all_of_it(&mut self, seen: &Pixels) {
        assert_eq!(seen.difference(&self.desk.pixels()), None, "every pixel as on the screen");
    }
}

pub(crate) fn see_what_is_painted(prefix: &Prefix) {
    let desk = Desk::start_sized(SCREEN);
    let mut eyes = Eyes::open(prefix, &desk);
    let (seen, damage) = eyes.grab();
    assert_eq!(damage, [WHOLE], "the first picture is new as a whole");
    eyes.sees_all_of_it(&seen);
    eyes.rests();

    let square = desk.square(Rect { x: 101, y: 53, width: 300, height: 217 });
    for colour in [0x00ff_8001, 0x0000_0001, 0x0000_0000] {
        square.paint(colour);
        assert_eq!(eyes.ask("wait 10000"), "Damage", "{colour:06x} is seen");
        let (seen, damage) = eyes.grab();
        eyes.sees_all_of_it(&seen);
        // To the pixel from above to below, and by blocks of 16 from left to right.
        assert_eq!(damage, [[96, 53, 320, 217]]);
    }
    assert_eq!(eyes.ask("wait 300"), "Timeout", "what has been seen is not damaged again");

    // Two far apart, and the last pixel of the screen.
    let corner = desk.square(Rect { x: 1919, y: 1079, width: 1, height: 1 });
    eyes.rests();
    square.paint(0x0012_3456);
    corner.paint(0x0065_4321);
    assert_eq!(eyes.ask("wait 10000"), "Damage");
    let mut all = eyes.grab().1;
    if all.len() < 2 && eyes.ask("wait 10000") == "Damage" {
        all.extend(eyes.grab().1);
    }
    all.sort_unstable();
    assert_eq!(all, [[96, 53, 320, 217], [1904, 1079, 16, 1]]);
    let (seen, _) = eyes.grab();
    eyes.sees_all_of_it(&seen);

    follow_the_pointer(&mut eyes);
    println!("a grab of 1920×1080 by GDI under Wine: {} µs", eyes.ask("cost 9"));
    println!("five seconds of waiting for nothing: {} µs of processor time", eyes.ask("idle 5"));
    drop(eyes.questions);
    assert!(eyes.program.ended(GONE_WITHIN).is_some_and(|status| status.success()));
}

fn follow_the_pointer(eyes: &mut Eyes<'_>) {
    eyes.desk.move_to((400, 300));
    let first = eyes.ask("pointer 300");
    // What programs of others show as their pointer Wine does not tell.
    assert!(first.starts_with("shape ") && first.ends_with(" at 400,300"), "{first}");
    assert_eq!(eyes.ask("pointer 100"), "", "nothing is said of a pointer that rests");
    for place in [(0, 0), (1919, 1079), (7, 600)] {
        eyes.desk.move_to(place);
        let told = eyes.ask("pointer 300");
        assert!(told.ends_with(&format!("at {},{}", place.0, place.1)), "{place:?}: {told}");
    }
    eyes.rests();
}

pub(crate) fn doctor_finds_and_tries(prefix: &Prefix) {
    let (desk, relay) = (Desk::start(), Relay::start());
    let mut program = desk.spawn(prefix.lotse().args(["doctor", "--json", "--selftest"]).args(relay.arguments()));
    let status = program.ended(3 * PATIENCE).expect("it ends by itself");
    let said = program.log();
    // Scripts go by it.
    assert_eq!(status.code(), Some(i32::from(said.contains(r#""verdict":"bad""#))), "{said}");
    // That it is JSON is shown where it is made; here, which objects there are and what is in them.
    let finding = |about: &str| {
        let start = said.find(&format!(r#"{{"about":"{about}""#)).unwrap_or_else(|| panic!("{about}: {said}"));
        said[start..].split_inclusive('}').next().unwrap_or_default()
    };
    let says = |about: &str, what: &str| {
        let found = finding(about);
        assert!(found.contains(what), "{what} in {found}; in all: {said}");
    };
    for about in ["relay-udp", "capture", "pointer"] {
        says(about, r#""verdict":"good""#);
    }
    says("capture", r#""width":1280"#);
    // Wine has no desktop duplication, and that is said.
    says("capture", r#""way":"GDI, since this desktop cannot be duplicated"#);
    for about in ["selftest", "selftest-fallback"] {
        for part in ["pixels", "damage", "layered"] {
            says(about, &format!(r#""{part}":"good""#));
        }
        // The pointer of a window that is not the active one Wine does not tell: what became of it is only printed.
        println!("{}", finding(about));
    }
}
