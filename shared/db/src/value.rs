//! Values that every engine stores alike: integers, floats, text, bytes, booleans and null.
//!
//! Unsigned 64-bit integers, native dates and engine enums are left out on purpose; they are the
//! types on which the drivers disagree.

use sea_query::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

use crate::DbError;

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
    /// Reads the named column of an engine's row.
    ///
    /// # Errors
    /// [`DbError::Shape`] when the column is absent or holds another type.
    fn from_sql(row: &SqliteRow, column: &str) -> Result<Self, DbError>;
}

fn read<'r, T>(row: &'r SqliteRow, column: &str) -> Result<T, DbError>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(column).map_err(|error| DbError::Shape(format!("column {column}: {error}")))
}

impl FromSql for i64 {
    fn from_sql(row: &SqliteRow, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for f64 {
    fn from_sql(row: &SqliteRow, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for bool {
    fn from_sql(row: &SqliteRow, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for String {
    fn from_sql(row: &SqliteRow, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for Vec<u8> {
    fn from_sql(row: &SqliteRow, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for Option<i64> {
    fn from_sql(row: &SqliteRow, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

impl FromSql for Option<String> {
    fn from_sql(row: &SqliteRow, column: &str) -> Result<Self, DbError> {
        read(row, column)
    }
}

/// Whatever the column holds. A truth value comes as 0 or 1, which is how it is stored.
impl FromSql for SqlValue {
    fn from_sql(row: &SqliteRow, column: &str) -> Result<Self, DbError> {
        let raw = row.try_get_raw(column);
        let raw = raw.map_err(|error| DbError::Shape(format!("column {column}: {error}")))?;
        if raw.is_null() {
            return Ok(Self::Null);
        }
        let kind = raw.type_info().name().to_owned();
        match kind.as_str() {
            "INTEGER" | "BOOLEAN" => Ok(Self::Int(read(row, column)?)),
            "REAL" => Ok(Self::Float(read(row, column)?)),
            "TEXT" => Ok(Self::Text(read(row, column)?)),
            "BLOB" => Ok(Self::Bytes(read(row, column)?)),
            other => Err(DbError::Shape(format!("column {column}: a value of type {other}"))),
        }
    }
}
