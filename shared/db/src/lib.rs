//! The one room for SQL dialects: statements, schema changes and connections behind types of ours.
//!
//! No other crate imports sqlx or sea-query. Statements are values without a dialect and are
//! rendered when they run; a broken constraint comes back under its declared name, whatever the
//! engine's message looks like.

mod error;
mod filter;
mod pattern;
mod schema;
mod sqlite;
mod statement;
mod value;

pub use error::DbError;
pub use filter::Filter;
pub use schema::{
    Catalog, Column, ColumnType, ForeignKey, Index, Migration, OnDelete, SchemaChange, Table,
    Unique,
};
pub use sqlite::{Database, DatabaseOptions, Reader, Row, Writer, assert_version};
pub use statement::{Delete, Direction, Insert, Measure, Select, Update};
pub use value::{FromSql, SqlValue};
