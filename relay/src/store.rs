//! What the relay remembers: its keys, the accounts of advisers, the record of sessions. One SQLite file in the data
//! directory, for the owner alone.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lotse_protocol::id::Id;
use lotse_protocol::keys::{RelayPins, SigningKey};
use lotse_protocol::permission::Permissions;
use rand::Rng;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Row};
use zeroize::Zeroizing;

use crate::system;

/// The database in the data directory.
pub const DATABASE: &str = "relay.sqlite";
/// The public keys in the data directory, as `--relay-key` takes them.
pub const PUBLIC_KEYS: &str = "relay-key.txt";
/// Held while a relay serves from the data directory.
const LOCK: &str = "serving.lock";
/// How long to wait for another process that is just writing.
const BUSY: Duration = Duration::from_secs(5);
/// Connections to the file: one writes, the other may read meanwhile.
const POOL: u32 = 2;
/// Bytes of a secret in the table of keys.
const SECRET: usize = 32;

/// Why something could not be read or written. The texts are for whoever runs the relay.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory or a file in it could not be made or opened.
    #[error("{path}: {source}", path = path.display())]
    Files {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another relay uses it.
    #[error("another relay is running with the data in {}", .0.display())]
    InUse(PathBuf),
    /// The disk is full.
    #[error("the disk with the relay's data is full")]
    Full,
    /// It may not be written.
    #[error("the relay's data cannot be written: the file or the disk is read-only")]
    ReadOnly,
    /// It is no database, or a broken one.
    #[error("the relay's database is damaged: restore {DATABASE} from a backup, or move it away to begin afresh")]
    Damaged,
    /// Another process keeps it locked.
    #[error("the relay's database is locked by another process")]
    Locked,
    /// It was written by a newer version.
    #[error("the relay's database was made by another version of lotse-relay: {0}")]
    Version(sqlx::migrate::MigrateError),
    /// A key in it is unusable.
    #[error("the relay's database holds an unusable {0} key")]
    Key(&'static str),
    /// There is one already.
    #[error("there is already an adviser {0}")]
    Exists(String),
    /// There is none.
    #[error("there is no adviser {0}")]
    Unknown(String),
    /// Anything else.
    #[error("the relay's database failed: {0}")]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // The primary code is the low byte of the extended one (SQLite, "Result and Error Codes").
        let code = error
            .as_database_error()
            .and_then(|error| error.code())
            .and_then(|code: Cow<'_, str>| code.parse::<u32>().ok())
            .map(|code| code & 0xff);
        match code {
            Some(5 | 6) => Self::Locked,
            Some(8) => Self::ReadOnly,
            Some(11 | 26) => Self::Damaged,
            Some(13) => Self::Full,
            _ => Self::Database(error),
        }
    }
}

/// The relay's secrets.
pub struct Keys {
    /// Of the control plane; what programs pin first.
    pub transport: SigningKey,
    /// Signs adviser cards; what programs pin second.
    pub cards: SigningKey,
    /// For QUIC's stateless resets.
    pub reset: Zeroizing<[u8; SECRET]>,
}

impl Keys {
    /// What programs pin.
    #[must_use]
    pub fn pins(&self) -> RelayPins {
        RelayPins { transport: self.transport.public(), cards: self.cards.public() }
    }
}

/// An adviser's account.
#[derive(Clone)]
pub struct Account {
    /// Its name, as [`crate::accounts::normalised`].
    pub name: String,
    /// As customers see it.
    pub display_name: String,
    /// At the institution.
    pub role: String,
    /// Argon2id, a PHC string.
    pub password: Zeroizing<String>,
    /// The most that may ever be granted.
    pub ceiling: Permissions,
    /// May it sign in?
    pub standing: Standing,
}

/// May an account sign in?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Active,
    /// No.
    Disabled,
}

/// A line of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Counts from 1.
    pub number: i64,
    /// The adviser's account.
    pub adviser: String,
    /// The ID the customer had then.
    pub customer: u32,
    /// Unix seconds.
    pub started_at: i64,
    /// Unix seconds; `None` while it runs.
    pub ended_at: Option<i64>,
    /// Forwarded, sealed.
    pub bytes_from_customer: i64,
    /// Forwarded, sealed.
    pub bytes_from_adviser: i64,
}

/// The open store.
#[derive(Clone)]
pub struct Store {
    pool: SqlitePool,
    directory: PathBuf,
}

