//! How much is too much: rates, and the back-off after wrong passwords. Sans-IO like the rest of the broker.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Most programs registered at a time.
pub const REGISTRATIONS: usize = 20_000;
/// Most connections at a time, registered or not.
pub const CONNECTIONS: usize = 24_000;
/// Most connections at a time from one address (IPv4) or one /64 (IPv6): a large school behind one address translator
/// must fit, a single machine must not be able to fill the relay.
pub const CONNECTIONS_PER_ADDRESS: usize = 1_000;
/// Most introductions and paths that one adviser has open at a time.
pub const INTRODUCTIONS_PER_ADVISER: usize = 8;
/// Most introductions and paths that one customer's program has open at a time.
pub const INTRODUCTIONS_PER_CUSTOMER: usize = 4;
/// Knocks of one adviser: ten at once, then one every three seconds (20 a minute).
pub const KNOCKS: Rate = Rate { interval: Duration::from_secs(3), burst: 10 };
/// Messages of one connection: a hundred at once, then fifty a second.
pub const MESSAGES: Rate = Rate { interval: Duration::from_millis(20), burst: 100 };
/// So many messages beyond [`MESSAGES`] in one connection, and it is closed.
pub const EXCESS_MESSAGES: u32 = 200;
/// Time from connecting to `Hello`.
pub const GREETING: Duration = Duration::from_secs(5);
/// Time from the introduction to the open path.
pub const INTRODUCTION: Duration = Duration::from_secs(60);
/// Wrong passwords for one account before it has to wait.
pub const WRONG_LOGINS_PER_ACCOUNT: u32 = 5;
/// Wrong passwords from one address before it has to wait.
pub const WRONG_LOGINS_PER_ADDRESS: u32 = 20;
/// The longest an account waits. Short, since whoever knows its name can bring it about from addresses it never uses.
pub const ACCOUNT_BACKOFF: Duration = Duration::from_secs(5 * 60);
/// The longest an address waits.
pub const ADDRESS_BACKOFF: Duration = Duration::from_secs(15 * 60);
/// Wrong passwords are forgotten this long after the last one.
pub const WRONG_LOGINS_FORGOTTEN: Duration = Duration::from_secs(30 * 60);
/// Most accounts and addresses with wrong passwords that are remembered; the oldest is forgotten first.
pub const WRONG_LOGINS_REMEMBERED: usize = 10_000;
/// Most pairs of account and address that are known to belong together; the oldest is forgotten first.
pub const KNOWN_PAIRS: usize = 10_000;

/// `burst` at once, then one every `interval`.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Between two, once the burst is used up.
    pub interval: Duration,
    /// At once.
    pub burst: u32,
}

/// How far a [`Rate`] is used up. (Generic cell rate algorithm: the one instant says it all.)
#[derive(Debug, Clone, Copy, Default)]
pub struct Meter(Option<Instant>);

impl Meter {
    /// Takes one, or says how long until there is one.
    ///
    /// # Errors
    /// The time to wait.
    pub fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let due = self.0.map_or(now, |due| due.max(now));
        let ahead = due.duration_since(now);
        let allowed = rate.interval * rate.burst.saturating_sub(1);
        if ahead > allowed {
            return Err(ahead - allowed);
        }
        self.0 = Some(due + rate.interval);
        Ok(())
    }

    /// Is it as good as new?
    pub fn is_idle(&self, now: Instant) -> bool {
        self.0.is_none_or(|due| due <= now)
    }
}

/// An IPv4 address, or the first 64 bits of an IPv6 address: what one household or machine can vary at will counts as
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Neighbourhood(IpAddr);

impl Neighbourhood {
    /// Where `address` belongs.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            v4 @ IpAddr::V4(_) => Self(v4),
            IpAddr::V6(v6) => Self(IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into())),
        }
    }
}

/// Counts wrong passwords per account and per address, and says who has to wait.
///
/// A pair of account and address that has signed in before is judged apart from everybody else, so that a stranger who
/// guesses at an account cannot lock its owner out.
#[derive(Debug, Default)]
pub struct WrongLogins {
    counts: HashMap<Key, Count>,
    known: HashMap<(String, Neighbourhood), Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(String),
    Pair(String, Neighbourhood),
    Address(Neighbourhood),
}

#[derive(Debug, Clone, Copy)]
struct Count {
    wrong: u32,
    last: Instant,
    until: Instant,
}

impl WrongLogins {
    /// May `account` be tried from `address` now? If so the try counts as wrong until [`Self::right`] takes it back:
    /// tries made side by side are no more than tries made one after the other.
    ///
    /// # Errors
    /// The time to wait.
    pub fn attempt(&mut self, account: &str, address: Neighbourhood, now: Instant) -> Result<(), Duration> {
        let account = self.account_key(account, address);
        let wait = [self.wait(&account, now), self.wait(&Key::Address(address), now)].into_iter().max();
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        self.count(account, WRONG_LOGINS_PER_ACCOUNT, ACCOUNT_BACKOFF, now);
        self.count(Key::Address(address), WRONG_LOGINS_PER_ADDRESS, ADDRESS_BACKOFF, now);
        Ok(())
    }

    /// The password was right.
    pub fn right(&mut self, account: &str, address: Neighbourhood, now: Instant) {
        self.counts.remove(&self.account_key(account, address));
        // The address keeps its other wrong tries: one account of one's own must not wipe out guesses at many.
        if let Some(count) = self.counts.get_mut(&Key::Address(address)) {
            count.wrong = count.wrong.saturating_sub(1);
            count.until = now;
        }
        if self.known.len() >= KNOWN_PAIRS
            && let Some(oldest) = self.known.iter().min_by_key(|(_, at)| **at).map(|(pair, _)| pair.clone())
        {
            self.known.remove(&oldest);
        }
        self.known.insert((account.to_owned(), address), now);
    }

