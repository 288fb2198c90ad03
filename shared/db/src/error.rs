//! What can go wrong in a store, told apart by what the caller can do about it.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::schema::Catalog;

/// SQLite primary result codes (<https://sqlite.org/rescode.html>).
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const INTERRUPT: u32 = 9;
const IOERR: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const CONSTRAINT: u32 = 19;
const NOTADB: u32 = 26;

/// Postgres' SQLSTATE codes (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
/// Another transaction stood in the way, too many connections are open, the server is starting.
const POSTGRES_BUSY: [&str; 6] = ["40001", "40P01", "53200", "53300", "55P03", "57P03"];
/// A statement ran into its time limit.
const POSTGRES_SLOW: &str = "57014";
/// The disk is full.
const POSTGRES_FULL: &str = "53100";
/// The server went away, is a standby by now, or ended our session.
const POSTGRES_GONE: [&str; 6] = ["25006", "25P03", "57P01", "57P02", "57P04", "57P05"];
/// A table or a column that is not there.
const POSTGRES_ABSENT: [&str; 2] = ["42P01", "42703"];
/// The classes of broken constraints, of connections and of the server's own operating system.
const POSTGRES_CONSTRAINT_CLASS: &str = "23";
const POSTGRES_IO_CLASSES: [&str; 2] = ["08", "58"];

/// An error of a store.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A declared constraint refused the change.
    #[error("the constraint {constraint} refused the change")]
    Conflict {
        /// The constraint's declared name, or the engine's words where it has none.
        constraint: String,
    },
    /// No connection or lock became free in time; worth another try.
    #[error("the store is busy")]
    Busy,
    /// A statement ran longer than any may, and was ended. Nothing was changed.
    #[error("a statement took too long")]
    TooSlow,
    /// Another process leads the store, and this one may not change it any more.
    #[error("another process has taken the store over")]
    Superseded,
    /// The volume or the store's quota is full. Nothing was changed.
    #[error("the volume that holds the store is full")]
    Full,
    /// The operating system failed to read or write, or the connection to the server broke. Nothing
    /// was acknowledged; what a commit was to write may be there all the same.
    #[error("the store cannot be read or written: {0}")]
    Io(String),
    /// The store itself is damaged, or gone. Only an operator can mend it.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// A row or a file does not look as the code expects.
    #[error("the store does not have the expected shape: {0}")]
    Shape(String),
    /// Anything else the engine said.
    #[error("the store failed: {0}")]
    Engine(String),
}

impl DbError {
    /// Whether the declared constraint of this name refused the change.
    pub fn is_conflict_on(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }

    /// Translates a driver's error.
    pub(crate) fn from_driver(error: sqlx::Error, catalog: &Catalog) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::from_engine(error.as_ref(), catalog),
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::PoolClosed => Self::Busy,
            sqlx::Error::Io(error) => Self::Io(error.to_string()),
            sqlx::Error::Tls(error) => Self::Io(error.to_string()),
            // What a connection says that breaks off within a message.
            sqlx::Error::Protocol(message) => Self::Io(message),
            sqlx::Error::ColumnNotFound(name) => Self::Shape(format!("no column {name}")),
            other => Self::Engine(other.to_string()),
        }
    }

    fn from_engine(error: &dyn DatabaseError, catalog: &Catalog) -> Self {
        match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => Self::from_postgres(error),
            None => Self::from_sqlite(error, catalog),
        }
    }

    fn from_sqlite(error: &dyn DatabaseError, catalog: &Catalog) -> Self {
        let extended: u32 = error.code().and_then(|code| code.parse().ok()).unwrap_or(0);
        match extended & 0xff {
            CONSTRAINT => Self::Conflict { constraint: catalog.constraint_of(error.message()) },
            BUSY | LOCKED => Self::Busy,
            CORRUPT | NOTADB => Self::Damaged(error.message().to_owned()),
            FULL => Self::Full,
            INTERRUPT => Self::TooSlow,
            IOERR | CANTOPEN => Self::Io(error.message().to_owned()),
            _ => Self::Engine(error.message().to_owned()),
        }
    }

    fn from_postgres(error: &PgDatabaseError) -> Self {
        let (code, message) = (error.code(), error.message().to_owned());
        if code.starts_with(POSTGRES_CONSTRAINT_CLASS) {
            let constraint = error.constraint().map_or(message, ToOwned::to_owned);
            return Self::Conflict { constraint };
        }
        match code {
            POSTGRES_FULL => Self::Full,
            POSTGRES_SLOW => Self::TooSlow,
            _ if POSTGRES_BUSY.contains(&code) => Self::Busy,
            _ if POSTGRES_GONE.contains(&code) => Self::Io(message),
            _ if POSTGRES_IO_CLASSES.iter().any(|class| code.starts_with(class)) => {
                Self::Io(message)
            }
            _ if POSTGRES_ABSENT.contains(&code) => Self::Shape(message),
            _ => Self::Engine(format!("{message} ({code})")),
        }
    }
}