/// Says that a relay serves from a data directory, for as long as it lives.
pub struct Serving(#[expect(dead_code, reason = "holds the lock")] File);

impl Store {
    /// Opens what is in `directory`, and makes what is not there yet: directory (0700), database (0600), keys.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        system::private_directory(directory)
            .map_err(|source| StoreError::Files { path: directory.to_owned(), source })?;
        let path = directory.join(DATABASE);
        system::private_file(&path).map_err(|source| StoreError::Files { path: path.clone(), source })?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(false)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY)
            // Statements would carry names into the log.
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(POOL).connect_with(options).await?;
        sqlx::migrate!("./migrations").run(&pool).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error) => StoreError::from(error),
            other => StoreError::Version(other),
        })?;
        Ok(Self { pool, directory: directory.to_owned() })
    }

    /// Claims the data for a relay that serves, and closes what a former one left open in the record: it was killed,
    /// and nobody knows when the session ended or what passed.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when there is such a relay.
    pub async fn serve(&self) -> Result<Serving, StoreError> {
        let path = self.directory.join(LOCK);
        let files = |source| StoreError::Files { path: path.clone(), source };
        system::private_file(&path).map_err(files)?;
        let lock = File::options().write(true).open(&path).map_err(files)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(StoreError::InUse(self.directory.clone())),
            Err(std::fs::TryLockError::Error(source)) => return Err(files(source)),
        }
        sqlx::query("UPDATE sessions SET ended_at = started_at WHERE ended_at IS NULL").execute(&self.pool).await?;
        Ok(Serving(lock))
    }

    /// The relay's keys, made when they are asked for the first time; the public ones are written to
    /// [`PUBLIC_KEYS`] for whoever sets up programs.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn keys(&self) -> Result<Keys, StoreError> {
        let keys = Keys {
            transport: SigningKey::from_bytes(&self.secret("transport").await?),
            cards: SigningKey::from_bytes(&self.secret("cards").await?),
            reset: self.secret("reset").await?,
        };
        let path = self.directory.join(PUBLIC_KEYS);
        std::fs::write(&path, format!("{}\n", keys.pins())).map_err(|source| StoreError::Files { path, source })?;
        Ok(keys)
    }

    async fn secret(&self, purpose: &'static str) -> Result<Zeroizing<[u8; SECRET]>, StoreError> {
        let mut fresh = Zeroizing::new([0; SECRET]);
        rand::rng().fill_bytes(fresh.as_mut_slice());
        // Two processes may come here at the same time: the first to write wins, both read what it wrote.
        sqlx::query("INSERT OR IGNORE INTO keys (purpose, secret) VALUES (?, ?)")
            .bind(purpose)
            .bind(fresh.as_slice())
            .execute(&self.pool)
            .await?;
        let stored: Zeroizing<Vec<u8>> = Zeroizing::new(
            sqlx::query("SELECT secret FROM keys WHERE purpose = ?")
                .bind(purpose)
                .fetch_one(&self.pool)
                .await?
                .try_get("secret")?,
        );
        fresh.as_mut_slice().copy_from_slice(
            stored.first_chunk::<SECRET>().filter(|_| stored.len() == SECRET).ok_or(StoreError::Key(purpose))?,
        );
        Ok(fresh)
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one of that name.
    pub async fn add_account(&self, account: &Account) -> Result<(), StoreError> {
        let added = sqlx::query(
            "INSERT OR IGNORE INTO accounts (name, display_name, role, password, ceiling, disabled, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&account.name)
        .bind(&account.display_name)
        .bind(&account.role)
        .bind(account.password.as_str())
        .bind(i64::from(account.ceiling.to_wire()))
        .bind(account.standing == Standing::Disabled)
        .bind(now())
        .execute(&self.pool)
        .await?;
        if added.rows_affected() == 0 {
            return Err(StoreError::Exists(account.name.clone()));
        }
        Ok(())
    }

    /// The account of that name, if there is one.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query("SELECT * FROM accounts WHERE name = ?").bind(name).fetch_optional(&self.pool).await?;
        Ok(row.as_ref().map(account_of).transpose()?)
    }

    /// All accounts by name.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let rows = sqlx::query("SELECT * FROM accounts ORDER BY name").fetch_all(&self.pool).await?;
        Ok(rows.iter().map(account_of).collect::<Result<_, _>>()?)
    }

    /// Takes an account's right to sign in.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when there is none of that name.
    pub async fn disable_account(&self, name: &str) -> Result<(), StoreError> {
        let done =
            sqlx::query("UPDATE accounts SET disabled = 1 WHERE name = ?").bind(name).execute(&self.pool).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Unknown(name.to_owned()));
        }
        Ok(())
    }

    /// Writes down that a session began; returns its number in the record.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn session_started(&self, adviser: &str, customer: Id) -> Result<i64, StoreError> {
        let row = sqlx::query("INSERT INTO sessions (adviser, customer_id, started_at) VALUES (?, ?, ?)")
            .bind(adviser)
            .bind(i64::from(customer.to_wire()))
            .bind(now())
            .execute(&self.pool)
            .await?;
        Ok(row.last_insert_rowid())
    }

    /// Writes down that a session ended.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn session_ended(&self, number: i64, from_customer: u64, from_adviser: u64) -> Result<(), StoreError> {
        let whole = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        sqlx::query(
            "UPDATE sessions SET ended_at = ?, bytes_from_customer = ?, bytes_from_adviser = ? WHERE number = ?",
        )
        .bind(now())
        .bind(whole(from_customer))
        .bind(whole(from_adviser))
        .bind(number)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The latest sessions, the newest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn sessions(&self, at_most: u32) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query("SELECT * FROM sessions ORDER BY number DESC LIMIT ?")
            .bind(at_most)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(session_of).collect::<Result<_, _>>()?)
    }

    /// Writes everything out and closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn account_of(row: &sqlx::sqlite::SqliteRow) -> Result<Account, sqlx::Error> {
    Ok(Account {
        name: row.try_get("name")?,
        display_name: row.try_get("display_name")?,
        role: row.try_get("role")?,
        password: Zeroizing::new(row.try_get("password")?),
        ceiling: Permissions::from_wire(row.try_get("ceiling")?),
        standing: if row.try_get("disabled")? { Standing::Disabled } else { Standing::Active },
    })
}

