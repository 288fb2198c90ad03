//! Tenants' keys on their way: which key of a tenant a worker is told, and under which key of its own.
//!
//! The control plane keeps a tenant's keys under its master key. A worker makes a wrapping key at its
//! first start, tells it when it connects, and keeps what it is told of tenants' keys under it alone:
//! a copy of the worker's assignments without that one file opens nothing.

use std::fmt;

use freehold_ids::TenantId;
use freehold_sealing::{Key, KeyId, Place, Ring, Unsealable, WrappedKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Under which a worker is told the keys of its tenants.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappingKey(pub Key);

impl fmt::Debug for WrappingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappingKey(secret)")
    }
}

impl Serialize for WrappingKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.reveal())
    }
}

impl<'de> Deserialize<'de> for WrappingKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = zeroize::Zeroizing::new(String::deserialize(deserializer)?);
        let key = Key::parse(&text);
        key.map(Self).ok_or_else(|| serde::de::Error::custom("expected 64 hexadecimal digits"))
    }
}

/// A tenant's keys as its manifest keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestKeys {
    /// The master key that they are wrapped with.
    pub under: KeyId,
    /// The newest first.
    pub keys: Vec<WrappedKey>,
}

/// Where a tenant's keys lie, whoever keeps them.
fn place(tenant: TenantId) -> Place {
    Place::new(["key", &tenant.to_string()])
}

/// A tenant's keys as who has the wrapping key may keep them.
///
/// # Errors
/// None with the ciphers there are.
pub fn wrap_keys(
    ring: &Ring,
    tenant: TenantId,
    wrapping: &Key,
) -> Result<Vec<WrappedKey>, Unsealable> {
    let place = place(tenant);
    ring.keys().map(|(id, key)| WrappedKey::wrap(wrapping, &place, id, key)).collect()
}

/// What [`wrap_keys`] wrapped.
///
/// # Errors
/// [`Unsealable::Changed`] for another wrapping key, or another tenant's keys.
pub fn unwrap_keys(
    keys: &[WrappedKey],
    tenant: TenantId,
    wrapping: &Key,
) -> Result<Ring, Unsealable> {
    let place = place(tenant);
    let unwrapped = keys.iter().map(|key| Ok((key.id(), key.unwrap_with(wrapping, &place)?)));
    unwrapped.collect::<Result<_, _>>().map(Ring::new)
}

/// What came of sealing a tenant's secrets anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resealed {
    /// Secrets that were not sealed under the newest key before.
    pub rows: u64,
}
