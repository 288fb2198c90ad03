//! Usage by tenant and hour, and the newest report of each process that counts.

use freehold_db::{Index, Migration, SchemaChange, Table};

use crate::{int, text};

pub(crate) const MIGRATION: Migration = Migration { version: 5, name: "usage", changes };

fn changes() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "usage_sources",
            columns: vec![text("source"), int("number")],
            primary_key: &["source"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateTable(Table {
            name: "usage_hours",
            // `hour` is counted since 1970.
            columns: vec![
                text("tenant"),
                int("hour"),
                int("requests"),
                int("request_bytes"),
                int("answer_bytes"),
                int("handled"),
                int("handled_micros"),
            ],
            primary_key: &["tenant", "hour"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateIndex(Index {
            name: "usage_hours_hour",
            table: "usage_hours",
            columns: &["hour"],
        }),
    ]
}
