//! Roles of a site's own. A user's role is still a word in `users.role`; the release before takes one
//! that it does not know for a reader's.

use freehold_db::{ForeignKey, Migration, OnDelete, SchemaChange, Table};

use crate::{int, maybe_text, text};

pub(crate) const MIGRATION: Migration =
    Migration { version: 6, name: "roles of a site's own", changes };

fn changes() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "roles",
            columns: vec![
                text("slug"),
                text("name"),
                maybe_text("description"),
                int("created_at"),
                int("updated_at"),
            ],
            primary_key: &["slug"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateTable(Table {
            name: "role_permissions",
            columns: vec![
                text("role"),
                int("place"),
                text("subject"),
                text("action"),
                // JSON, as it was written.
                maybe_text("fields"),
                maybe_text("conditions"),
            ],
            primary_key: &["role", "place"],
            unique: vec![],
            foreign_keys: vec![ForeignKey {
                column: "role",
                table: "roles",
                target: "slug",
                on_delete: OnDelete::Cascade,
            }],
        }),
    ]
}
