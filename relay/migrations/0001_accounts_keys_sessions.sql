-- Advisers. The password is an argon2id PHC string.
CREATE TABLE accounts (
    name TEXT PRIMARY KEY NOT NULL,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    ceiling INTEGER NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

-- The relay's own keys: 32 bytes each.
CREATE TABLE keys (
    purpose TEXT PRIMARY KEY NOT NULL,
    secret BLOB NOT NULL
) STRICT;

-- The record of sessions: who helped whom, when, how much passed. Never what passed. Times are Unix seconds.
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    adviser TEXT NOT NULL,
    customer_id INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    bytes_from_customer INTEGER NOT NULL DEFAULT 0,
    bytes_from_adviser INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX sessions_by_start ON sessions (started_at);
