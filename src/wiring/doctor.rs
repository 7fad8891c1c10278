//! `lotse doctor`: can this computer be helped, and if not, why? For whoever looks after computers, in a terminal; and for
//! the first person with a kind of computer that nobody who builds this has.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use lotse_desktop::capture::{Capture, CaptureError, NotDuplicated, Way};
use lotse_desktop::inject::Injector;
use lotse_desktop::pointer::{News, Pointer, PointerError};
use lotse_desktop::selftest::{self, Part, Seen};

use super::customer::{cannot_share, offline};
use super::{PROBER, Target};
use crate::host::pump::PumpError;
use crate::net;
use crate::shell::probe::{self, Graphics};
use crate::ui::text::{Text, of_system};

/// How it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A sentence a line, in the system's language.
    Sentences,
    /// One object on one line. The sentences in it are for people.
    Json,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What can be looked at without anybody noticing.
    Look,
    /// Also what takes a window, and moves the pointer.
    Selftest,
}

/// The sum of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// This computer can be helped.
    Well,
    /// It cannot, or not as it should.
    Ill,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    /// It is so, and there is nothing wrong with that.
    Note,
    Bad,
}

struct Finding {
    /// What it is about, for programs.
    about: &'static str,
    verdict: Verdict,
    sentence: String,
    /// Numbers and names, for programs.
    facts: Vec<(&'static str, Fact)>,
}

enum Fact {
    Text(String),
    Number(u64),
}

/// Looks, and says what it finds as it finds it.
///
/// # Errors
/// There is nobody to tell.
pub fn run(target: Target, form: Form, extent: Extent) -> io::Result<Health> {
    let text = Text::new(of_system(target.institution.looks.languages));
    let mut findings = Vec::new();
    let mut find = |finding: Finding| -> io::Result<()> {
        if form == Form::Sentences {
            writeln!(io::stdout(), "{} {}", sign(finding.verdict), finding.sentence)?;
        }
        findings.push(finding);
        Ok(())
    };
    find(look_for_relay(target, &text))?;
    find(note("other-ways", text.say("doctor-other-ways")))?;
    find(look_at_capture(&text))?;
    find(look_at_pointer(&text))?;
    find(look_at_input(&text))?;
    find(look_at_renderer(&text))?;
    if extent == Extent::Selftest {
        for (about, opened) in [("selftest", Capture::open(PROBER)), ("selftest-fallback", Capture::open_fallback())] {
            find(test(about, opened, &text))?;
        }
    }
    let ill = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    if form == Form::Json {
        writeln!(io::stdout(), "{}", json(&findings, ill))?;
    }
    Ok(if ill { Health::Ill } else { Health::Well })
}

const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "ok",
        Verdict::Note => "--",
        Verdict::Bad => "!!",
    }
}

fn look_for_relay(target: Target, text: &Text) -> Finding {
    let address = target.institution.relay;
    let named = address.to_string();
    let bad = |why: &str| {
        let arguments = [("service", named.as_str().into()), ("why", why.into())];
        finding("relay-udp", Verdict::Bad, text.say_with("doctor-service-not-there", arguments))
    };
    match net::reach(address, &target.institution.pins) {
        Err(error) => bad(&error.to_string()),
        Ok(Err(reason)) => bad(&text.offline(offline(reason))),
        Ok(Ok(net::Reached { institution, took })) => {
            let arguments = [
                ("service", named.as_str().into()),
                ("institution", institution.as_str().into()),
                ("ms", milliseconds(took).into()),
            ];
            finding("relay-udp", Verdict::Good, text.say_with("doctor-service", arguments))
                .with("milliseconds", Fact::Number(milliseconds(took)))
                .with("institution", Fact::Text(institution.clone()))
        }
    }
}

fn look_at_capture(text: &Text) -> Finding {
    match look(Capture::open(PROBER)) {
        Err(error) => {
            let why = text.cannot_share(&cannot_share(PumpError::Capture(error)));
            finding("capture", Verdict::Bad, why)
        }
        Ok((way, (width, height), took)) => {
            let size = format!("{width} × {height}");
            let arguments =
                [("size", size.into()), ("way", way_by(way, text).into()), ("ms", milliseconds(took).into())];
            finding("capture", Verdict::Good, text.say_with("doctor-capture", arguments))
                .with("way", Fact::Text(way.to_string()))
                .with("width", Fact::Number(width.into()))
                .with("height", Fact::Number(height.into()))
                .with("microseconds", Fact::Number(u64::try_from(took.as_micros()).unwrap_or(u64::MAX)))
        }
    }
}

