//! What a customer's program hands to the one that goes on with its session as an administrator, and hears of it. The two
//! are one file on one computer and speak through a pipe; each message has its length before it ([`crate::framing`]).
//!
//! ```text
//! old → new   Ticket    who may come
//! new → old   GoesOn    where (crate::message::session)
//! new → old   Arrived   the adviser is introduced there, whatever their program has said in the session
//! old → new   Coming    the session is over here, and what was done in it; a pipe that closes without this was for nothing
//! ```
//!
//! A ticket is made by a program whose terms were accepted, and that is part of what it means. The relay is not in it: a
//! copy that belongs to an institution knows that by itself, and lets nobody tell it another one in silence.

use prost::Message;

use crate::brand::Language;
use crate::card::{Account, is_shown_text};
use crate::limits;

/// The version of this. Both programs are the same file, but that may be replaced between one and the other.
const VERSION: u32 = 1;

/// Who may come, and how the customer is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The one who may come.
    pub account: Account,
    /// The adviser's verified name, as the customer has read it.
    pub adviser: String,
    /// Of the customer's window.
    pub language: Language,
}

/// Why something is no ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TicketError {
    /// Not one, too long, or with texts that no card has.
    #[error("the ticket is malformed")]
    Malformed,
    /// Of another version of the program.
    #[error("the ticket is of another version of the program")]
    Version,
}

/// A [`Ticket`] as it goes through the pipe.
#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(string, tag = "2")]
    account: String,
    #[prost(string, tag = "3")]
    tenant: String,
    #[prost(string, tag = "4")]
    adviser: String,
    /// Its tag (BCP 47).
    #[prost(string, tag = "5")]
    language: String,
}

/// The adviser is introduced to the new program.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Arrived {}

/// The session with the old program is over, and the adviser is on the way to the new one, or there.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Coming {
    /// For how long it was, whole minutes.
    #[prost(uint64, tag = "1")]
    pub minutes: u64,
    /// What was done in it, newest last.
    #[prost(message, repeated, tag = "2")]
    pub done: Vec<Done>,
}

/// One line of what was done. The programs are one file: what the numbers mean is theirs, and one that is not known is left
/// out.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Done {
    /// Minutes since the session began.
    #[prost(uint64, tag = "1")]
    pub minute: u64,
    /// What.
    #[prost(uint32, tag = "2")]
    pub kind: u32,
    /// Of what, where there are several.
    #[prost(uint32, tag = "3")]
    pub of: u32,
}

impl Ticket {
    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let wire = Wire {
            version: VERSION,
            account: self.account.name.clone(),
            tenant: self.account.tenant.clone(),
            adviser: self.adviser.clone(),
            language: self.language.tag().to_owned(),
        };
        wire.encode_to_vec()
    }

    /// Reads what [`Ticket::encode`] wrote.
    ///
    /// # Errors
    /// [`TicketError`]; the version first.
    pub fn decode(bytes: &[u8]) -> Result<Self, TicketError> {
        if bytes.len() > limits::TICKET {
            return Err(TicketError::Malformed);
        }
        let wire = Wire::decode(bytes).map_err(|_| TicketError::Malformed)?;
        if wire.version != VERSION {
            return Err(TicketError::Version);
        }
        let account = Account { name: wire.account, tenant: wire.tenant };
        let language = Language::by_tag(&wire.language).ok_or(TicketError::Malformed)?;
        let named = !wire.adviser.trim().is_empty() && is_shown_text(&wire.adviser, limits::SHOWN_TEXT);
        if !named || !account.is_possible() {
            return Err(TicketError::Malformed);
        }
        Ok(Self { account, adviser: wire.adviser, language })
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;
    use prost::Message;

    use super::{Ticket, TicketError, Wire};
    use crate::brand::Language;
    use crate::card::Account;
    use crate::limits;

    fn ticket() -> Ticket {
        Ticket {
            account: Account { name: "huber".to_owned(), tenant: "physics".to_owned() },
            adviser: "Maria Huber".to_owned(),
            language: Language::German,
        }
    }

    fn wire() -> Wire {
        Wire::decode(ticket().encode().as_slice()).expect("just written")
    }

    #[test]
    fn what_is_written_is_read_and_stays_as_it_is() {
        let bytes = ticket().encode();
        let frozen = "080112056875626572 1a0770687973696373 220b4d61726961204875626572 2a026465".replace(' ', "");
        assert_eq!(HEXLOWER.encode(&bytes), frozen);
        assert_eq!(Ticket::decode(&bytes), Ok(ticket()));
    }

    #[test]
    fn the_longest_that_a_card_allows_fits() {
        let widest = |count| "\u{1F6A2}".repeat(count);
        let account = Account { name: widest(100), tenant: widest(100) };
        let longest = Ticket { account, adviser: widest(limits::SHOWN_TEXT), language: Language::English };
        assert_eq!(Ticket::decode(&longest.encode()), Ok(longest));
    }

    #[test]
    fn a_ticket_cut_short_or_with_too_much_is_none() {
        let whole = ticket().encode();
        for length in 0..whole.len() {
            assert!(Ticket::decode(&whole[..length]).is_err(), "{length} bytes");
        }
        let padded = [whole, [0x32, 0x80, 0x10].to_vec(), vec![b'x'; 2048]].concat();
        assert!(Wire::decode(padded.as_slice()).is_ok(), "a field of a newer version");
        assert_eq!(Ticket::decode(&padded), Err(TicketError::Malformed), "longer than the limit");
    }

    #[test]
    fn nobody_comes_by_what_no_card_says() {
        let long = "x".repeat(101);
        let wrong = [
            Wire { account: String::new(), ..wire() },
            Wire { account: " ".to_owned(), ..wire() },
            Wire { account: long.clone(), ..wire() },
            Wire { tenant: long, ..wire() },
            Wire { adviser: String::new(), ..wire() },
            Wire { adviser: "Maria\u{202e}rebuH".to_owned(), ..wire() },
            Wire { adviser: "x".repeat(limits::SHOWN_TEXT + 1), ..wire() },
            Wire { language: "fr".to_owned(), ..wire() },
        ];
        for wire in wrong {
            assert_eq!(Ticket::decode(&wire.encode_to_vec()), Err(TicketError::Malformed), "{wire:?}");
        }
        for version in [0, 2, u32::MAX] {
            let other = Wire { version, ..wire() };
            assert_eq!(Ticket::decode(&other.encode_to_vec()), Err(TicketError::Version));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            if let Ok(ticket) = Ticket::decode(&bytes) {
                prop_assert_eq!(Ticket::decode(&ticket.encode()), Ok(ticket));
            }
        }

        #[test]
        fn a_ticket_with_a_byte_changed_is_read_or_refused(place in 0usize..43, to: u8) {
            let mut bytes = ticket().encode();
            let length = bytes.len();
            bytes[place % length] = to;
            if let Ok(ticket) = Ticket::decode(&bytes) {
                prop_assert_eq!(Ticket::decode(&ticket.encode()), Ok(ticket));
            }
        }
    }
}