    /// A try was not looked at after all.
    pub fn not_counted(&mut self, account: &str, address: Neighbourhood, now: Instant) {
        for key in [self.account_key(account, address), Key::Address(address)] {
            if let Some(count) = self.counts.get_mut(&key) {
                count.wrong = count.wrong.saturating_sub(1);
                count.until = now;
            }
        }
    }

    /// Forgets what is old.
    pub fn forget(&mut self, now: Instant) {
        self.counts.retain(|_, count| now < count.last + WRONG_LOGINS_FORGOTTEN);
    }

    fn account_key(&self, account: &str, address: Neighbourhood) -> Key {
        let pair = (account.to_owned(), address);
        if self.known.contains_key(&pair) { Key::Pair(pair.0, pair.1) } else { Key::Account(pair.0) }
    }

    fn wait(&self, key: &Key, now: Instant) -> Duration {
        self.counts.get(key).map_or(Duration::ZERO, |count| count.until.saturating_duration_since(now))
    }

    fn count(&mut self, key: Key, free: u32, longest: Duration, now: Instant) {
        if self.counts.len() >= WRONG_LOGINS_REMEMBERED && !self.counts.contains_key(&key) {
            self.forget(now);
            if self.counts.len() >= WRONG_LOGINS_REMEMBERED
                && let Some(oldest) = self.counts.iter().min_by_key(|(_, count)| count.last).map(|(key, _)| key.clone())
            {
                self.counts.remove(&oldest);
            }
        }
        let count = self.counts.entry(key).or_insert(Count { wrong: 0, last: now, until: now });
        if now >= count.last + WRONG_LOGINS_FORGOTTEN {
            count.wrong = 0;
        }
        count.wrong = count.wrong.saturating_add(1);
        count.last = now;
        if count.wrong >= free {
            let seconds = 1u64 << (count.wrong - free).min(32);
            count.until = now + Duration::from_secs(seconds).min(longest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::{Duration, Instant};

    use super::{Meter, Neighbourhood, Rate, WRONG_LOGINS_PER_ACCOUNT, WRONG_LOGINS_REMEMBERED, WrongLogins};

    fn address(last: u8) -> Neighbourhood {
        Neighbourhood::of(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)))
    }

    #[test]
    fn a_meter_gives_the_burst_and_then_the_rate() {
        let rate = Rate { interval: Duration::from_secs(3), burst: 4 };
        let mut meter = Meter::default();
        let now = Instant::now();
        for _ in 0..4 {
            assert_eq!(meter.take(rate, now), Ok(()));
        }
        assert_eq!(meter.take(rate, now), Err(Duration::from_secs(3)));
        assert_eq!(meter.take(rate, now + Duration::from_secs(2)), Err(Duration::from_secs(1)));
        assert_eq!(meter.take(rate, now + Duration::from_secs(3)), Ok(()));
        assert!(meter.take(rate, now + Duration::from_secs(3)).is_err());
        assert!(!meter.is_idle(now + Duration::from_secs(14)));
        assert!(meter.is_idle(now + Duration::from_secs(15)));
    }

    #[test]
    fn guessing_at_an_account_waits_longer_and_longer() {
        let mut wrong = WrongLogins::default();
        let mut now = Instant::now();
        for _ in 0..WRONG_LOGINS_PER_ACCOUNT {
            assert_eq!(wrong.attempt("maria", address(1), now), Ok(()));
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = wrong.attempt("maria", address(2), now).expect_err("has to wait");
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(wrong.attempt("maria", address(2), now), Ok(()));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(wrong.attempt("paul", address(3), now), Ok(()), "others are not concerned");
    }

    #[test]
    fn one_address_cannot_try_many_accounts() {
        let mut wrong = WrongLogins::default();
        let now = Instant::now();
        let tried = (0..1000).take_while(|n| wrong.attempt(&format!("name{n}"), address(1), now).is_ok()).count();
        assert_eq!(tried, 20);
    }

    #[test]
    fn a_stranger_does_not_lock_the_owner_out() {
        let mut wrong = WrongLogins::default();
        let now = Instant::now();
        assert_eq!(wrong.attempt("maria", address(1), now), Ok(()));
        wrong.right("maria", address(1), now);
        while wrong.attempt("maria", address(2), now).is_ok() {}
        assert_eq!(wrong.attempt("maria", address(1), now), Ok(()));
    }

    #[test]
    fn a_right_password_clears_the_account_but_not_the_guesses_at_others() {
        let mut wrong = WrongLogins::default();
        let now = Instant::now();
        for n in 0..19 {
            assert_eq!(wrong.attempt(&format!("name{n}"), address(1), now), Ok(()));
        }
        assert_eq!(wrong.attempt("own", address(1), now), Ok(()));
        wrong.right("own", address(1), now);
        assert_eq!(wrong.attempt("name20", address(1), now), Ok(()));
        assert!(wrong.attempt("name21", address(1), now).is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let mut wrong = WrongLogins::default();
        let now = Instant::now();
        for n in 0..WRONG_LOGINS_REMEMBERED / 2 + 20 {
            let octets = u32::try_from(n).expect("small").to_be_bytes();
            let address = Neighbourhood::of(IpAddr::V4(Ipv4Addr::from(octets)));
            let at = now + Duration::from_millis(u64::try_from(n).expect("small"));
            assert_eq!(wrong.attempt(&n.to_string(), address, at), Ok(()));
        }
        assert!(wrong.counts.len() <= WRONG_LOGINS_REMEMBERED);
    }

    #[test]
    fn an_ipv6_neighbourhood_is_64_bits_and_mapped_addresses_are_ipv4() {
        let of = |text: &str| Neighbourhood::of(text.parse().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
