//! Copies of a whole store: into a file, or row by row into a store of another engine.

use std::path::Path;
use std::sync::Arc;

use crate::schema::DeclaredTable;
use crate::{
    Database, DatabaseOptions, DbError, Direction, Filter, Insert, Migration, Reader, Row, Select,
    SqlValue,
};

/// Rows that are held in memory at a time.
const ROWS_PER_STEP: u64 = 1_000;

impl Database {
    /// Writes a consistent copy of the store to an SQLite file that is not there yet, while it is
    /// in use. Whatever the store's engine, the file opens with the same migrations.
    ///
    /// # Errors
    /// Whatever the engine says; what was written of the copy is of no use.
    pub async fn copy_to(&self, path: &Path, migrations: &[Migration]) -> Result<(), DbError> {
        if self.sqlite_copy(path).await? {
            return Ok(());
        }
        let options = DatabaseOptions { path: path.to_owned(), create: true, readers_max: 1 };
        let copy = Self::open(&options, Arc::clone(self.catalog()))?;
        copy.migrate(migrations).await?;
        let copied = self.copy_rows_to(&copy).await;
        copy.close().await;
        copied
    }

    /// Copies every row of the declared tables, as of one moment, into a store with the same schema
    /// and no rows.
    ///
    /// # Errors
    /// [`DbError::Shape`] where the schemas differ, [`DbError::Conflict`] where rows are in the way;
    /// nothing was copied then.
    pub async fn copy_rows_to(&self, target: &Self) -> Result<(), DbError> {
        let (own, theirs) = (self.schema_version().await?, target.schema_version().await?);
        if own != theirs {
            let message = format!("a copy of schema version {own} into version {theirs}");
            return Err(DbError::Shape(message));
        }
        let mut from = self.snapshot().await?;
        let mut to = target.write().await?;
        // In the order in which they were declared: what a table refers to was there before it.
        for table in self.catalog().tables() {
            let mut steps = Steps::of(table);
            while let Some(rows) = steps.next(&mut from).await? {
                let inserts: Vec<_> =
                    rows.iter().map(|row| same(table, row)).collect::<Result<_, _>>()?;
                to.insert_all(&inserts).await?;
            }
        }
        to.commit().await
    }

    /// Reads every row of the declared tables of both stores, while nobody writes to either.
    ///
    /// # Errors
    /// [`DbError::Shape`] names the first table whose rows are not the same.
    pub async fn compare_rows_with(&self, other: &Self) -> Result<(), DbError> {
        let (mut own, mut theirs) = (self.snapshot().await?, other.snapshot().await?);
        for table in self.catalog().tables() {
            let (mut steps, mut their_steps) = (Steps::of(table), Steps::of(table));
            loop {
                let rows = values(table, steps.next(&mut own).await?)?;
                if rows != values(table, their_steps.next(&mut theirs).await?)? {
                    let message = format!("the rows of {} are not the same", table.name);
                    return Err(DbError::Shape(message));
                }
                if rows.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// The rows of a table in the order of its key, some at a time.
#[derive(Debug)]
struct Steps<'a> {
    table: &'a DeclaredTable,
    last: Vec<(&'static str, Direction, SqlValue)>,
    is_over: bool,
}

impl<'a> Steps<'a> {
    const fn of(table: &'a DeclaredTable) -> Self {
        Self { table, last: Vec::new(), is_over: false }
    }

    /// The next rows; none when there are no more.
    async fn next(&mut self, from: &mut Reader) -> Result<Option<Vec<Row>>, DbError> {
        if self.is_over {
            return Ok(None);
        }
        let table = self.table;
        let mut select = Select::columns(table.name, &table.columns).page(ROWS_PER_STEP, 0);
        for column in table.primary_key {
            select = select.order(column, Direction::Ascending);
        }
        if !self.last.is_empty() {
            select = select.filter(Filter::after(&self.last));
        }
        let rows = from.rows(&select).await?;
        self.is_over = (rows.len() as u64) < ROWS_PER_STEP;
        let Some(last) = rows.last() else { return Ok(None) };
        let key = table.primary_key.iter();
        self.last = key
            .map(|column| Ok((*column, Direction::Ascending, last.get::<SqlValue>(column)?)))
            .collect::<Result<_, DbError>>()?;
        Ok(Some(rows))
    }
}

fn same(table: &DeclaredTable, row: &Row) -> Result<Insert, DbError> {
    table.columns.iter().try_fold(Insert::into(table.name), |insert, column| {
        Ok(insert.set(column, row.get::<SqlValue>(column)?))
    })
}

/// What rows hold, comparable between engines.
fn values(
    table: &DeclaredTable,
    rows: Option<Vec<Row>>,
) -> Result<Option<Vec<Vec<SqlValue>>>, DbError> {
    let value = |row: &Row| table.columns.iter().map(|column| row.get(column)).collect();
    rows.map(|rows| rows.iter().map(value).collect()).transpose()
}
