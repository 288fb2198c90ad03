//! Whose database this is, for where several control planes share it.

use freehold_db::{Migration, SchemaChange, Table};

use crate::{int, text};

pub(crate) const MIGRATION: Migration = Migration { version: 4, name: "installation", changes };

fn changes() -> Vec<SchemaChange> {
    vec![SchemaChange::CreateTable(Table {
        name: "installation",
        // One row, with id 1; `authority` is the fingerprint of its certificate.
        columns: vec![int("id"), text("authority")],
        primary_key: &["id"],
        unique: vec![],
        foreign_keys: vec![],
    })]
}
