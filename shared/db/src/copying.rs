//! Copies of a whole store: into a file, or row by row into a store of another engine.

use std::path::Path;
use std::sync::Arc;

use crate::schema::DeclaredTable;
use crate::{
    Database, DatabaseOptions, DbError, Direction, Insert, Migration, Row, Select, SqlValue,
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
            let mut copied = 0;
            loop {
                let rows = from.rows(&step(table, copied)).await?;
                for row in &rows {
                    to.insert(&same(table, row)?).await?;
                }
                let count = rows.len() as u64;
                copied += count;
                if count < ROWS_PER_STEP {
                    break;
                }
            }
        }
        to.commit().await
    }
}

fn step(table: &DeclaredTable, skip: u64) -> Select {
    let select = Select::columns(table.name, &table.columns).page(ROWS_PER_STEP, skip);
    let key = table.primary_key.iter();
    key.fold(select, |select, column| select.order(column, Direction::Ascending))
}

fn same(table: &DeclaredTable, row: &Row) -> Result<Insert, DbError> {
    table.columns.iter().try_fold(Insert::into(table.name), |insert, column| {
        Ok(insert.set(column, row.get::<SqlValue>(column)?))
    })
}
