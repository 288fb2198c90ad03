//! Domains of sites: who holds which hostname, how it was proved, and when it is looked up next.
//!
//! A row stays for a while after its domain was given up, so that nobody else takes the name at once;
//! it outlives its site too, hence no foreign key to sites.

use freehold_db::{ForeignKey, Index, Migration, OnDelete, SchemaChange, Table, Unique};

use crate::{flag, int, maybe_int, maybe_text, text};

pub(crate) const MIGRATION: Migration = Migration { version: 6, name: "domains", changes };

fn changes() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "domains",
            columns: vec![
                text("id"),
                text("hostname"),
                text("site_id"),
                text("account_id"),
                text("token"),
                text("state"),
                flag("canonical"),
                maybe_text("problem"),
                maybe_text("seen"),
                int("attempts"),
                int("created_at"),
                maybe_int("proved_at"),
                maybe_int("checked_at"),
                maybe_int("failing_since"),
                int("next_check_at"),
                maybe_int("released_at"),
            ],
            primary_key: &["id"],
            unique: vec![Unique { name: "domains_hostname_key", columns: &["hostname"] }],
            foreign_keys: vec![ForeignKey {
                column: "account_id",
                table: "accounts",
                target: "id",
                on_delete: OnDelete::Restrict,
            }],
        }),
        SchemaChange::CreateIndex(Index {
            name: "domains_site",
            table: "domains",
            columns: &["site_id", "released_at"],
        }),
        SchemaChange::CreateIndex(Index {
            name: "domains_due",
            table: "domains",
            columns: &["released_at", "next_check_at"],
        }),
    ]
}
