//! What keeps each site's store, what is to keep it, and what kept it until its rows were copied.

use freehold_db::{Column, ColumnType, Migration, SchemaChange};

pub(crate) const MIGRATION: Migration = Migration { version: 9, name: "engines of sites", changes };

/// Without a value a site's store is a SQLite file, as it was before there were others.
fn changes() -> Vec<SchemaChange> {
    ["engine", "engine_next", "engine_former"]
        .map(|name| SchemaChange::AddColumn {
            table: "sites",
            column: Column::nullable(name, ColumnType::Text),
        })
        .into()
}