/// The way of the picture, its size, and what the first one took.
fn look(opened: Result<Capture, CaptureError>) -> Result<(Way, (u32, u32), Duration), CaptureError> {
    let mut capture = opened?;
    let begun = Instant::now();
    let grab = capture.grab()?;
    let (size, took) = ((grab.width, grab.height), begun.elapsed());
    Ok((capture.settled_way()?, size, took))
}

fn way_by(way: Way, text: &Text) -> String {
    match way {
        Way::SharedMemory => text.say("doctor-way-shared"),
        Way::Connection => text.say("doctor-way-connection"),
        Way::Duplication => text.say("doctor-way-duplication"),
        Way::Gdi(why) => text.say_with("doctor-way-gdi", [("why", not_duplicated(why, text).into())]),
        Way::Synthetic => way.to_string(),
    }
}

fn not_duplicated(why: NotDuplicated, text: &Text) -> String {
    text.say(match why {
        NotDuplicated::NotYet => "doctor-not-duplicated-yet",
        NotDuplicated::Missing => "doctor-not-duplicated-missing",
        NotDuplicated::Unsupported => "doctor-not-duplicated-unsupported",
        NotDuplicated::Busy => "doctor-not-duplicated-busy",
        NotDuplicated::Incomplete => "doctor-not-duplicated-incomplete",
        NotDuplicated::OtherDesktop => "doctor-not-duplicated-desktop",
        NotDuplicated::Lost => "doctor-not-duplicated-lost",
        NotDuplicated::Driver => "doctor-not-duplicated-driver",
        NotDuplicated::Crashed => "doctor-not-duplicated-crashed",
        NotDuplicated::NotWanted => "doctor-not-duplicated-wanted",
        NotDuplicated::Failed(_) => return why.to_string(),
    })
}

fn look_at_pointer(text: &Text) -> Finding {
    let seen = || -> Result<bool, PointerError> {
        let news = Pointer::open()?.wait(Some(Duration::from_secs(1)))?;
        Ok(matches!(news, News::Shape(_) | News::At(_)))
    };
    let bad =
        |why: &str| finding("pointer", Verdict::Bad, text.say_with("doctor-pointer-not-seen", [("why", why.into())]));
    match seen() {
        Ok(true) => finding("pointer", Verdict::Good, text.say("doctor-pointer")),
        Ok(false) => bad("…"),
        Err(error) => bad(&error.to_string()),
    }
}

fn look_at_input(text: &Text) -> Finding {
    match Injector::open() {
        Ok(_) => finding("input", Verdict::Good, text.say("doctor-input")),
        Err(error) => {
            let why = error.to_string();
            finding("input", Verdict::Bad, text.say_with("doctor-input-not-there", [("why", why.into())]))
        }
    }
}

fn look_at_renderer(text: &Text) -> Finding {
    let (verdict, sentence, name) = match probe::ask() {
        Graphics::Hardware(name) => {
            (Verdict::Good, text.say_with("doctor-drawn-by-card", [("name", name.as_str().into())]), name)
        }
        Graphics::Processor(name) => {
            (Verdict::Note, text.say_with("doctor-drawn-by-processor", [("name", name.as_str().into())]), name)
        }
        Graphics::None => (Verdict::Note, text.say("doctor-drawn-by-us"), String::new()),
    };
    finding("renderer", verdict, sentence).with("opengl", Fact::Text(name))
}

