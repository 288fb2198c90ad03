//! Forgetting what is old, a bounded number of rows in each commit.

use freehold_clock::UnixMs;
use freehold_db::{Delete, Direction, Filter, Select};

use super::{Attempt, JobError};

/// Rows that one commit forgets, and those of the same time.
const ROWS_PER_TX: u64 = 1_000;

impl Attempt {
    /// Removes the rows of a table that match and whose time, in the column, is before a moment.
    ///
    /// # Errors
    /// Whatever the store says; what was removed before stays removed.
    pub async fn forget(
        &self,
        table: &'static str,
        column: &'static str,
        matching: Filter,
        before: UnixMs,
    ) -> Result<(), JobError> {
        let old = matching.clone().and(Filter::lt(column, before.0));
        let oldest = Select::from(table, [column]).filter(old).order(column, Direction::Ascending);
        if self.tenant().read().await?.optional(&oldest.clone().page(1, 0)).await?.is_none() {
            return Ok(());
        }
        loop {
            let mut tx = self.begin().await?;
            let last = tx.optional(&oldest.clone().page(1, ROWS_PER_TX - 1)).await?;
            let until = last.as_ref().map(|row| row.get::<i64>(column)).transpose();
            let until = until.map_err(crate::StoreError::from)?;
            let removed = match until {
                Some(until) => Filter::lte(column, until),
                None => Filter::lt(column, before.0),
            };
            tx.delete(&Delete::from(table, matching.clone().and(removed))).await?;
            tx.commit().await?;
            if until.is_none() {
                return Ok(());
            }
        }
    }
}
