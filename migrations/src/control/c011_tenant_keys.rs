//! The keys of each tenant, under the master key, and when something is to be done about them.

use freehold_db::{Column, ColumnType, Index, Migration, SchemaChange};

pub(crate) const MIGRATION: Migration = Migration { version: 11, name: "keys of tenants", changes };

/// A site without keys is from before there were any, or of the release before; it gets some when a
/// control plane of this release starts.
fn changes() -> Vec<SchemaChange> {
    let columns = [
        // The wrapped keys, the newest first, with spaces between, and the name of the master key.
        ("tenant_keys", ColumnType::Text),
        ("tenant_keys_under", ColumnType::Text),
        // Whether secrets may lie in the store that are not sealed under the newest one.
        ("tenant_keys_stale", ColumnType::Int),
        // Unix milliseconds; absent where nothing is to be done.
        ("tenant_keys_due_at", ColumnType::Int),
    ];
    let add = |(name, kind)| SchemaChange::AddColumn {
        table: "sites",
        column: Column::nullable(name, kind),
    };
    let index =
        Index { name: "sites_tenant_keys_due", table: "sites", columns: &["tenant_keys_due_at"] };
    columns.into_iter().map(add).chain([SchemaChange::CreateIndex(index)]).collect()
}
