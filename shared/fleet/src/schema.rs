//! What control plane and workers say to each other of stores' schemas, and of stores that a worker
//! does not serve.

use freehold_ids::TenantId;
use serde::{Deserialize, Serialize};

use crate::Unread;

/// Stores in quarantine that a worker tells of at most; the rest are told when these are gone.
pub const QUARANTINED_TOLD_MAX: usize = 1_000;
/// Characters of a quarantine's reason at most.
pub const REASON_CHARS_MAX: usize = 1_000;

/// A schema change that a worker's release brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationFacts {
    /// The schema version after it.
    pub version: i64,
    /// What it is about.
    pub name: String,
    /// What it does, in words.
    pub changes: Vec<String>,
}

/// Why a store is in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineCause {
    /// A schema change failed; the store is whole, and has the schema from before it.
    Migration,
    /// The store is damaged or gone.
    Damage,
    /// Something that a newer release knows.
    #[serde(other)]
    Other,
}

impl QuarantineCause {
    /// The word in stores and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Migration => "migration",
            Self::Damage => "damage",
            Self::Other => "other",
        }
    }

    /// Reads [`QuarantineCause::as_str`] back.
    pub fn parse(text: &str) -> Self {
        let known = [Self::Migration, Self::Damage];
        known.into_iter().find(|cause| cause.as_str() == text).unwrap_or(Self::Other)
    }
}

/// A store that its worker does not serve until an operator releases it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// [`crate::CONTRACT_VERSION`] of the writer.
    pub version: u16,
    /// Whose store.
    pub tenant: TenantId,
    /// What kind of thing is wrong.
    pub cause: QuarantineCause,
    /// What is wrong, for operators.
    pub reason: String,
    /// Since when, in Unix milliseconds.
    pub since: i64,
    /// What a newer release says besides.
    #[serde(flatten)]
    pub unread: Unread,
}

/// A store that has its worker's schema version, or a newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migrated {
    /// The version.
    pub schema_version: i64,
    /// How long it took to get there.
    pub millis: u64,
}

/// What a look through a store found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreCheck {
    /// What is wrong, some of it where it is much; nothing where the store is in order.
    pub problems: Vec<String>,
    /// Its schema version, where that can be read.
    pub schema_version: Option<i64>,
    /// How long the look took.
    pub millis: u64,
}

/// How many stores have which schema version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaCounts {
    /// By version, the oldest first.
    pub counts: Vec<SchemaCount>,
    /// The largest stores, the largest first.
    pub largest: Vec<TenantId>,
}

/// How many stores have one schema version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaCount {
    /// The version; `None` where it cannot be told without opening the store.
    pub schema_version: Option<i64>,
    /// How many.
    pub tenants: u64,
}
