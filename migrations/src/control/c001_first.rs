//! The first control schema: accounts and their members, sites, workers, operations, mails.

use freehold_db::{ForeignKey, Index, Migration, OnDelete, SchemaChange, Table, Unique};

use crate::{int, maybe_int, maybe_text, text};

pub(crate) const MIGRATION: Migration =
    Migration { version: 1, name: "accounts, sites, workers, operations, mails", changes };

fn changes() -> Vec<SchemaChange> {
    let mut changes = people();
    changes.extend(mail());
    changes.extend(fleet());
    changes
}

fn people() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "accounts",
            columns: vec![text("id"), text("name"), int("created_at")],
            primary_key: &["id"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateTable(Table {
            name: "members",
            columns: vec![
                text("id"),
                text("account_id"),
                text("email"),
                text("email_key"),
                text("password_hash"),
                text("role"),
                maybe_int("verified_at"),
                int("created_at"),
            ],
            primary_key: &["id"],
            unique: vec![Unique { name: "members_email_key", columns: &["email_key"] }],
            foreign_keys: vec![key("account_id", "accounts", "id")],
        }),
        SchemaChange::CreateTable(Table {
            name: "sessions",
            columns: vec![
                text("id"),
                text("token_hash"),
                text("member_id"),
                int("created_at"),
                int("seen_at"),
                int("expires_at"),
            ],
            primary_key: &["id"],
            unique: vec![Unique { name: "sessions_token_key", columns: &["token_hash"] }],
            foreign_keys: vec![key("member_id", "members", "id")],
        }),
        SchemaChange::CreateIndex(Index {
            name: "sessions_member",
            table: "sessions",
            columns: &["member_id"],
        }),
    ]
}

fn mail() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "mail_tokens",
            columns: vec![
                text("token_hash"),
                text("member_id"),
                text("purpose"),
                int("expires_at"),
                maybe_int("used_at"),
            ],
            primary_key: &["token_hash"],
            unique: vec![],
            foreign_keys: vec![key("member_id", "members", "id")],
        }),
        SchemaChange::CreateTable(Table {
            name: "mails",
            columns: vec![
                text("id"),
                text("recipient"),
                text("subject"),
                text("body"),
                int("attempts"),
                int("next_at"),
                int("created_at"),
                maybe_int("sent_at"),
                maybe_text("error"),
            ],
            primary_key: &["id"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateIndex(Index {
            name: "mails_due",
            table: "mails",
            columns: &["sent_at", "next_at"],
        }),
    ]
}

fn fleet() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "workers",
            columns: vec![text("id"), text("name"), text("region"), int("joined_at")],
            primary_key: &["id"],
            unique: vec![Unique { name: "workers_name_key", columns: &["name"] }],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateTable(Table {
            name: "sites",
            columns: vec![
                text("id"),
                text("account_id"),
                text("slug"),
                text("name"),
                text("region"),
                text("state"),
                maybe_text("reason"),
                maybe_text("worker_id"),
                int("epoch"),
                int("created_at"),
                int("changed_at"),
                maybe_int("erase_at"),
            ],
            primary_key: &["id"],
            unique: vec![Unique { name: "sites_slug_key", columns: &["slug"] }],
            foreign_keys: vec![
                key("account_id", "accounts", "id"),
                ForeignKey {
                    column: "worker_id",
                    table: "workers",
                    target: "id",
                    on_delete: OnDelete::Restrict,
                },
            ],
        }),
        SchemaChange::CreateIndex(Index {
            name: "sites_account",
            table: "sites",
            columns: &["account_id", "created_at"],
        }),
        SchemaChange::CreateTable(Table {
            name: "operations",
            columns: vec![
                text("id"),
                text("account_id"),
                text("site_id"),
                text("kind"),
                text("state"),
                text("steps"),
                maybe_text("error"),
                text("owner"),
                int("attempts"),
                int("created_at"),
                int("changed_at"),
            ],
            primary_key: &["id"],
            unique: vec![],
            foreign_keys: vec![key("account_id", "accounts", "id")],
        }),
        SchemaChange::CreateIndex(Index {
            name: "operations_state",
            table: "operations",
            columns: &["state", "changed_at"],
        }),
    ]
}

fn key(column: &'static str, table: &'static str, target: &'static str) -> ForeignKey {
    ForeignKey { column, table, target, on_delete: OnDelete::Cascade }
}
