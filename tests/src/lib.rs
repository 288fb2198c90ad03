//! Whole-product tests and benches. The tests are in `tests/it`, the benches in
//! `src/bin/freehold-bench`; this library holds the schema change that the next release brings, as
//! far as tests are concerned.

use std::sync::LazyLock;

use freehold_db::{Column, ColumnType, Index, Migration, SchemaChange, Table};

/// The table of the next release; a column of the same name is added to `posts`.
pub const NEXT_TABLE: &str = "next_notes";

static NEXT: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    let released = freehold_migrations::TENANT;
    let version = released.last().map_or(0, |migration| migration.version) + 1;
    let next = Migration { version, name: "what the next release brings", changes };
    released.iter().copied().chain([next]).collect()
});

/// The schema changes of tenants' stores in the release after this one: it adds a table and a column,
/// and makes names of events unique by subject, which fails where a store has two of the same.
pub fn next_migrations() -> &'static [Migration] {
    &NEXT
}

fn changes() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: NEXT_TABLE,
            columns: vec![Column::required("id", ColumnType::Int)],
            primary_key: &["id"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::AddColumn {
            table: "posts",
            column: Column::nullable(NEXT_TABLE, ColumnType::Text),
        },
        SchemaChange::CreateUniqueIndex(Index {
            name: "outbox_subject_name",
            table: "outbox",
            columns: &["subject", "name", "created_at"],
        }),
    ]
}
