//! The first tenant schema: kernel bookkeeping, identity, and the blog's posts.

use freehold_db::{ForeignKey, Index, Migration, OnDelete, SchemaChange, Table, Unique};

use crate::{bytes, int, maybe_int, maybe_text, text};

pub(crate) const MIGRATION: Migration =
    Migration { version: 1, name: "kernel, identity, posts", changes };

fn changes() -> Vec<SchemaChange> {
    let mut changes = kernel();
    changes.extend(identity());
    changes.extend(posts());
    changes
}

fn kernel() -> Vec<SchemaChange> {
    vec![
        table("meta", vec![text("key"), int("value")], &["key"], vec![]),
        table("options", vec![text("key"), text("value")], &["key"], vec![]),
        table(
            "outbox",
            vec![int("id"), text("name"), text("subject"), text("payload"), int("created_at")],
            &["id"],
            vec![],
        ),
    ]
}

fn identity() -> Vec<SchemaChange> {
    vec![
        table(
            "signing_keys",
            vec![text("kid"), bytes("secret"), int("created_at"), maybe_int("retired_at")],
            &["kid"],
            vec![],
        ),
        table(
            "users",
            vec![
                int("id"),
                text("email"),
                text("email_key"),
                text("username"),
                text("username_key"),
                text("role"),
                text("status"),
                maybe_text("password_hash"),
                maybe_text("member_id"),
                int("created_at"),
                int("updated_at"),
            ],
            &["id"],
            vec![
                Unique { name: "users_email_key", columns: &["email_key"] },
                Unique { name: "users_username_key", columns: &["username_key"] },
                Unique { name: "users_member_key", columns: &["member_id"] },
            ],
        ),
        SchemaChange::CreateTable(Table {
            name: "token_families",
            columns: vec![
                int("id"),
                int("user_id"),
                int("created_at"),
                int("expires_at"),
                maybe_int("revoked_at"),
            ],
            primary_key: &["id"],
            unique: vec![],
            foreign_keys: vec![to("user_id", "users")],
        }),
        SchemaChange::CreateIndex(Index {
            name: "token_families_user",
            table: "token_families",
            columns: &["user_id"],
        }),
        SchemaChange::CreateTable(Table {
            name: "refresh_tokens",
            columns: vec![
                text("token_hash"),
                int("family_id"),
                int("created_at"),
                maybe_int("used_at"),
            ],
            primary_key: &["token_hash"],
            unique: vec![],
            foreign_keys: vec![to("family_id", "token_families")],
        }),
        SchemaChange::CreateIndex(Index {
            name: "refresh_tokens_family",
            table: "refresh_tokens",
            columns: &["family_id"],
        }),
        table("tickets", vec![text("id"), int("used_at"), int("expires_at")], &["id"], vec![]),
    ]
}

fn posts() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "posts",
            columns: vec![
                int("id"),
                text("slug"),
                text("title"),
                text("content"),
                maybe_text("excerpt"),
                text("summary"),
                int("reading_minutes"),
                text("status"),
                int("author_id"),
                int("version"),
                int("created_at"),
                int("updated_at"),
                maybe_int("published_at"),
            ],
            primary_key: &["id"],
            unique: vec![Unique { name: "posts_slug_key", columns: &["slug"] }],
            foreign_keys: vec![ForeignKey {
                column: "author_id",
                table: "users",
                target: "id",
                on_delete: OnDelete::Restrict,
            }],
        }),
        SchemaChange::CreateIndex(Index {
            name: "posts_published",
            table: "posts",
            columns: &["status", "published_at", "id"],
        }),
        SchemaChange::CreateIndex(Index {
            name: "posts_author",
            table: "posts",
            columns: &["author_id"],
        }),
    ]
}

fn table(
    name: &'static str,
    columns: Vec<freehold_db::Column>,
    primary_key: &'static [&'static str],
    unique: Vec<Unique>,
) -> SchemaChange {
    SchemaChange::CreateTable(Table { name, columns, primary_key, unique, foreign_keys: vec![] })
}

fn to(column: &'static str, table: &'static str) -> ForeignKey {
    ForeignKey { column, table, target: "id", on_delete: OnDelete::Cascade }
}
