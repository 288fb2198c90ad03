//! The master key: under it lie the keys of tenants and the mails that wait to be sent.
//!
//! It is a file of its own, so that it can lie apart from what it protects. A new one goes in front of
//! those before it, which go when nothing lies under them any more.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::BASE64;
use freehold_clock::Clock;
use freehold_fleet::{ManifestKeys, unwrap_keys, wrap_keys};
use freehold_ids::TenantId;
use freehold_sealing::{Key, KeyId, Place, Ring, Unsealable, is_sealed, sealed_under};
use parking_lot::RwLock;

use crate::secrets::SecretsError;

/// The master key, and those before it that are still needed. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Master {
    file: Arc<Path>,
    clock: Clock,
    ring: Arc<RwLock<Ring>>,
    /// Held while a backup copies the database and then the file: whatever the copy of the database
    /// needs must still be in the file.
    copying: Arc<tokio::sync::Mutex<()>>,
}

impl Master {
    /// Reads the file, making it where it is not there yet.
    pub(crate) fn load(file: PathBuf, clock: &Clock) -> Result<Self, SecretsError> {
        let ring = freehold_sealing::load_or_make(&file, || fresh(clock))?;
        Ok(Self {
            file: file.into(),
            clock: clock.clone(),
            ring: Arc::new(RwLock::new(ring)),
            copying: Arc::default(),
        })
    }

    fn ring(&self) -> Ring {
        self.ring.read().clone()
    }

    /// The names of all master keys, the newest first.
    pub(crate) fn ids(&self) -> Vec<KeyId> {
        self.ring.read().keys().map(|(id, _)| id).collect()
    }

    fn newest(&self) -> Result<(KeyId, Key), Unsealable> {
        let ring = self.ring.read();
        ring.newest().map(|(id, key)| (id, key.clone())).ok_or(Unsealable::Empty)
    }

    /// Nobody retires a master key for as long as what is returned lives.
    pub(crate) async fn hold(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.copying.lock().await
    }

    /// Puts a new master key in front.
    pub(crate) fn renew(&self) -> std::io::Result<()> {
        let (id, key) = fresh(&self.clock);
        self.write(|ring| ring.renewed(id, key))
    }

    /// Forgets all master keys but the newest one. The caller has seen that nothing lies under them,
    /// and holds on to [`Master::hold`].
    pub(crate) fn retire(&self) -> std::io::Result<()> {
        self.write(Ring::newest_alone)
    }

    fn write(&self, change: impl FnOnce(&Ring) -> Ring) -> std::io::Result<()> {
        let mut ring = self.ring.write();
        let changed = change(&ring);
        freehold_sealing::replace(&self.file, &changed.to_lines())?;
        *ring = changed;
        Ok(())
    }

    /// The first key of a tenant.
    pub(crate) fn first_key(&self, tenant: TenantId) -> Result<ManifestKeys, Unsealable> {
        self.wrap(tenant, &Ring::new(vec![fresh(&self.clock)]))
    }

    /// A tenant's keys with a new one in front.
    pub(crate) fn next_key(
        &self,
        tenant: TenantId,
        keys: &ManifestKeys,
    ) -> Result<ManifestKeys, Unsealable> {
        let (id, key) = fresh(&self.clock);
        self.wrap(tenant, &self.unwrap(tenant, keys)?.renewed(id, key))
    }

    /// A tenant's keys under the newest master key.
    pub(crate) fn rewrap(
        &self,
        tenant: TenantId,
        keys: &ManifestKeys,
    ) -> Result<ManifestKeys, Unsealable> {
        self.wrap(tenant, &self.unwrap(tenant, keys)?)
    }

    fn wrap(&self, tenant: TenantId, ring: &Ring) -> Result<ManifestKeys, Unsealable> {
        let (under, key) = self.newest()?;
        Ok(ManifestKeys { under, keys: wrap_keys(ring, tenant, &key)? })
    }

    /// A tenant's keys.
    pub(crate) fn unwrap(&self, tenant: TenantId, keys: &ManifestKeys) -> Result<Ring, Unsealable> {
        let ring = self.ring();
        let key = ring.get(keys.under).ok_or(Unsealable::NoKey(keys.under))?;
        unwrap_keys(&keys.keys, tenant, key)
    }

    /// Seals a text, as a text.
    pub(crate) fn seal_text(&self, place: &Place, text: &str) -> Result<String, Unsealable> {
        let sealed = self.ring().seal(place, text.as_bytes(), self.clock.random())?;
        Ok(BASE64.encode(&sealed))
    }

    /// Opens what [`Master::seal_text`] sealed. What an earlier release wrote as it was is returned as
    /// it is.
    pub(crate) fn open_text(&self, place: &Place, stored: String) -> Result<String, Unsealable> {
        let Some(sealed) = sealed_bytes(&stored) else { return Ok(stored) };
        let opened = self.ring().open(place, &sealed)?;
        String::from_utf8(opened.to_vec()).map_err(|_| Unsealable::Form)
    }

    /// Whether a stored text does not lie under the newest master key.
    pub(crate) fn is_stale(&self, stored: &str) -> bool {
        let under = sealed_bytes(stored).and_then(|sealed| sealed_under(&sealed));
        under.is_none() || under != self.ids().first().copied()
    }
}

fn fresh(clock: &Clock) -> (KeyId, Key) {
    (KeyId::from_random(clock.random()), Key::from_random(clock.random()))
}

fn sealed_bytes(stored: &str) -> Option<Vec<u8>> {
    BASE64.decode(stored.as_bytes()).ok().filter(|bytes| is_sealed(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(folder: &Path) -> Master {
        Master::load(folder.join("master-key"), &Clock::system()).expect("a master key")
    }

    #[test]
    fn what_lies_under_an_older_master_key_is_read_until_that_one_is_retired() {
        let folder = tempfile::tempdir().expect("a folder");
        let (master, tenant) = (master(folder.path()), TenantId::from_random(7));
        let keys = master.first_key(tenant).expect("a key");
        let place = Place::new(["control", "mails", "body", "1"]);
        let sealed = master.seal_text(&place, "a link").expect("sealed");
        master.renew().expect("renewed");
        assert!(master.is_stale(&sealed) && master.is_stale("a link"));
        assert_eq!(master.open_text(&place, sealed.clone()).expect("opened"), "a link");
        assert_eq!(master.open_text(&place, "a link".into()).expect("as it is"), "a link");
        let again = master.rewrap(tenant, &keys).expect("wrapped");
        assert_eq!(master.unwrap(tenant, &again), master.unwrap(tenant, &keys));
        assert!(master.unwrap(TenantId::from_random(8), &again).is_err());
        master.retire().expect("retired");
        assert_eq!(master.unwrap(tenant, &keys), Err(Unsealable::NoKey(keys.under)));
        assert!(master.open_text(&place, sealed).is_err());
        let read = Master::load(folder.path().join("master-key"), &Clock::system()).expect("read");
        assert_eq!(read.unwrap(tenant, &again), master.unwrap(tenant, &again));
        let next = read.next_key(tenant, &again).expect("one more");
        assert_eq!(next.keys.len(), 2);
        assert_eq!(next.keys[1].id(), again.keys[0].id());
    }
}
