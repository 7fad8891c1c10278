//! Going on with a session as an administrator: what the customer's two programs say to each other (`lotse_protocol::ticket`),
//! each from a thread of its own, since Windows asks the customer meanwhile and the other one takes its time.

use std::convert::Infallible;
use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use lotse_desktop::elevation::{self, AnswerError, Line, LineName, RiseError};
use lotse_protocol::code::ChannelCode;
use lotse_protocol::id::Id;
use lotse_protocol::message::session::GoesOn;
use lotse_protocol::ticket::{Arrived, Coming, Ticket, TicketError};
use lotse_protocol::{framing, limits};
use prost::Message;
use rand::RngExt as _;

use super::done::{coming, earlier};
use crate::app::customer::Earlier;
use crate::app::view::StayedHere;

/// The ticket is written before it is looked for.
const TICKET_WITHIN: Duration = Duration::from_secs(10);
/// How long the last word may take into the pipe.
const SAID_WITHIN: Duration = Duration::from_secs(1);
/// How often it is looked whether the other thread still wants to hear, or has something to say.
const LOOK: Duration = Duration::from_millis(100);

/// What carries bytes between the two.
trait Carrier {
    /// As [`Line::read`].
    fn read(&mut self, into: &mut [u8], within: Duration) -> io::Result<usize>;
    /// As [`Line::write`].
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Carrier for Line {
    fn read(&mut self, into: &mut [u8], within: Duration) -> io::Result<usize> {
        self.read(into, within)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes)
    }
}

/// The attempt to go on, in the program that has the session. Dropped, it is given up: what was started for it ends.
pub(super) struct Attempt {
    _wanted: Arc<()>,
    /// The last word to the other program.
    word: Sender<Coming>,
    /// Closed when nothing more is said.
    said: Receiver<Infallible>,
}

/// What comes of it.
pub(super) enum Came {
    /// The program that goes on can be reached by the adviser, there.
    Ready(GoesOn),
    /// The adviser is introduced to it.
    Arrived,
    /// Nothing.
    ToNothing(StayedHere),
}

impl Attempt {
    /// Starts this program as an administrator's, with `arguments`, and hands it `ticket`. What comes of it is told, unless
    /// nobody wants to know any more.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn begin(
        arguments: Vec<String>,
        ticket: Ticket,
        tell: impl Fn(Came) + Send + 'static,
    ) -> io::Result<Self> {
        let wanted = Arc::new(());
        let still = Arc::downgrade(&wanted);
        let ((word, words), (saying, said)) = (mpsc::channel(), mpsc::channel());
        thread::Builder::new().name("onward".into()).spawn(move || {
            let _saying: Sender<Infallible> = saying;
            let tell = |came| {
                if still.strong_count() > 0 {
                    tell(came);
                }
            };
            match rise(&arguments).and_then(|mut line| Ok((hand_over(&mut line, &ticket, &still)?, line))) {
                Ok((goes_on, mut line)) => {
                    tell(Came::Ready(goes_on));
                    if let Err(error) = stand_by(&mut line, &words, || tell(Came::Arrived)) {
                        tracing::warn!(%error, "the program that goes on is gone");
                        tell(Came::ToNothing(StayedHere::NotReady));
                    }
                }
                Err(why) => tell(Came::ToNothing(why)),
            }
        })?;
        Ok(Self { _wanted: wanted, word, said })
    }

    /// Tells the other program that the adviser is on the way or there, and what was done before. Closed without this, it
    /// ends.
    pub(super) fn say_coming(self, earlier: &Earlier) {
        // If nobody takes it, the other program is gone.
        let _ = self.word.send(coming(earlier));
        // What comes next may be this program's end.
        if self.said.recv_timeout(SAID_WITHIN) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the program that goes on may not have been told that the adviser comes");
        }
    }
}

