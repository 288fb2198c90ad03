//! Processes that share the control database, each with the time of its last sign of life.

use freehold_db::{Migration, SchemaChange, Table};

use crate::{int, text};

pub(crate) const MIGRATION: Migration = Migration { version: 4, name: "replicas", changes };

fn changes() -> Vec<SchemaChange> {
    vec![SchemaChange::CreateTable(Table {
        name: "replicas",
        columns: vec![text("id"), int("beat_at")],
        primary_key: &["id"],
        unique: vec![],
        foreign_keys: vec![],
    })]
}
