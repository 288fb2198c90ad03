//! Addresses that sites had before they were renamed: they lead on for a while, and nobody else gets
//! them until then; who had an address that somebody else may have by now. And the networks that keys of
//! accounts may be used from.

use freehold_db::{
    Column, ColumnType, ForeignKey, Index, Migration, OnDelete, SchemaChange, Table,
};

use crate::{int, text};

pub(crate) const MIGRATION: Migration =
    Migration { version: 8, name: "previous addresses of sites, networks of keys", changes };

fn changes() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "previous_slugs",
            columns: vec![text("slug"), text("site_id"), int("created_at"), int("until")],
            primary_key: &["slug"],
            unique: vec![],
            foreign_keys: vec![ForeignKey {
                column: "site_id",
                table: "sites",
                target: "id",
                on_delete: OnDelete::Cascade,
            }],
        }),
        SchemaChange::CreateTable(Table {
            name: "slug_holders",
            columns: vec![text("slug"), text("account_id"), int("given_up_at")],
            primary_key: &["slug"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::AddColumn {
            table: "account_keys",
            column: Column::nullable("networks", ColumnType::Text),
        },
        SchemaChange::CreateIndex(Index {
            name: "previous_slugs_site",
            table: "previous_slugs",
            columns: &["site_id"],
        }),
        SchemaChange::CreateIndex(Index {
            name: "previous_slugs_until",
            table: "previous_slugs",
            columns: &["until"],
        }),
    ]
}
