//! Statements as values: a small builder over bound values and names from the code.
//!
//! Table and column names are `&'static str`, so text from outside cannot become an identifier.
//! The table is filled in when a statement is rendered, because some engines qualify it.

use sea_query::{
    DeleteStatement, Expr, ExprTrait, Func, InsertStatement, LockType, NullOrdering, OnConflict,
    Order, PostgresQueryBuilder, Query, SelectStatement, SqliteQueryBuilder, UpdateStatement,
};
use sea_query_sqlx::{SqlxBinder, SqlxValues};

use crate::engine::{Dialect, Engine, Place};
use crate::{Catalog, ColumnType, Filter, SqlValue};

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
    /// Postgres widens sums and means to its decimal type and measures no truth values.
    fn expr(self, dialect: Dialect<'_>) -> Expr {
        let kind = |column| match dialect.engine {
            Engine::Sqlite => None,
            Engine::Postgres => dialect.kind(column),
        };
        let number = |column| match kind(column) {
            Some(ColumnType::Bool) => Expr::col(column).cast_as("integer").cast_as("bigint"),
            _ => Expr::col(column),
        };
        match self {
            Self::Rows => Func::count(Expr::val(1)).into(),
            Self::Values(column) => Func::count(Expr::col(column)).into(),
            Self::Sum(column) => match kind(column) {
                Some(ColumnType::Int | ColumnType::Bool) => {
                    Expr::from(Func::sum(number(column))).cast_as("bigint")
                }
                _ => Func::sum(number(column)).into(),
            },
            Self::Average(column) => match kind(column) {
                Some(_) => Expr::from(Func::avg(number(column))).cast_as("double precision"),
                None => Func::avg(number(column)).into(),
            },
            Self::Least(column) => Func::min(number(column)).into(),
            Self::Greatest(column) => Func::max(number(column)).into(),
        }
    }
}

/// Reads rows of one table.
#[derive(Debug, Clone)]
pub struct Select {
    table: &'static str,
    columns: Vec<&'static str>,
    measures: Vec<(Measure, &'static str)>,
    grouped: bool,
    filters: Vec<Filter>,
    order: Vec<(&'static str, Direction)>,
    page: Option<(u64, u64)>,
    shared: bool,
}

impl Select {
    /// The named columns of a table.
    pub fn from<const N: usize>(table: &'static str, columns: [&'static str; N]) -> Self {
        Self::columns(table, &columns)
    }

    /// Some of the columns of a table, where a list of them is at hand.
    pub fn columns(table: &'static str, columns: &[&'static str]) -> Self {
        Self {
            table,
            columns: columns.to_vec(),
            measures: Vec::new(),
            grouped: false,
            filters: Vec::new(),
            order: Vec::new(),
            page: None,
            shared: false,
        }
    }

