//! Who vouches for advisers: checks passwords and signs cards. A role of its own, apart from forwarding: it alone
//! holds the key that cards are signed with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use lotse_protocol::card::{Card, is_shown_text};
use lotse_protocol::keys::SigningKey;
use lotse_protocol::limits;
use lotse_protocol::message::introduction::CardBody;
use lotse_protocol::permission::{Permission, Permissions};
use rand::RngExt;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::broker::{Adviser, CardRequest, VouchRefusal};
use crate::store::{Account, Standing, Store, StoreError};

/// Memory of one password check, KiB. OWASP's password storage cheat sheet asks for 19 MiB with two passes at least.
const MEMORY: u32 = 24 * 1024;
/// Passes of one password check.
const PASSES: u32 = 3;
/// Lanes of one password check.
const LANES: u32 = 1;
/// Password checks at a time: bounds memory ([`MEMORY`] each) and processor time.
const CHECKS: usize = 3;
/// Password checks that may wait for one of those; further sign-ins are told to come again.
const WAITING_CHECKS: usize = 64;
/// Seconds after which they may.
pub const COME_AGAIN: u64 = 5;
/// Longest account name, bytes.
const NAME: usize = 64;
/// Shortest password that a person may choose, characters.
pub const SHORTEST_PASSWORD: usize = 10;
/// Longest password, bytes.
const LONGEST_PASSWORD: usize = 1024;

/// What an adviser may be granted at the most, unless the account says otherwise.
pub const DEFAULT_CEILING: [Permission; 8] = Permission::ALL;

/// An account to be added.
pub struct NewAdviser {
    /// The name to sign in with.
    pub name: String,
    /// As customers see it; the name if empty.
    pub display_name: String,
    /// At the institution; may be empty.
    pub role: String,
    /// In clear.
    pub password: Zeroizing<String>,
    /// The most that may ever be granted.
    pub ceiling: Permissions,
}