/// Until the last word, or until it is given up. What the other program says meanwhile is that the adviser is there.
///
/// # Errors
/// That program is gone, or says something else.
fn stand_by(line: &mut impl Carrier, words: &Receiver<Coming>, arrived: impl Fn()) -> Result<(), Lost> {
    let mut heard = Vec::new();
    loop {
        match words.try_recv() {
            Ok(coming) => return Ok(say(line, &coming)?),
            Err(TryRecvError::Disconnected) => return Ok(()),
            Err(TryRecvError::Empty) => {}
        }
        if let Some(bytes) = hear_some(line, &mut heard, limits::TICKET)? {
            let Arrived {} = framing::decode(&bytes, limits::TICKET).map_err(|_| Lost::Malformed)?;
            arrived();
        }
    }
}

fn rise(arguments: &[String]) -> Result<Line, StayedHere> {
    let name = LineName::of(rand::rng().random());
    elevation::rise(arguments, &name).map_err(|error| {
        tracing::warn!(%error, "not started as an administrator's");
        match error {
            RiseError::Refused => StayedHere::Refused,
            RiseError::OtherAccount => StayedHere::OtherAccount,
            RiseError::Impostor | RiseError::NoAnswer | RiseError::NotSupported | RiseError::System(_) => {
                StayedHere::NotStarted
            }
        }
    })
}

/// The ticket there, and back where that program can be reached.
fn hand_over(line: &mut impl Carrier, ticket: &Ticket, still: &Weak<()>) -> Result<GoesOn, StayedHere> {
    let not_ready = |error: Lost| {
        tracing::warn!(%error, "the program that goes on is not ready");
        StayedHere::NotReady
    };
    let until = Instant::now() + limits::GOES_ON;
    // Windows may have asked for long. A ticket is of a session.
    if still.strong_count() == 0 {
        return Err(not_ready(Lost::GivenUp));
    }
    say_bytes(line, &ticket.encode()).map_err(|error| not_ready(error.into()))?;
    let bytes = hear(line, until, || still.strong_count() > 0).map_err(not_ready)?;
    let goes_on: GoesOn = framing::decode(&bytes, limits::TICKET).map_err(|_| not_ready(Lost::Malformed))?;
    // What it says goes on to somebody else: only numbers do.
    goes_on.id_and_code().ok_or_else(|| not_ready(Lost::Malformed))?;
    Ok(goes_on)
}

/// The program that goes on with a session, before it has a window.
pub(super) struct Successor {
    line: Line,
    /// Who may come.
    pub(super) ticket: Ticket,
}

impl Successor {
    /// Opens the line to the program that has the session, and takes the ticket.
    ///
    /// # Errors
    /// [`SuccessorError`]: there is nothing to go on with.
    pub(super) fn of(name: &LineName) -> Result<Self, SuccessorError> {
        let mut line = elevation::answer(name)?;
        let ticket = take_over(&mut line)?;
        Ok(Self { line, ticket })
    }

    /// From now on that program is listened to. Its last word is told: what was done there, or nothing when it has given
    /// this one up.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn listen(mut self, took_over: impl FnOnce(Option<Earlier>) + Send + 'static) -> io::Result<Reached> {
        let (tell, told) = mpsc::channel();
        thread::Builder::new().name("onward".into()).spawn(move || {
            let word = wait_for_word(&mut self.line, &told);
            if let Err(error) = &word {
                tracing::info!(%error, "the program with the session goes on itself");
            }
            took_over(word.ok().map(|coming| earlier(&coming)));
        })?;
        Ok(Reached { tell, id: None })
    }
}

/// Tells the program with the session where this one can be reached: once, as soon as there are ID and code; and that the
/// adviser is here.
pub(super) struct Reached {
    tell: Sender<News>,
    id: Option<Id>,
}

/// What that program is told.
enum News {
    There(GoesOn),
    Arrived,
}

impl Reached {
    pub(super) const fn under(&mut self, id: Id) {
        self.id = Some(id);
    }

    pub(super) fn by(&mut self, code: &ChannelCode) {
        if let Some(id) = self.id.take() {
            // The thread is gone when the other program is, which is told elsewhere.
            let _ = self.tell.send(News::There(GoesOn::at(id, code)));
        }
    }

