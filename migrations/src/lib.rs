//! Every schema change of the platform, one file each, written against the portable DDL.
//!
//! A released migration is never edited. Changes only add, so that the previous release runs on
//! the new schema; what is no longer needed goes in a later release.

mod control;
mod idempotency;
mod tenant;

use freehold_db::{Column, ColumnType, Migration};

/// Migrations of the control plane's database, in order.
pub const CONTROL: &[Migration] = &[
    control::c001_first::MIGRATION,
    control::c002_idempotency::MIGRATION,
    control::c003_fleet::MIGRATION,
    control::c004_installation::MIGRATION,
    control::c005_usage::MIGRATION,
    control::c006_domains::MIGRATION,
    control::c007_memberships::MIGRATION,
    control::c008_previous_slugs::MIGRATION,
    control::c009_engines::MIGRATION,
];

/// Migrations of every tenant's store, in order.
pub const TENANT: &[Migration] = &[
    tenant::t001_first::MIGRATION,
    tenant::t002_idempotency::MIGRATION,
    tenant::t003_people_and_posts::MIGRATION,
    tenant::t004_jobs::MIGRATION,
];

const fn int(name: &'static str) -> Column {
    Column::required(name, ColumnType::Int)
}

const fn text(name: &'static str) -> Column {
    Column::required(name, ColumnType::Text)
}

const fn flag(name: &'static str) -> Column {
    Column::required(name, ColumnType::Bool)
}

const fn bytes(name: &'static str) -> Column {
    Column::required(name, ColumnType::Bytes)
}

const fn maybe_int(name: &'static str) -> Column {
    Column::nullable(name, ColumnType::Int)
}

const fn maybe_text(name: &'static str) -> Column {
    Column::nullable(name, ColumnType::Text)
}
