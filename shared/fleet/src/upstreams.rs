//! The processes that an edge may hand requests to, as the control plane last said.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::watch;

use freehold_certificates::Identity;

use crate::{UpstreamEntry, UpstreamId, Whole};

/// Upstreams by name, shared between whoever learns of them and whoever uses them.
#[derive(Debug, Clone)]
pub struct Upstreams(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    by_id: RwLock<HashMap<UpstreamId, Arc<Whole<UpstreamEntry>>>>,
    identity: RwLock<Option<Arc<Identity>>>,
    changed: watch::Sender<u64>,
}

impl Default for Upstreams {
    fn default() -> Self {
        let (changed, _) = watch::channel(0);
        Self(Arc::new(Shared { by_id: RwLock::default(), identity: RwLock::default(), changed }))
    }
}

impl Upstreams {
    /// The one of this name.
    pub fn get(&self, id: &UpstreamId) -> Option<Arc<Whole<UpstreamEntry>>> {
        self.0.by_id.read().get(id).cloned()
    }

    /// All of them.
    pub fn all(&self) -> Vec<Whole<UpstreamEntry>> {
        self.0.by_id.read().values().map(|entry| (**entry).clone()).collect()
    }

    /// Puts one, in place of another of the same name.
    pub fn put(&self, entry: UpstreamEntry) {
        self.0.by_id.write().insert(entry.id.clone(), Arc::new(entry.into()));
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Puts these and no others.
    pub fn replace(&self, entries: Vec<Whole<UpstreamEntry>>) {
        let fresh = entries.into_iter().map(|entry| (entry.id.clone(), Arc::new(entry))).collect();
        *self.0.by_id.write() = fresh;
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Takes one away.
    pub fn remove(&self, id: &UpstreamId) {
        self.0.by_id.write().remove(id);
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// What this process presents to upstreams over TLS.
    pub fn identity(&self) -> Option<Arc<Identity>> {
        self.0.identity.read().clone()
    }

    /// Presents this from now on.
    pub fn set_identity(&self, identity: Identity) {
        *self.0.identity.write() = Some(Arc::new(identity));
    }

    /// Wakes whenever something was put or taken away.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }
}
