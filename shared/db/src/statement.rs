//! Statements as values: a small builder over bound values and names from the code.
//!
//! Table and column names are `&'static str`, so text from outside cannot become an identifier.
//! The table is filled in when a statement is rendered, because some engines qualify it.

use sea_query::{
    Condition, DeleteStatement, Expr, ExprTrait, Func, InsertStatement, LikeExpr, OnConflict,
    Order, Query, SelectStatement, SqliteQueryBuilder, UpdateStatement,
};
use sea_query_sqlx::{SqlxBinder, SqlxValues};

use crate::SqlValue;

/// A condition on rows.
#[derive(Debug, Clone)]
pub struct Filter(Condition);

impl Filter {
    /// Every row.
    pub fn everything() -> Self {
        Self(Condition::all())
    }

    /// No row at all.
    pub fn nothing() -> Self {
        Self(Condition::all().add(Expr::val(1).eq(0)))
    }

    /// Column equals value; null matches nothing.
    pub fn eq(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).eq(bound(value)))
    }

    /// Column differs from value; null matches nothing.
    pub fn ne(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).ne(bound(value)))
    }

    /// Column is less than value.
    pub fn lt(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).lt(bound(value)))
    }

    /// Column is at most value.
    pub fn lte(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).lte(bound(value)))
    }

    /// Column is greater than value.
    pub fn gt(column: &'static str, value: impl Into<SqlValue>) -> Self {
        Self::of(Expr::col(column).gt(bound(value)))
    }

    /// Column has no value.
    pub fn is_null(column: &'static str) -> Self {
        Self::of(Expr::col(column).is_null())
    }

    /// Column contains the text literally; wildcards in it have no meaning.
    pub fn contains(column: &'static str, text: &str) -> Self {
        let mut pattern = String::with_capacity(text.len() + 2);
        pattern.push('%');
        for letter in text.chars() {
            if matches!(letter, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern.push('%');
        Self::of(Expr::col(column).like(LikeExpr::new(pattern).escape('\\')))
    }

    /// Both conditions.
    pub fn and(self, other: Self) -> Self {
        Self(Condition::all().add(self.0).add(other.0))
    }

    /// Either condition.
    pub fn or(self, other: Self) -> Self {
        Self(Condition::any().add(self.0).add(other.0))
    }

    fn of(expr: Expr) -> Self {
        Self(Condition::all().add(expr))
    }
}

fn bound(value: impl Into<SqlValue>) -> Expr {
    Expr::val(sea_query::Value::from(value.into()))
}

/// Which end of an order comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Reads rows of one table.
#[derive(Debug, Clone)]
pub struct Select {
    table: &'static str,
    inner: SelectStatement,
}

impl Select {
    /// The named columns of a table.
    pub fn from<const N: usize>(table: &'static str, columns: [&'static str; N]) -> Self {
        let mut inner = Query::select();
        inner.columns(columns);
        Self { table, inner }
    }

    /// The number of rows, in a column named `count`.
    pub fn count(table: &'static str) -> Self {
        let mut inner = Query::select();
        inner.expr_as(Func::count(Expr::val(1)), "count");
        Self { table, inner }
    }

    /// Only rows that match; several calls must all match.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.inner.cond_where(filter.0);
        self
    }

    /// Orders by a column; later calls break ties.
    #[must_use]
    pub fn order(mut self, column: &'static str, direction: Direction) -> Self {
        let order = match direction {
            Direction::Ascending => Order::Asc,
            Direction::Descending => Order::Desc,
        };
        self.inner.order_by(column, order);
        self
    }

    /// At most `rows` rows after the first `skip`.
    #[must_use]
    pub fn page(mut self, rows: u64, skip: u64) -> Self {
        self.inner.limit(rows);
        if skip > 0 {
            self.inner.offset(skip);
        }
        self
    }

    pub(crate) fn render(&self) -> (String, SqlxValues) {
        self.inner.clone().from(self.table).build_sqlx(SqliteQueryBuilder)
    }
}

/// Writes one new row.
#[derive(Debug, Clone)]
pub struct Insert {
    table: &'static str,
    columns: Vec<&'static str>,
    values: Vec<SqlValue>,
    conflict: Option<OnConflict>,
}

impl Insert {
    /// A row of a table, to be filled by [`Insert::set`].
    pub fn into(table: &'static str) -> Self {
        Self { table, columns: Vec::new(), values: Vec::new(), conflict: None }
    }

    /// Gives a column its value.
    #[must_use]
    pub fn set(mut self, column: &'static str, value: impl Into<SqlValue>) -> Self {
        self.columns.push(column);
        self.values.push(value.into());
        self
    }

    /// Leaves an existing row with the same values in `target` as it is.
    #[must_use]
    pub fn or_keep<const N: usize>(mut self, target: [&'static str; N]) -> Self {
        self.conflict = Some(OnConflict::columns(target).do_nothing().to_owned());
        self
    }

    /// Overwrites `columns` of an existing row with the same values in `target`.
    #[must_use]
    pub fn or_replace<const N: usize, const M: usize>(
        mut self,
        target: [&'static str; N],
        columns: [&'static str; M],
    ) -> Self {
        self.conflict = Some(OnConflict::columns(target).update_columns(columns).to_owned());
        self
    }

    pub(crate) fn render(&self) -> (String, SqlxValues) {
        let mut inner = InsertStatement::new();
        inner.into_table(self.table).columns(self.columns.iter().copied());
        inner.values_panic(self.values.iter().cloned().map(bound));
        if let Some(conflict) = &self.conflict {
            inner.on_conflict(conflict.clone());
        }
        inner.build_sqlx(SqliteQueryBuilder)
    }
}

/// Changes rows.
#[derive(Debug, Clone)]
pub struct Update {
    table: &'static str,
    inner: UpdateStatement,
}

impl Update {
    /// Rows of a table, to be narrowed by [`Update::filter`].
    pub fn table(table: &'static str) -> Self {
        Self { table, inner: UpdateStatement::new() }
    }

    /// Gives a column a new value.
    #[must_use]
    pub fn set(mut self, column: &'static str, value: impl Into<SqlValue>) -> Self {
        self.inner.value(column, bound(value));
        self
    }

    /// Adds to a number in place.
    #[must_use]
    pub fn add(mut self, column: &'static str, amount: i64) -> Self {
        self.inner.value(column, Expr::col(column).add(amount));
        self
    }

    /// Only rows that match; several calls must all match.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.inner.cond_where(filter.0);
        self
    }

    pub(crate) fn render(&self) -> (String, SqlxValues) {
        self.inner.clone().table(self.table).build_sqlx(SqliteQueryBuilder)
    }
}

/// Removes rows.
#[derive(Debug, Clone)]
pub struct Delete {
    table: &'static str,
    inner: DeleteStatement,
}

impl Delete {
    /// Rows of a table that match.
    pub fn from(table: &'static str, filter: Filter) -> Self {
        let mut inner = DeleteStatement::new();
        inner.cond_where(filter.0);
        Self { table, inner }
    }

    pub(crate) fn render(&self) -> (String, SqlxValues) {
        self.inner.clone().from_table(self.table).build_sqlx(SqliteQueryBuilder)
    }
}
