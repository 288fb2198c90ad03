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
    control::c010_upgrades::MIGRATION,
    control::c011_tenant_keys::MIGRATION,
];

/// Migrations of every tenant's store, in order.
pub const TENANT: &[Migration] = &[
    tenant::t001_first::MIGRATION,
    tenant::t002_idempotency::MIGRATION,
    tenant::t003_people_and_posts::MIGRATION,
    tenant::t004_jobs::MIGRATION,
    tenant::t005_sessions_and_keys::MIGRATION,
    tenant::t006_roles::MIGRATION,
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

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use freehold_db::Migration;
    use sha2::{Digest as _, Sha256};

    use super::{CONTROL, TENANT};

    /// A line of `released.txt`: what it is of, its version, and the hash of all that it declares.
    fn line(store: &str, migration: &Migration) -> String {
        let declared =
            format!("{} {} {:?}", migration.version, migration.name, (migration.changes)());
        let hash = HEXLOWER.encode(&Sha256::digest(declared.as_bytes()));
        format!("{store} {} {hash}", migration.version)
    }

    #[test]
    fn what_was_released_is_neither_changed_nor_taken_back() {
        let all = [("control", CONTROL), ("tenant", TENANT)];
        let known: Vec<String> = all
            .into_iter()
            .flat_map(|(store, all)| all.iter().map(move |migration| line(store, migration)))
            .collect();
        let released = include_str!("../released.txt").lines();
        let released: Vec<&str> =
            released.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert!(!released.is_empty());
        for line in released {
            assert!(
                known.iter().any(|known| known == line),
                "released.txt says {line:?}, which no migration is any more. A released migration is \
                 never edited: write a new one. All as they are now:\n{}",
                known.join("\n")
            );
        }
    }

    #[test]
    fn versions_count_from_one_without_gaps() {
        for all in [CONTROL, TENANT] {
            let versions: Vec<i64> = all.iter().map(|migration| migration.version).collect();
            let expected: Vec<i64> = (1..).take(all.len()).collect();
            assert_eq!(versions, expected);
        }
    }
}
