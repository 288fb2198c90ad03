//! Every tenant: keys that make a POST happen once.

use freehold_db::Migration;

pub(crate) const MIGRATION: Migration =
    Migration { version: 2, name: "idempotency keys", changes: crate::idempotency::changes };