    pub(super) fn arrived(&self) {
        // As above.
        let _ = self.tell.send(News::Arrived);
    }
}

/// Why there is nothing to go on with.
#[derive(Debug, thiserror::Error)]
pub enum SuccessorError {
    /// No line.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// Nothing came on it, or something else than was awaited.
    #[error("the program that started this one has not said who may come: {0}")]
    Lost(#[from] Lost),
    /// No ticket.
    #[error(transparent)]
    Ticket(#[from] TicketError),
}

fn take_over(line: &mut impl Carrier) -> Result<Ticket, SuccessorError> {
    let bytes = hear(line, Instant::now() + TICKET_WITHIN, || true)?;
    Ok(Ticket::decode(&bytes)?)
}

/// Says where this program can be reached when that is known, and that the adviser is here; waits for the last word of the
/// other one.
fn wait_for_word(line: &mut impl Carrier, told: &Receiver<News>) -> Result<Coming, Lost> {
    // Longer than the whole way may take on the other side.
    let until = Instant::now() + 2 * limits::GOES_ON;
    let mut heard = Vec::new();
    while Instant::now() < until {
        match told.try_recv() {
            Ok(News::There(goes_on)) => unheard(say(line, &goes_on)),
            Ok(News::Arrived) => unheard(say(line, &Arrived {})),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
        }
        if let Some(bytes) = hear_some(line, &mut heard, limits::DONE)? {
            return framing::decode(&bytes, limits::DONE).map_err(|_| Lost::Malformed);
        }
    }
    Err(Lost::TimedOut)
}

/// A program that has said its last word ends, and hears nothing more: the word is still there to be read. One that is gone
/// without it is missed by whoever reads.
fn unheard(said: io::Result<()>) {
    if let Err(error) = said {
        tracing::info!(%error, "the program with the session listens no more");
    }
}

/// Why nothing more is heard.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The other side is closed, or the system fails.
    #[error("the line is closed: {0}")]
    Closed(#[from] io::Error),
    /// Not in time.
    #[error("there was no word in time")]
    TimedOut,
    /// Nobody wants to hear it any more.
    #[error("it was given up")]
    GivenUp,
    /// Not what was awaited, or too long.
    #[error("what was said makes no sense")]
    Malformed,
}

fn say(line: &mut impl Carrier, message: &impl Message) -> io::Result<()> {
    say_bytes(line, &message.encode_to_vec())
}

fn say_bytes(line: &mut impl Carrier, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    line.write(&[&length.to_le_bytes(), body].concat())
}

/// One message's bytes.
fn hear(line: &mut impl Carrier, until: Instant, still: impl Fn() -> bool) -> Result<Vec<u8>, Lost> {
    let mut heard = Vec::new();
    while Instant::now() < until {
        if !still() {
            return Err(Lost::GivenUp);
        }
        if let Some(bytes) = hear_some(line, &mut heard, limits::TICKET)? {
            return Ok(bytes);
        }
    }
    Err(Lost::TimedOut)
}

/// One look: what has come is added to `heard`, whose length is known before there is room for it.
fn hear_some(line: &mut impl Carrier, heard: &mut Vec<u8>, limit: usize) -> Result<Option<Vec<u8>>, Lost> {
    let whole = match heard.first_chunk() {
        None => framing::PREFIX,
        Some(prefix) => {
            let length = framing::length(*prefix, limit).map_err(|_| Lost::Malformed)?;
            if heard.len() == framing::PREFIX + length {
                let message = heard.split_off(framing::PREFIX);
                heard.clear();
                return Ok(Some(message));
            }
            framing::PREFIX + length
        }
    };
    let mut room = vec![0; whole - heard.len()];
    match line.read(&mut room, LOOK) {
        Ok(0) => Err(Lost::Closed(io::ErrorKind::UnexpectedEof.into())),
        Ok(read) => {
            heard.extend_from_slice(room.get(..read).unwrap_or_default());
            Ok(None)
        }
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
    use std::sync::{Arc, Weak};
    use std::thread;
    use std::time::{Duration, Instant};

    use lotse_protocol::brand::Language;
    use lotse_protocol::card::Account;
    use lotse_protocol::code::ChannelCode;
    use lotse_protocol::id::Id;
    use lotse_protocol::limits;
    use lotse_protocol::message::session::GoesOn;
    use lotse_protocol::ticket::{Coming, Done, Ticket};

    use super::{Carrier, Lost, Reached, hand_over, hear, say, say_bytes, stand_by, take_over, wait_for_word};
    use crate::app::view::StayedHere;

    /// One end of a line in memory, which gives a byte at a time: nobody may rely on more.
    struct End {
        out: Sender<u8>,
        come: Receiver<u8>,
    }

    fn line() -> (End, End) {
        let ((to_one, at_one), (to_other, at_other)) = (mpsc::channel(), mpsc::channel());
        (End { out: to_other, come: at_one }, End { out: to_one, come: at_other })
    }

    impl Carrier for End {
        fn read(&mut self, into: &mut [u8], within: Duration) -> io::Result<usize> {
            match self.come.recv_timeout(within) {
                Ok(byte) => {
                    into[0] = byte;
                    Ok(1)
                }
                Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
                Err(RecvTimeoutError::Disconnected) => Ok(0),
            }
        }

        fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
            let sent = bytes.iter().try_for_each(|byte| self.out.send(*byte));
            sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    fn ticket() -> Ticket {
        let account = Account { name: "huber".to_owned(), tenant: String::new() };
        Ticket { account, adviser: "Maria Huber".to_owned(), language: Language::German }
    }

    fn numbers() -> (Id, ChannelCode) {
        (Id::generate(&mut rand::rng()), ChannelCode::generate(&mut rand::rng()))
    }

    fn last_word() -> Coming {
        Coming { minutes: 4, done: vec![Done { minute: 1, kind: 1, of: 1 }; 400] }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    #[test]
    fn the_ticket_goes_there_and_the_numbers_come_back() {
        let (mut old, mut new) = line();
        let (id, code) = numbers();
        let (tell, told) = mpsc::channel();
        let successor = thread::spawn(move || {
            let ticket = take_over(&mut new).expect("a ticket");
            let mut reached = Reached { tell, id: None };
            // A code without an ID is nothing; and what follows is another code, not another place.
            reached.by(&code);
            reached.under(id);
            reached.by(&code);
            reached.by(&ChannelCode::generate(&mut rand::rng()));
            reached.arrived();
            (ticket, wait_for_word(&mut new, &told), code)
        });
        let wanted = Arc::new(());
        let goes_on = hand_over(&mut old, &ticket(), &Arc::downgrade(&wanted)).expect("it can be reached");
        let (word, words) = mpsc::channel();
        // As the window's thread does it: the last word follows the news.
        stand_by(&mut old, &words, || word.send(last_word()).expect("it listens")).expect("open");
        let (theirs, word, code) = successor.join().expect("no panic");
        assert_eq!(theirs, ticket());
        assert_eq!(word.expect("the last word"), last_word());
        let (there, by) = goes_on.id_and_code().expect("numbers");
        assert!(there == id && by == code);
    }

    #[test]
    fn the_last_word_is_said_without_news_and_nothing_when_it_is_given_up() {
        for given_up in [false, true] {
            let (mut old, mut new) = line();
            let (word, words) = mpsc::channel();
            if !given_up {
                word.send(last_word()).expect("it listens");
            }
            // As a window's thread that ends just then.
            drop(word);
            stand_by(&mut old, &words, || panic!("nobody arrives")).expect("open");
            drop(old);
            let (tell, told) = mpsc::channel();
            // Nobody hears that any more.
            Reached { tell, id: None }.arrived();
            assert_eq!(wait_for_word(&mut new, &told).ok(), (!given_up).then(last_word));
        }
    }

    #[test]
    fn a_successor_that_is_gone_or_says_nonsense_is_missed_while_it_is_waited_for() {
        let (_word, words) = mpsc::channel();
        let (mut old, new) = line();
        drop(new);
        assert!(matches!(stand_by(&mut old, &words, || {}), Err(Lost::Closed(_))));
        for (said, length) in [(vec![0xff; 9], 9_u32), (Vec::new(), u32::MAX), (Vec::new(), 2049)] {
            let (mut old, mut new) = line();
            new.write(&[&length.to_le_bytes()[..], &said].concat()).expect("open");
            let came = stand_by(&mut old, &words, || panic!("nobody arrives"));
            assert!(matches!(came, Err(Lost::Malformed)), "{came:?}");
        }
    }

    #[test]
    fn a_line_that_closes_without_the_word_was_for_nothing() {
        let (old, mut new) = line();
        let (_tell, told) = mpsc::channel();
        drop(old);
        assert!(matches!(wait_for_word(&mut new, &told), Err(Lost::Closed(_))));
        assert!(take_over(&mut new).is_err());
    }

    #[test]
    fn a_successor_that_ends_or_says_nonsense_is_not_ready() {
        let wanted = Arc::new(());
        let still = || Arc::downgrade(&wanted);
        let (mut old, new) = line();
        drop(new);
        assert_eq!(hand_over(&mut old, &ticket(), &still()).err(), Some(StayedHere::NotReady));

        let (id, code) = numbers();
        // The last bit is in the last digit alone, which is the check of the others.
        let wrong = GoesOn { id: id.to_wire() ^ 1, code: code.grouped().to_string() };
        for (said, length) in [(vec![0xff; 9], 9_u32), (Vec::new(), u32::MAX), (Vec::new(), 2049)] {
            let (mut old, mut new) = line();
            new.write(&[&length.to_le_bytes()[..], &said].concat()).expect("open");
            assert_eq!(hand_over(&mut old, &ticket(), &still()).err(), Some(StayedHere::NotReady), "{length}");
        }
        let (mut old, mut new) = line();
        say(&mut new, &wrong).expect("open");
        assert_eq!(hand_over(&mut old, &ticket(), &still()).err(), Some(StayedHere::NotReady));
    }

    #[test]
    fn who_gives_it_up_waits_no_longer() {
        let (mut old, _new) = line();
        let begun = Instant::now();
        let heard = hear(&mut old, begun + limits::GOES_ON, || false);
        assert!(matches!(heard, Err(Lost::GivenUp)), "{heard:?}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn of_a_session_that_is_over_no_ticket_is_written() {
        let (mut old, mut new) = line();
        assert_eq!(hand_over(&mut old, &ticket(), &Weak::new()).err(), Some(StayedHere::NotReady));
        drop(old);
        assert_eq!(new.read(&mut [0; 8], Duration::from_secs(5)).expect("closed"), 0, "something was written");
    }

    #[test]
    fn a_ticket_is_read_or_refused_whatever_comes() {
        let whole = ticket().encode();
        for cut in 0..whole.len() {
            let (mut old, mut new) = line();
            say_bytes(&mut old, &whole[..cut]).expect("open");
            assert!(take_over(&mut new).is_err(), "{cut} bytes");
            // Promised and not there.
            let (mut old, mut new) = line();
            let length = u32::try_from(whole.len()).expect("short");
            old.write(&[&length.to_le_bytes()[..], &whole[..cut]].concat()).expect("open");
            drop(old);
            assert!(take_over(&mut new).is_err(), "{cut} bytes of more");
        }
        let (mut old, mut new) = line();
        say_bytes(&mut old, &[whole, vec![0x32; limits::TICKET]].concat()).expect("open");
        assert!(take_over(&mut new).is_err());
    }

    #[test]
    fn nobody_waits_longer_than_the_limit() {
        let (_old, mut new) = line();
        let soon = soon();
        let until = Instant::now() + Duration::from_millis(250);
        assert!(matches!(hear(&mut new, until, || true), Err(Lost::TimedOut)));
        assert!(Instant::now() < soon);
    }
}
