//! What can go wrong in a store, told apart by what the caller can do about it.

use sqlx::error::DatabaseError;

use crate::schema::Catalog;

/// SQLite primary result codes (<https://sqlite.org/rescode.html>).
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const IOERR: u32 = 10;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const CONSTRAINT: u32 = 19;

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
    /// The volume or the store's quota is full. Nothing was changed.
    #[error("the volume that holds the store is full")]
    Full,
    /// The operating system failed to read or write. Nothing was acknowledged.
    #[error("the store's file cannot be read or written: {0}")]
    Io(String),
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
            sqlx::Error::ColumnNotFound(name) => Self::Shape(format!("no column {name}")),
            other => Self::Engine(other.to_string()),
        }
    }

    fn from_engine(error: &dyn DatabaseError, catalog: &Catalog) -> Self {
        let extended: u32 = error.code().and_then(|code| code.parse().ok()).unwrap_or(0);
        match extended & 0xff {
            CONSTRAINT => Self::Conflict { constraint: catalog.constraint_of(error.message()) },
            BUSY | LOCKED => Self::Busy,
            FULL => Self::Full,
            IOERR | CANTOPEN => Self::Io(error.message().to_owned()),
            _ => Self::Engine(error.message().to_owned()),
        }
    }
}
