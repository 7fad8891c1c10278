//! What an offerer remembers of the advisers who knocked, until the customer asks for a new code.

use crate::card::Card;
use crate::limits;

/// Advisers, each by what its institution calls its account.
#[derive(Default)]
pub(super) struct Accounts(Vec<Account>);

struct Account {
    tenant: String,
    name: String,
    wrong: u32,
    unfinished: u32,
}

/// How an adviser stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// May try; with so many introductions behind that were begun and not finished.
    Welcome { unfinished: u32 },
    /// Used up its guesses.
    Blocked,
}

impl Accounts {
    /// How the adviser of `card` stands.
    pub(super) fn standing(&self, card: &Card) -> Standing {
        match self.0.iter().find(|account| account.is(card)) {
            Some(account) if account.wrong >= limits::GUESSES_OF_ACCOUNT => Standing::Blocked,
            Some(account) => Standing::Welcome { unfinished: account.unfinished },
            // One more than can be remembered could guess for ever.
            None if self.0.len() >= limits::ACCOUNTS && self.0.iter().all(|account| account.wrong > 0) => {
                Standing::Blocked
            }
            None => Standing::Welcome { unfinished: 0 },
        }
    }

    /// Counts a guess as wrong before it is looked at; a right one ends in [`Accounts::forget`].
    pub(super) fn reserve(&mut self, card: &Card) {
        self.entry(card).wrong += 1;
    }

    /// Guesses that are left.
    pub(super) fn guesses_left(&self, card: &Card) -> u32 {
        let wrong = self.0.iter().find(|account| account.is(card)).map_or(0, |account| account.wrong);
        limits::GUESSES_OF_ACCOUNT.saturating_sub(wrong)
    }

    /// An introduction was begun and not finished. That is no guess; but it gives way to others.
    pub(super) fn unfinished(&mut self, card: &Card) {
        let account = self.entry(card);
        account.unfinished = account.unfinished.saturating_add(1);
    }

    /// The adviser knew the code.
    pub(super) fn forget(&mut self, card: &Card) {
        self.0.retain(|account| !account.is(card));
    }

    fn entry(&mut self, card: &Card) -> &mut Account {
        let place = self.0.iter().position(|account| account.is(card)).unwrap_or_else(|| {
            if self.0.len() >= limits::ACCOUNTS
                && let Some(place) = self.0.iter().position(|account| account.wrong == 0)
            {
                self.0.swap_remove(place);
            }
            self.0.push(Account { tenant: card.tenant.clone(), name: card.account.clone(), wrong: 0, unfinished: 0 });
            self.0.len() - 1
        });
        &mut self.0[place]
    }
}

impl Account {
    fn is(&self, card: &Card) -> bool {
        self.name == card.account && self.tenant == card.tenant
    }
}
