//! The one room for SQL dialects: statements, schema changes and connections behind types of ours.
//!
//! No other crate imports sqlx or sea-query. Statements are values without a dialect and are
//! rendered when they run, for SQLite or for Postgres; a broken constraint comes back under its
//! declared name, whatever the engine's message looks like.

mod connection;
mod copying;
mod database;
mod engine;
mod error;
mod filter;
mod leadership;
mod pattern;
mod postgres;
mod schema;
mod sqlite;
mod statement;
mod value;

pub use connection::{Reader, Row, Writer};
pub use database::Database;
pub use error::DbError;
pub use filter::Filter;
pub use leadership::Leadership;
pub use postgres::{
    PostgresOptions, SCHEMAS_PER_DATABASE_MAX, SchemaHost, ServerReport, examine_server,
};
pub use schema::{
    Catalog, Column, ColumnType, ForeignKey, Index, Migration, OnDelete, SchemaChange, Table,
    Unique,
};
pub use sqlite::{DatabaseOptions, assert_version, schema_version_of_file};
pub use statement::{Delete, Direction, Insert, Measure, Select, Update};
pub use value::{FromSql, SqlValue};
