//! Schema changes over the fleet: the sweeps, the tenants that each has still to see to, what is known
//! of stores' schemas, and the stores that their workers do not serve.

use freehold_db::{Index, Migration, SchemaChange, Table};

use crate::{flag, int, maybe_text, text};

pub(crate) const MIGRATION: Migration =
    Migration { version: 10, name: "upgrades of the fleet", changes };

fn changes() -> Vec<SchemaChange> {
    let mut changes = upgrades();
    changes.extend(stores());
    changes
}

fn upgrades() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "upgrades",
            columns: vec![
                text("id"),
                text("state"),
                maybe_text("reason"),
                // The wave that runs, from 0, which is the canary.
                int("wave"),
                int("failures_max"),
                int("failures_percent_max"),
                // Up to which tenant the rows below have been written; all of them in the end.
                maybe_text("prepared_after"),
                flag("prepared"),
                int("canaries"),
                int("total"),
                int("done"),
                int("millis"),
                // Grows with each stretch of work.
                int("round"),
                int("created_at"),
                int("changed_at"),
            ],
            primary_key: &["id"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateTable(Table {
            name: "upgrade_tenants",
            columns: vec![
                text("tenant_id"),
                text("upgrade_id"),
                int("wave"),
                // waiting, failed, or accepted: failed, and the sweep went on all the same.
                text("state"),
                maybe_text("error"),
                int("changed_at"),
            ],
            primary_key: &["tenant_id"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateIndex(Index {
            name: "upgrades_created",
            table: "upgrades",
            columns: &["created_at"],
        }),
        SchemaChange::CreateIndex(Index {
            name: "upgrade_tenants_wave",
            table: "upgrade_tenants",
            columns: &["upgrade_id", "state", "wave"],
        }),
    ]
}

fn stores() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "tenant_schemas",
            columns: vec![text("tenant_id"), int("version"), int("told_at")],
            primary_key: &["tenant_id"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateTable(Table {
            name: "quarantines",
            columns: vec![
                text("tenant_id"),
                text("worker_id"),
                text("cause"),
                text("reason"),
                int("since"),
            ],
            primary_key: &["tenant_id"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateIndex(Index {
            name: "quarantines_worker",
            table: "quarantines",
            columns: &["worker_id"],
        }),
    ]
}
