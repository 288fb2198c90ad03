//! Statements as values: a small builder over bound values and names from the code.
//!
//! Table and column names are `&'static str`, so text from outside cannot become an identifier.
//! The table is filled in when a statement is rendered, because some engines qualify it.

use sea_query::{
    DeleteStatement, Expr, ExprTrait, Func, InsertStatement, OnConflict, Order, Query,
    SelectStatement, SqliteQueryBuilder, UpdateStatement,
};
use sea_query_sqlx::{SqlxBinder, SqlxValues};

use crate::filter::bound;
use crate::{Filter, SqlValue};

/// Which end of an order comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// What is measured of a group of rows. All but the count of rows pass over rows where the column
/// has no value; of no rows at all every measure but a count is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The number of rows.
    Rows,
    /// The number of rows in which the column has a value.
    Values(&'static str),
    /// The sum, an integer where the column is one.
    Sum(&'static str),
    /// The mean, a double.
    Average(&'static str),
    /// The smallest value.
    Least(&'static str),
    /// The largest value.
    Greatest(&'static str),
}

impl Measure {
    fn expr(self) -> Expr {
        Expr::from(match self {
            Self::Rows => Func::count(Expr::val(1)),
            Self::Values(column) => Func::count(Expr::col(column)),
            Self::Sum(column) => Func::sum(Expr::col(column)),
            Self::Average(column) => Func::avg(Expr::col(column)),
            Self::Least(column) => Func::min(Expr::col(column)),
            Self::Greatest(column) => Func::max(Expr::col(column)),
        })
    }
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

    /// Some of the columns of a table, where a list of them is at hand.
    pub fn columns(table: &'static str, columns: &[&'static str]) -> Self {
        let mut inner = Query::select();
        inner.columns(columns.iter().copied());
        Self { table, inner }
    }

    /// One row per group of rows that are equal in the columns `by`, in their order, with what was
    /// measured of each group under the names given. Without columns all rows are one group.
    pub fn groups(
        table: &'static str,
        by: &[&'static str],
        measures: &[(Measure, &'static str)],
    ) -> Self {
        let mut inner = Query::select();
        inner.columns(by.iter().copied());
        for (measure, name) in measures {
            inner.expr_as(measure.expr(), *name);
        }
        for column in by {
            inner.group_by_col(*column).order_by(*column, Order::Asc);
        }
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
        self.inner.cond_where(filter.into_condition());
        self
    }

    /// Orders by a column, where no value is the smallest; later calls break ties.
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
        self.inner.cond_where(filter.into_condition());
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
        inner.cond_where(filter.into_condition());
        Self { table, inner }
    }

    pub(crate) fn render(&self) -> (String, SqlxValues) {
        self.inner.clone().from_table(self.table).build_sqlx(SqliteQueryBuilder)
    }
}
