//! Processes of the fleet: how they join, who they are, and workers that take no new tenants.

use freehold_db::{Column, ColumnType, Index, Migration, SchemaChange, Table, Unique};

use crate::{int, maybe_int, maybe_text, text};

pub(crate) const MIGRATION: Migration = Migration { version: 3, name: "fleet", changes };

fn changes() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "join_tokens",
            columns: vec![
                text("id"),
                text("role"),
                text("secret_hash"),
                int("uses_left"),
                int("created_at"),
                int("expires_at"),
            ],
            primary_key: &["id"],
            unique: vec![Unique { name: "join_tokens_secret_key", columns: &["secret_hash"] }],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateTable(Table {
            name: "processes",
            columns: vec![
                text("id"),
                text("role"),
                text("name"),
                text("region"),
                maybe_text("address"),
                text("credential_hash"),
                maybe_text("next_credential_hash"),
                int("joined_at"),
                int("seen_at"),
                maybe_int("revoked_at"),
            ],
            primary_key: &["id"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateIndex(Index {
            name: "processes_role",
            table: "processes",
            columns: &["role", "joined_at"],
        }),
        SchemaChange::AddColumn {
            table: "workers",
            column: Column::nullable("cordoned_at", ColumnType::Int),
        },
        SchemaChange::CreateIndex(Index {
            name: "sites_worker",
            table: "sites",
            columns: &["worker_id", "state"],
        }),
    ]
}
