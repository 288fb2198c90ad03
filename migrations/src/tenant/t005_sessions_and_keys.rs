//! Where a session was opened and when it was last used; from when on a signing key signs.
//!
//! All of it may be absent: the release before writes none of it, and takes the newest key.

use freehold_db::{Column, ColumnType, Migration, SchemaChange};

pub(crate) const MIGRATION: Migration =
    Migration { version: 5, name: "what people see of their sessions, keys that follow", changes };

fn changes() -> Vec<SchemaChange> {
    vec![
        add("token_families", Column::nullable("method", ColumnType::Text)),
        add("token_families", Column::nullable("agent", ColumnType::Text)),
        add("token_families", Column::nullable("address", ColumnType::Text)),
        add("token_families", Column::nullable("last_used_at", ColumnType::Int)),
        add("signing_keys", Column::nullable("signs_at", ColumnType::Int)),
    ]
}

fn add(table: &'static str, column: Column) -> SchemaChange {
    SchemaChange::AddColumn { table, column }
}
