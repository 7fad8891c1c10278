//! Keys that mean nothing, lent to characters that no key of this keyboard makes.
//!
//! A program that is told of a changed keyboard reads it anew, and reads what holds by then: a key that gets another
//! character right after it was pressed would type that one instead. So each character keeps its key for a while, and
//! the key that has rested longest is the next to be lent.

use std::time::{Duration, Instant};

use x11rb::protocol::xproto::Keycode;

/// A key is not lent to another character sooner than this after it was pressed.
pub(super) const REST: Duration = Duration::from_millis(300);
/// A key that was not pressed for so long means nothing again.
const UNUSED: Duration = Duration::from_secs(10);

/// Which key is lent to what.
#[derive(Default)]
pub(super) struct Spare {
    /// The one that has rested longest first.
    free: Vec<Keycode>,
    lent: Vec<Lent>,
}

struct Lent {
    code: Keycode,
    sym: u32,
    used: Instant,
}

/// What a request for a key leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loan {
    /// It has one already.
    Has(Keycode),
    /// This one is to be bound to it, once it has rested until then.
    New {
        /// Which.
        code: Keycode,
        /// Not before.
        rested: Option<Instant>,
    },
    /// There is none.
    None,
}

impl Spare {
    /// The keys that can be lent on a keyboard that has just been read; what is lent and still so stays.
    pub(super) fn renew(&mut self, spare: Vec<Keycode>, is_still: impl Fn(Keycode, u32) -> bool) -> Vec<Keycode> {
        let (kept, lost): (Vec<Lent>, Vec<Lent>) = self.lent.drain(..).partition(|lent| is_still(lent.code, lent.sym));
        self.lent = kept;
        // In the order in which they have rested, then the new ones.
        self.free.retain(|code| spare.contains(code));
        let news: Vec<Keycode> = spare.into_iter().filter(|code| !self.free.contains(code)).collect();
        self.free.extend(news);
        lost.into_iter().map(|lent| lent.code).collect()
    }

    /// A key for `sym`; `is_held` are not taken away.
    pub(super) fn lend(&mut self, sym: u32, now: Instant, is_held: impl Fn(Keycode) -> bool) -> Loan {
        if let Some(lent) = self.lent.iter_mut().find(|lent| lent.sym == sym) {
            lent.used = now;
            return Loan::Has(lent.code);
        }
        if !self.free.is_empty() {
            let code = self.free.remove(0);
            self.lent.push(Lent { code, sym, used: now });
            return Loan::New { code, rested: None };
        }
        let rested = self.lent.iter_mut().filter(|lent| !is_held(lent.code)).min_by_key(|lent| lent.used);
        let Some(lent) = rested else { return Loan::None };
        let until = lent.used + REST;
        (lent.sym, lent.used) = (sym, now);
        Loan::New { code: lent.code, rested: (until > now).then_some(until) }
    }

    /// The keys that have not been pressed for long: they are free again, and to be unbound.
    pub(super) fn unused(&mut self, now: Instant, is_held: impl Fn(Keycode) -> bool) -> Vec<Keycode> {
        let is_over = |lent: &Lent| now.saturating_duration_since(lent.used) >= UNUSED && !is_held(lent.code);
        let over: Vec<Keycode> = self.lent.iter().filter(|lent| is_over(lent)).map(|lent| lent.code).collect();
        self.lent.retain(|lent| !over.contains(&lent.code));
        self.free.extend(&over);
        over
    }

    /// When to ask for [`Self::unused`] again.
    pub(super) fn next(&self) -> Option<Instant> {
        self.lent.iter().map(|lent| lent.used + UNUSED).min()
    }

    /// Takes all back; and when the last of them was pressed.
    pub(super) fn take_back(&mut self) -> (Vec<Keycode>, Option<Instant>) {
        let last = self.lent.iter().map(|lent| lent.used).max();
        (self.lent.drain(..).map(|lent| lent.code).collect(), last)
    }

    /// The keys that are lent.
    pub(super) fn lent(&self) -> impl Iterator<Item = Keycode> + '_ {
        self.lent.iter().map(|lent| lent.code)
    }

    /// Is this one lent?
    pub(super) fn is_lent(&self, code: Keycode) -> bool {
        self.lent.iter().any(|lent| lent.code == code)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Loan, REST, Spare, UNUSED};

    const NOBODY: fn(u8) -> bool = |_| false;

    #[test]
    fn a_character_keeps_its_key_and_the_longest_rested_is_next() {
        let mut spare = Spare::default();
        assert_eq!(spare.renew(vec![8, 93], |_, _| true), []);
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(spare.lend(1, at(0), NOBODY), Loan::New { code: 8, rested: None });
        assert_eq!(spare.lend(2, at(10), NOBODY), Loan::New { code: 93, rested: None });
        assert_eq!(spare.lend(1, at(20), NOBODY), Loan::Has(8));
        let rested = Some(at(10) + REST);
        assert_eq!(spare.lend(3, at(30), NOBODY), Loan::New { code: 93, rested }, "8 was pressed later");
        assert_eq!(spare.lend(4, at(1000), |code| code == 8), Loan::New { code: 93, rested: None }, "8 is held");
        assert_eq!(spare.lend(5, at(2000), |_| true), Loan::None);
    }

    #[test]
    fn what_is_not_used_means_nothing_again() {
        let mut spare = Spare::default();
        spare.renew(vec![8, 93], |_, _| true);
        let start = Instant::now();
        spare.lend(1, start, NOBODY);
        spare.lend(2, start + Duration::from_secs(1), NOBODY);
        assert_eq!(spare.next(), Some(start + UNUSED));
        assert_eq!(spare.unused(start + UNUSED, NOBODY), [8]);
        assert!(spare.is_lent(93) && !spare.is_lent(8));
        assert_eq!(spare.take_back(), (vec![93], Some(start + Duration::from_secs(1))));
        assert_eq!(spare.next(), None);
    }

    #[test]
    fn a_new_keyboard_takes_its_keys_back() {
        let mut spare = Spare::default();
        spare.renew(vec![8, 93], |_, _| true);
        spare.lend(1, Instant::now(), NOBODY);
        assert_eq!(spare.renew(vec![8, 97], |_, _| false), [8], "it is bound no longer");
        assert_eq!(spare.lend(2, Instant::now(), NOBODY), Loan::New { code: 8, rested: None });
        assert_eq!(spare.lend(3, Instant::now(), NOBODY), Loan::New { code: 97, rested: None });
    }
}