fn session_of(row: &sqlx::sqlite::SqliteRow) -> Result<Session, sqlx::Error> {
    Ok(Session {
        number: row.try_get("number")?,
        adviser: row.try_get("adviser")?,
        customer: row.try_get("customer_id")?,
        started_at: row.try_get("started_at")?,
        ended_at: row.try_get("ended_at")?,
        bytes_from_customer: row.try_get("bytes_from_customer")?,
        bytes_from_adviser: row.try_get("bytes_from_adviser")?,
    })
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Store, StoreError};
    use lotse_protocol::id::Id;

    #[tokio::test]
    async fn a_full_disk_is_called_full() {
        let data = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(data.path()).await.expect("opens");
        // SQLite's own limit gives the error that a disk gives; it holds for one connection.
        let mut connection = store.pool.acquire().await.expect("a connection");
        sqlx::query("PRAGMA max_page_count = 1").execute(&mut *connection).await.expect("limited");
        let insert = "INSERT INTO sessions (adviser, customer_id, started_at) VALUES (?, 1, 1)";
        let error = loop {
            let added = sqlx::query(insert).bind("maria ".repeat(1000)).execute(&mut *connection).await;
            if let Err(error) = added {
                break StoreError::from(error);
            }
        };
        assert!(matches!(error, StoreError::Full), "{error:?}");
    }

    #[tokio::test]
    async fn a_read_only_database_is_called_so() {
        let data = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(data.path()).await.expect("opens");
        let mut connection = store.pool.acquire().await.expect("a connection");
        sqlx::query("PRAGMA query_only = 1").execute(&mut *connection).await.expect("limited");
        let error = sqlx::query("DELETE FROM sessions").execute(&mut *connection).await.expect_err("refused");
        assert!(matches!(StoreError::from(error), StoreError::ReadOnly));
    }

    #[tokio::test]
    async fn what_a_killed_relay_left_open_is_closed_by_the_next() {
        let data = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(data.path()).await.expect("opens");
        store.session_started("maria", Id::generate(&mut rand::rng())).await.expect("written");
        assert_eq!(store.sessions(1).await.expect("read")[0].ended_at, None);
        let _serving = store.serve().await.expect("claimed");
        assert!(store.sessions(1).await.expect("read")[0].ended_at.is_some());
    }
}
