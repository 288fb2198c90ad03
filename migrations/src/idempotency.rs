//! The table of idempotency keys, alike in the control database and in every tenant's store.

use freehold_db::{Index, SchemaChange, Table};

use crate::{int, maybe_text, text};

/// The table and the index by which old keys are forgotten.
pub(crate) fn changes() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "idempotency_keys",
            columns: vec![
                text("caller"),
                text("key"),
                text("fingerprint"),
                int("status"),
                maybe_text("etag"),
                text("data"),
                int("created_at"),
            ],
            primary_key: &["caller", "key"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateIndex(Index {
            name: "idempotency_keys_age",
            table: "idempotency_keys",
            columns: &["created_at"],
        }),
    ]
}
