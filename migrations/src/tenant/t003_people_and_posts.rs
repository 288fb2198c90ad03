//! What people say of themselves and the tokens of their programs; a trash and a history of posts; views of
//! lists that were saved.
//!
//! A post in the trash has a status that the release before shows nobody.

use freehold_db::{
    Column, ColumnType, ForeignKey, Index, Migration, OnDelete, SchemaChange, Table, Unique,
};

use crate::{flag, int, maybe_int, maybe_text, text};

pub(crate) const MIGRATION: Migration = Migration {
    version: 3,
    name: "profiles, tokens, trash and history of posts, saved views",
    changes,
};

fn changes() -> Vec<SchemaChange> {
    let mut changes = people();
    changes.extend(posts());
    changes.extend(views());
    changes
}

fn people() -> Vec<SchemaChange> {
    vec![
        add("users", Column::nullable("bio", ColumnType::Text)),
        add("users", Column::nullable("website", ColumnType::Text)),
        SchemaChange::CreateTable(Table {
            name: "page_sessions",
            columns: vec![text("token_hash"), int("family_id"), int("created_at")],
            primary_key: &["token_hash"],
            unique: vec![],
            foreign_keys: vec![to("family_id", "token_families")],
        }),
        index("page_sessions_family", "page_sessions", &["family_id"]),
        SchemaChange::CreateTable(Table {
            name: "api_tokens",
            columns: vec![
                int("id"),
                int("user_id"),
                text("name"),
                text("token_hash"),
                text("prefix"),
                text("scopes"),
                maybe_text("networks"),
                int("created_at"),
                maybe_int("last_used_at"),
                maybe_int("expires_at"),
            ],
            primary_key: &["id"],
            unique: vec![Unique { name: "api_tokens_token_key", columns: &["token_hash"] }],
            foreign_keys: vec![to("user_id", "users")],
        }),
        index("api_tokens_user", "api_tokens", &["user_id"]),
    ]
}

fn posts() -> Vec<SchemaChange> {
    vec![
        add("posts", Column::nullable("editor_id", ColumnType::Int)),
        add("posts", Column::nullable("trashed_at", ColumnType::Int)),
        add("posts", Column::nullable("trashed_from", ColumnType::Text)),
        SchemaChange::CreateTable(Table {
            name: "post_versions",
            columns: vec![
                int("post_id"),
                int("version"),
                maybe_int("editor_id"),
                text("title"),
                text("content"),
                maybe_text("excerpt"),
                text("status"),
                int("written_at"),
                int("kept_at"),
            ],
            primary_key: &["post_id", "version"],
            unique: vec![],
            foreign_keys: vec![to("post_id", "posts")],
        }),
    ]
}

fn views() -> Vec<SchemaChange> {
    vec![
        SchemaChange::CreateTable(Table {
            name: "saved_views",
            columns: vec![
                int("id"),
                int("owner_id"),
                text("resource"),
                text("name"),
                text("query"),
                flag("shared"),
                int("created_at"),
                int("updated_at"),
            ],
            primary_key: &["id"],
            unique: vec![],
            foreign_keys: vec![to("owner_id", "users")],
        }),
        index("saved_views_resource", "saved_views", &["resource", "owner_id"]),
    ]
}

fn add(table: &'static str, column: Column) -> SchemaChange {
    SchemaChange::AddColumn { table, column }
}

fn index(
    name: &'static str,
    table: &'static str,
    columns: &'static [&'static str],
) -> SchemaChange {
    SchemaChange::CreateIndex(Index { name, table, columns })
}

fn to(column: &'static str, table: &'static str) -> ForeignKey {
    ForeignKey { column, table, target: "id", on_delete: OnDelete::Cascade }
}
