//! People and accounts, many to many: memberships with a role, invitations, keys of accounts.
//!
//! `members.memberships_since` is empty where a release wrote the row that knew no memberships; such a
//! person gets one, as the owner of their account, when the control plane starts.

use freehold_db::{
    Column, ColumnType, ForeignKey, Index, Migration, OnDelete, SchemaChange, Table, Unique,
};

use crate::{int, maybe_int, text};

pub(crate) const MIGRATION: Migration =
    Migration { version: 7, name: "memberships, invitations, keys of accounts", changes };

fn changes() -> Vec<SchemaChange> {
    let of_account = || key("account_id", "accounts");
    vec![
        SchemaChange::CreateTable(Table {
            name: "memberships",
            columns: vec![text("account_id"), text("member_id"), text("role"), int("created_at")],
            primary_key: &["account_id", "member_id"],
            unique: vec![],
            foreign_keys: vec![of_account(), key("member_id", "members")],
        }),
        SchemaChange::CreateIndex(Index {
            name: "memberships_member",
            table: "memberships",
            columns: &["member_id", "created_at"],
        }),
        SchemaChange::AddColumn {
            table: "members",
            column: Column::nullable("memberships_since", ColumnType::Int),
        },
        SchemaChange::AddColumn {
            table: "sessions",
            column: Column::nullable("account_id", ColumnType::Text),
        },
        SchemaChange::CreateTable(Table {
            name: "invitations",
            columns: vec![
                text("id"),
                text("account_id"),
                text("email"),
                text("email_key"),
                text("role"),
                text("token_hash"),
                int("created_at"),
                int("invited_at"),
                int("expires_at"),
            ],
            primary_key: &["id"],
            unique: vec![
                Unique { name: "invitations_token_key", columns: &["token_hash"] },
                Unique { name: "invitations_email_key", columns: &["account_id", "email_key"] },
            ],
            foreign_keys: vec![of_account()],
        }),
        SchemaChange::CreateTable(Table {
            name: "account_keys",
            columns: vec![
                text("id"),
                text("account_id"),
                text("name"),
                text("role"),
                text("token_hash"),
                text("prefix"),
                text("created_by"),
                int("created_at"),
                maybe_int("last_used_at"),
                maybe_int("expires_at"),
            ],
            primary_key: &["id"],
            unique: vec![Unique { name: "account_keys_token_key", columns: &["token_hash"] }],
            foreign_keys: vec![of_account()],
        }),
        SchemaChange::CreateIndex(Index {
            name: "account_keys_account",
            table: "account_keys",
            columns: &["account_id", "created_at"],
        }),
    ]
}

fn key(column: &'static str, table: &'static str) -> ForeignKey {
    ForeignKey { column, table, target: "id", on_delete: OnDelete::Cascade }
}
