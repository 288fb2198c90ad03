//! Which engine a statement is rendered for, and what is known of the columns that it names.
//!
//! Whatever differs between engines inside a statement is decided here: how a missing value is
//! bound, and which text cannot be stored at all.

use std::sync::Arc;

use sea_query::{Alias, Expr, IntoTableRef as _, Keyword, TableRef, Value};

use crate::schema::{Catalog, ColumnType};
use crate::value::SqlValue;

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Where a store's tables are.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) engine: Engine,
    /// The schema that every statement names, where many stores share a database.
    pub(crate) schema: Option<Arc<str>>,
}

impl Place {
    pub(crate) const fn of(engine: Engine) -> Self {
        Self { engine, schema: None }
    }

    /// A table as statements name it.
    pub(crate) fn table(&self, table: &'static str) -> TableRef {
        match &self.schema {
            None => table.into_table_ref(),
            Some(schema) => (Alias::new(schema.as_ref()), table).into_table_ref(),
        }
    }

    /// Whether a connection keeps a statement prepared. Where each store's statements differ in the
    /// schema's name, they would only push each other out.
    pub(crate) const fn is_persistent(&self) -> bool {
        self.schema.is_none()
    }
}

/// What a statement over one table is rendered with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect<'a> {
    pub(crate) engine: Engine,
    pub(crate) catalog: &'a Catalog,
    pub(crate) table: &'static str,
}

impl Dialect<'_> {
    /// What the column holds, where it was declared.
    pub(crate) fn kind(self, column: &'static str) -> Option<ColumnType> {
        self.catalog.column(self.table, column).map(|column| column.kind)
    }

    /// Whether the column may be without a value; one that was not declared may be.
    pub(crate) fn is_nullable(self, column: &'static str) -> bool {
        self.catalog.column(self.table, column).is_none_or(|column| column.nullable)
    }

    /// A value that is to be stored in a column. Postgres wants even a missing value to be of the
    /// column's type.
    pub(crate) fn stored(self, column: &'static str, value: SqlValue) -> Expr {
        match (self.engine, value) {
            (Engine::Postgres, SqlValue::Null) => match self.kind(column) {
                Some(ColumnType::Int) => Expr::val(Value::BigInt(None)),
                Some(ColumnType::Float) => Expr::val(Value::Double(None)),
                Some(ColumnType::Text) => Expr::val(Value::String(None)),
                Some(ColumnType::Bytes) => Expr::val(Value::Bytes(None)),
                Some(ColumnType::Bool) => Expr::val(Value::Bool(None)),
                None => Expr::Keyword(Keyword::Null),
            },
            (_, value) => self.bound(column, value),
        }
    }

    /// A value that a column is compared with.
    pub(crate) fn compared(self, column: &'static str, value: SqlValue) -> Expr {
        match (self.engine, value) {
            (Engine::Postgres, SqlValue::Null) => Expr::Keyword(Keyword::Null),
            (_, value) => self.bound(column, value),
        }
    }

    /// A value, bound. A truth value that was read from a row is a number, which Postgres does not
    /// take for one.
    fn bound(self, column: &'static str, value: SqlValue) -> Expr {
        let value = match (self.engine, self.kind(column), value) {
            (Engine::Postgres, Some(ColumnType::Bool), SqlValue::Int(number)) => {
                SqlValue::Bool(number != 0)
            }
            (_, _, value) => value,
        };
        Expr::val(Value::from(value))
    }

    /// The part before the zero character of a text, where there is one and the engine can neither
    /// store nor be sent such text.
    pub(crate) fn before_zero(self, text: &str) -> Option<&str> {
        match self.engine {
            Engine::Sqlite => None,
            Engine::Postgres => text.split_once('\0').map(|(before, _)| before),
        }
    }
}