fn test(about: &'static str, opened: Result<Capture, CaptureError>, text: &Text) -> Finding {
    let seen = match opened.map_err(Into::into).and_then(|mut capture| selftest::run(&mut capture)) {
        Ok(seen) => seen,
        Err(error) => {
            let why = error.to_string();
            return finding(about, Verdict::Bad, text.say_with("doctor-selftest-not-done", [("why", why.into())]));
        }
    };
    let Seen { way, delay, look, tried } = seen;
    let wrong: Vec<String> = tried
        .iter()
        .filter_map(|tried| Some(format!("{}: {}", part_by(tried.part, text), tried.wrong.as_ref()?)))
        .collect();
    let (way, delay, look) = (way_by(way, text), tenths(delay), tenths(look));
    let (verdict, sentence) = if wrong.is_empty() {
        let arguments =
            [("way", way.as_str().into()), ("delay", delay.as_str().into()), ("look", look.as_str().into())];
        (Verdict::Good, text.say_with("doctor-selftest", arguments))
    } else {
        let arguments = [("way", way.as_str().into()), ("wrong", wrong.join("; ").into())];
        (Verdict::Bad, text.say_with("doctor-selftest-wrong", arguments))
    };
    let result =
        finding(about, verdict, sentence).with("delay-ms", Fact::Text(delay)).with("look-ms", Fact::Text(look));
    tried.iter().fold(result, |result, tried| {
        result.with(name(tried.part), Fact::Text(tried.wrong.clone().unwrap_or_else(|| "good".to_owned())))
    })
}

fn part_by(part: Part, text: &Text) -> String {
    text.say(match part {
        Part::Pixels => "doctor-part-pixels",
        Part::Damage => "doctor-part-damage",
        Part::Layered => "doctor-part-layered",
        Part::PointerPosition => "doctor-part-pointer-position",
        Part::PointerShape => "doctor-part-pointer-shape",
    })
}

const fn name(part: Part) -> &'static str {
    match part {
        Part::Pixels => "pixels",
        Part::Damage => "damage",
        Part::Layered => "layered",
        Part::PointerPosition => "pointer-position",
        Part::PointerShape => "pointer-shape",
    }
}

fn finding(about: &'static str, verdict: Verdict, sentence: String) -> Finding {
    Finding { about, verdict, sentence, facts: Vec::new() }
}

fn note(about: &'static str, sentence: String) -> Finding {
    finding(about, Verdict::Note, sentence)
}

impl Finding {
    fn with(mut self, name: &'static str, fact: Fact) -> Self {
        self.facts.push((name, fact));
        self
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn tenths(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// By hand: an object of texts and numbers is not worth a library in everybody's download.
fn json(findings: &[Finding], ill: bool) -> String {
    let mut all = Vec::new();
    for Finding { about, verdict, sentence, facts } in findings {
        let verdict = match verdict {
            Verdict::Good => "good",
            Verdict::Note => "note",
            Verdict::Bad => "bad",
        };
        let mut object = format!(r#"{{"about":"{about}","verdict":"{verdict}","says":{}"#, quoted(sentence));
        for (name, fact) in facts {
            let fact = match fact {
                Fact::Text(text) => quoted(text),
                Fact::Number(number) => number.to_string(),
            };
            // Writing to a text cannot fail.
            let _ = write!(object, r#","{name}":{fact}"#);
        }
        object.push('}');
        all.push(object);
    }
    let health = if ill { "bad" } else { "good" };
    format!(r#"{{"version":"{}","verdict":"{health}","findings":[{}]}}"#, env!("CARGO_PKG_VERSION"), all.join(","))
}

/// As RFC 8259, section 7, wants it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            character if character < ' ' => {
                // Writing to a text cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{Fact, Verdict, finding, json};

    #[test]
    fn what_is_told_to_programs_is_json_whatever_is_in_it() {
        let sentence = "a \"name\"\\ with\nlines, ü and \u{1}";
        let findings = [
            finding("capture", Verdict::Good, sentence.to_owned()).with("width", Fact::Number(1920)),
            finding("input", Verdict::Bad, String::new()).with("why", Fact::Text("}{".to_owned())),
        ];
        let read: serde_json::Value = serde_json::from_str(&json(&findings, true)).expect("it is JSON");
        assert_eq!(read["verdict"], "bad");
        assert_eq!(read["findings"][0]["says"], sentence);
        assert_eq!(read["findings"][0]["width"], 1920);
        assert_eq!(read["findings"][1]["why"], "}{");
    }
}