    /// One row per group of rows that are equal in the columns `by`, in their order, with what was
    /// measured of each group under the names given. Without columns all rows are one group.
    pub fn groups(
        table: &'static str,
        by: &[&'static str],
        measures: &[(Measure, &'static str)],
    ) -> Self {
        let order = by.iter().map(|column| (*column, Direction::Ascending)).collect();
        let measures = measures.to_vec();
        Self { measures, grouped: true, order, ..Self::columns(table, by) }
    }

    /// The number of rows, in a column named `count`.
    pub fn count(table: &'static str) -> Self {
        Self { measures: vec![(Measure::Rows, "count")], ..Self::columns(table, &[]) }
    }

    /// Only rows that match; several calls must all match.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Orders by a column, where no value is the smallest; later calls break ties.
    #[must_use]
    pub fn order(mut self, column: &'static str, direction: Direction) -> Self {
        self.order.push((column, direction));
        self
    }

    /// Groups with the largest measure of this name first; what was ordered by breaks ties.
    #[must_use]
    pub fn most(mut self, measure: &'static str) -> Self {
        self.order.insert(0, (measure, Direction::Descending));
        self
    }

    /// At most `rows` rows after the first `skip`.
    #[must_use]
    pub const fn page(mut self, rows: u64, skip: u64) -> Self {
        self.page = Some((rows, skip));
        self
    }

    /// Within a write transaction: nobody changes the rows found until it ends. In a file nobody
    /// else writes meanwhile anyway.
    #[must_use]
    pub const fn for_share(mut self) -> Self {
        self.shared = true;
        self
    }

    pub(crate) fn render(&self, place: &Place, catalog: &Catalog) -> (String, SqlxValues) {
        let dialect = Dialect { engine: place.engine, catalog, table: self.table };
        let mut select = Query::select();
        select.from(place.table(self.table)).columns(self.columns.iter().copied());
        for (measure, name) in &self.measures {
            select.expr_as(measure.expr(dialect), *name);
        }
        if self.grouped {
            select.group_by_columns(self.columns.iter().copied());
        }
        for filter in &self.filters {
            select.cond_where(filter.render(dialect));
        }
        for (column, direction) in &self.order {
            order(&mut select, column, *direction, dialect);
        }
        if let Some((rows, skip)) = self.page {
            select.limit(rows);
            if skip > 0 {
                select.offset(skip);
            }
        }
        if self.shared && place.engine == Engine::Postgres {
            select.lock(LockType::Share);
        }
        match place.engine {
            Engine::Sqlite => select.build_sqlx(SqliteQueryBuilder),
            Engine::Postgres => select.build_sqlx(PostgresQueryBuilder),
        }
    }
}

/// To SQLite no value is the smallest anyway; to Postgres it is the largest. Where a column always
/// has one nothing is said, so that an index of Postgres' own order serves.
fn order(
    select: &mut SelectStatement,
    column: &'static str,
    direction: Direction,
    dialect: Dialect<'_>,
) {
    let (order, nulls) = match direction {
        Direction::Ascending => (Order::Asc, NullOrdering::First),
        Direction::Descending => (Order::Desc, NullOrdering::Last),
    };
    match dialect.engine {
        Engine::Postgres if dialect.is_nullable(column) => {
            select.order_by_with_nulls(column, order, nulls)
        }
        Engine::Sqlite | Engine::Postgres => select.order_by(column, order),
    };
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

    pub(crate) fn render(&self, place: &Place, catalog: &Catalog) -> (String, SqlxValues) {
        self.render_with(&[], place, catalog)
    }

    /// One statement for this row and others of the same table that set the same columns.
    pub(crate) fn render_with(
        &self,
        others: &[Self],
        place: &Place,
        catalog: &Catalog,
    ) -> (String, SqlxValues) {
        let dialect = Dialect { engine: place.engine, catalog, table: self.table };
        let mut inner = InsertStatement::new();
        inner.into_table(place.table(self.table)).columns(self.columns.iter().copied());
        for row in std::iter::once(self).chain(others) {
            let values = self.columns.iter().zip(&row.values);
            inner.values_panic(values.map(|(column, value)| dialect.stored(column, value.clone())));
        }
        if let Some(conflict) = &self.conflict {
            inner.on_conflict(conflict.clone());
        }
        match place.engine {
            Engine::Sqlite => inner.build_sqlx(SqliteQueryBuilder),
            Engine::Postgres => inner.build_sqlx(PostgresQueryBuilder),
        }
    }

    /// How many values the row sets.
    pub(crate) const fn width(&self) -> usize {
        self.columns.len()
    }
}

/// Changes rows.
#[derive(Debug, Clone)]
pub struct Update {
    table: &'static str,
    changes: Vec<(&'static str, Change)>,
    filters: Vec<Filter>,
}

#[derive(Debug, Clone)]
enum Change {
    Set(SqlValue),
    Add(i64),
}

impl Update {
    /// Rows of a table, to be narrowed by [`Update::filter`].
    pub const fn table(table: &'static str) -> Self {
        Self { table, changes: Vec::new(), filters: Vec::new() }
    }

    /// Gives a column a new value.
    #[must_use]
    pub fn set(mut self, column: &'static str, value: impl Into<SqlValue>) -> Self {
        self.changes.push((column, Change::Set(value.into())));
        self
    }

    /// Adds to a number in place.
    #[must_use]
    pub fn add(mut self, column: &'static str, amount: i64) -> Self {
        self.changes.push((column, Change::Add(amount)));
        self
    }

    /// Only rows that match; several calls must all match.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    pub(crate) fn render(&self, place: &Place, catalog: &Catalog) -> (String, SqlxValues) {
        let dialect = Dialect { engine: place.engine, catalog, table: self.table };
        let mut inner = UpdateStatement::new();
        inner.table(place.table(self.table));
        for (column, change) in &self.changes {
            let value = match change {
                Change::Set(value) => dialect.stored(column, value.clone()),
                Change::Add(amount) => Expr::col(*column).add(*amount),
            };
            inner.value(*column, value);
        }
        for filter in &self.filters {
            inner.cond_where(filter.render(dialect));
        }
        match place.engine {
            Engine::Sqlite => inner.build_sqlx(SqliteQueryBuilder),
            Engine::Postgres => inner.build_sqlx(PostgresQueryBuilder),
        }
    }
}

/// Removes rows.
#[derive(Debug, Clone)]
pub struct Delete {
    table: &'static str,
    filter: Filter,
}

impl Delete {
    /// Rows of a table that match.
    pub const fn from(table: &'static str, filter: Filter) -> Self {
        Self { table, filter }
    }

    pub(crate) fn render(&self, place: &Place, catalog: &Catalog) -> (String, SqlxValues) {
        let dialect = Dialect { engine: place.engine, catalog, table: self.table };
        let mut inner = DeleteStatement::new();
        inner.from_table(place.table(self.table)).cond_where(self.filter.render(dialect));
        match place.engine {
            Engine::Sqlite => inner.build_sqlx(SqliteQueryBuilder),
            Engine::Postgres => inner.build_sqlx(PostgresQueryBuilder),
        }
    }
}
