//! Values that every engine stores alike: integers, floats, text, bytes, booleans and null.
//!
//! Unsigned 64-bit integers, native dates and engine enums are left out on purpose; they are the
//! types on which the drivers disagree.

use sea_query::Value;
use sqlx::{Row as _, TypeInfo as _};

use crate::connection::{EngineRow, Row};
use crate::error::DbError;

/// A value bound to a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlValue {
    /// A signed integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// Unicode text.
    Text(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// A truth value.
    Bool(bool),
    /// No value.
    Null,
}

impl From<SqlValue> for Value {
    fn from(value: SqlValue) -> Self {
        match value {
            SqlValue::Int(number) => Self::BigInt(Some(number)),
            SqlValue::Float(number) => Self::Double(Some(number)),
            SqlValue::Text(text) => Self::String(Some(text)),
            SqlValue::Bytes(bytes) => Self::Bytes(Some(bytes)),
            SqlValue::Bool(truth) => Self::Bool(Some(truth)),
            SqlValue::Null => Self::String(None),
        }
    }
}

impl From<i64> for SqlValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for SqlValue {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<bool> for SqlValue {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for SqlValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for SqlValue {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Vec<u8>> for SqlValue {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<T: Into<Self>> From<Option<T>> for SqlValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A type that can be read from a column.
pub trait FromSql: Sized {
    /// Reads the named column of a row.
    ///
    /// # Errors
    /// [`DbError::Shape`] when the column is absent or holds another type.
    fn from_sql(row: &Row, column: &str) -> Result<Self, DbError>;
}

fn wrong(column: &str, error: &sqlx::Error) -> DbError {
    DbError::Shape(format!("column {column}: {error}"))
}

fn read<T>(row: &Row, column: &str) -> Result<T, DbError>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    let value = match &row.0 {
        EngineRow::Sqlite(row) => row.try_get(column),
        EngineRow::Postgres(row) => row.try_get(column),
    };
    value.map_err(|error| wrong(column, &error))
}

impl FromSql for i64 {
    fn from_sql(row: &Row, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for f64 {
    fn from_sql(row: &Row, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for bool {
    fn from_sql(row: &Row, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for String {
    fn from_sql(row: &Row, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for Vec<u8> {
    fn from_sql(row: &Row, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for Option<i64> {
    fn from_sql(row: &Row, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for Option<String> {
    fn from_sql(row: &Row, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

/// Whatever the column holds. A truth value comes as 0 or 1, which is how SQLite stores it.
impl FromSql for SqlValue {
    fn from_sql(row: &Row, column: &str) -> Result<Self, DbError> {
        let Some(kind) = kind(row, column).map_err(|error| wrong(column, &error))? else {
            return Ok(Self::Null);
        };
        match (kind.as_str(), &row.0) {
            ("BOOL", EngineRow::Postgres(_)) => Ok(Self::Int(read::<bool>(row, column)?.into())),
            ("INTEGER" | "BOOLEAN" | "INT8", _) => Ok(Self::Int(read(row, column)?)),
            ("REAL" | "FLOAT8", _) => Ok(Self::Float(read(row, column)?)),
            ("TEXT", _) => Ok(Self::Text(read(row, column)?)),
            ("BLOB" | "BYTEA", _) => Ok(Self::Bytes(read(row, column)?)),
            (other, _) => Err(DbError::Shape(format!("column {column}: a value of type {other}"))),
        }
    }
}

/// The engine's name for what the column holds; `None` where it holds nothing.
fn kind(row: &Row, column: &str) -> Result<Option<String>, sqlx::Error> {
    Ok(match &row.0 {
        EngineRow::Sqlite(row) => named(&row.try_get_raw(column)?),
        EngineRow::Postgres(row) => named(&row.try_get_raw(column)?),
    })
}

fn named<'r>(raw: &impl sqlx::ValueRef<'r>) -> Option<String> {
    (!raw.is_null()).then(|| raw.type_info().name().to_owned())
}