/// Why an adviser could not be added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// Not a name.
    #[error("a name is made of 1 to {NAME} letters a–z, digits, and . _ - @, and begins with a letter or digit")]
    Name,
    /// Not fit to be shown to customers.
    #[error("{0} is too long, or has characters in it that cannot be shown")]
    Text(&'static str),
    /// Empty or too long.
    #[error("a password has between 1 and {LONGEST_PASSWORD} bytes")]
    Password,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a sign-in could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Too many at a time.
    #[error("too many sign-ins at a time")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The form of a name in which it is stored and compared; `None` when it cannot be one.
#[must_use]
pub fn normalised(name: &str) -> Option<String> {
    let name = name.trim().to_ascii_lowercase();
    let fits = (1..=NAME).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@'));
    fits.then_some(name)
}

/// Four groups of five letters and digits that are not mistaken for one another: 98 bits.
#[must_use]
pub fn made_up_password() -> Zeroizing<String> {
    const LETTERS: &[u8; 30] = b"abcdefghjkmnpqrstuvwxyz2345679";
    let mut rng = rand::rng();
    let mut password = Zeroizing::new(String::with_capacity(23));
    for place in 0..20 {
        if place > 0 && place % 5 == 0 {
            password.push('-');
        }
        password.push(char::from(LETTERS[rng.random_range(0..LETTERS.len())]));
    }
    password
}

/// Accounts, passwords and the key of cards.
pub struct Accounts {
    store: Store,
    institution: String,
    cards: SigningKey,
    checks: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Checked for names that do not exist, so that they take as long as those that do.
    nobody: Zeroizing<String>,
}

impl Accounts {
    /// Vouches for the advisers in `store`, in the name of `institution`.
    #[must_use]
    pub fn new(store: Store, institution: String, cards: SigningKey) -> Self {
        let nobody = hash(&made_up_password()).expect("a made-up password is neither empty nor too long");
        Self {
            store,
            institution,
            cards,
            checks: Arc::new(Semaphore::new(CHECKS)),
            waiting: AtomicUsize::new(0),
            nobody,
        }
    }

    /// Looks whether name and password are right. `None`: one of them is not, or the account is disabled.
    ///
    /// # Errors
    /// [`LoginError`]: it could not be looked at.
    pub async fn login(&self, name: &str, password: Zeroizing<String>) -> Result<Option<Adviser>, LoginError> {
        let _waiting = Waiting::begin(&self.waiting).ok_or(LoginError::Busy)?;
        let permit = self.checks.clone().acquire_owned().await.map_err(|_| LoginError::Busy)?;
        let account = self.store.account(name).await?;
        let hash = account.as_ref().map_or_else(|| self.nobody.clone(), |account| account.password.clone());
        let right = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            matches(&password, &hash)
        })
        .await
        .unwrap_or(false);
        Ok(account.filter(|account| right && account.standing == Standing::Active).map(|account| Adviser {
            account: account.name,
            display_name: account.display_name,
            role: account.role,
            ceiling: account.ceiling,
        }))
    }

    /// Makes the card for one introduction, if the account is still active.
    ///
    /// # Errors
    /// [`VouchRefusal`]
    pub async fn vouch(&self, account: &str, request: &CardRequest) -> Result<Vec<u8>, VouchRefusal> {
        let account = match self.store.account(account).await {
            Ok(Some(account)) if account.standing == Standing::Active => account,
            Ok(_) => return Err(VouchRefusal::Disabled),
            Err(error) => {
                tracing::error!("an account could not be looked up: {error}");
                return Err(VouchRefusal::Failed);
            }
        };
        let body = CardBody {
            account: account.name,
            adviser: account.display_name,
            institution: self.institution.clone(),
            role: account.role,
            ceiling: account.ceiling.to_wire(),
            nonce: request.nonce.clone(),
            key: request.key.clone(),
            introduction: request.introduction.number,
            id: request.id.to_wire(),
            tenant: String::new(),
            ticket: String::new(),
        };
        Ok(Card::sign(&body, &self.cards))
    }
}

/// Adds an adviser to `store`. Takes the time of a password check. Returns the name as it is stored.
///
/// # Errors
/// [`AddError`]
pub async fn add(store: &Store, adviser: NewAdviser) -> Result<String, AddError> {
    let name = normalised(&adviser.name).ok_or(AddError::Name)?;
    let display_name = match adviser.display_name.trim() {
        "" => name.clone(),
        given => given.to_owned(),
    };
    let role = adviser.role.trim().to_owned();
    for (what, text) in [("the display name", &display_name), ("the role", &role)] {
        if !is_shown_text(text, limits::SHOWN_TEXT) {
            return Err(AddError::Text(what));
        }
    }
    let password =
        tokio::task::spawn_blocking(move || hash(&adviser.password)).await.ok().flatten().ok_or(AddError::Password)?;
    let account = Account {
        name: name.clone(),
        display_name,
        role,
        password,
        ceiling: adviser.ceiling,
        standing: Standing::Active,
    };
    store.add_account(&account).await?;
    Ok(name)
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY, PASSES, LANES, None).expect("the constants are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> Option<Zeroizing<String>> {
    if password.is_empty() || password.len() > LONGEST_PASSWORD {
        return None;
    }
    let hash: PasswordHash = argon2().hash_password(password.as_bytes()).ok()?;
    Some(Zeroizing::new(hash.to_string()))
}

fn matches(password: &str, hash: &str) -> bool {
    // Longer ones cannot have been stored; argon2 would take them all the same.
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    password.len() <= LONGEST_PASSWORD && argon2().verify_password(password.as_bytes(), &hash).is_ok()
}

/// One of the sign-ins that wait.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Option<Self> {
        let waiting = Self(count);
        (count.fetch_add(1, Ordering::Relaxed) < CHECKS + WAITING_CHECKS).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
