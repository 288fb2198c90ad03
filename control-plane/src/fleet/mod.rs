//! The fleet as the control plane sees it: workers that joined, and operators' calls over tenants.

mod routes;

use std::sync::Arc;

use freehold_clock::UnixMs;
use freehold_db::{Database, DbError, Insert};
use freehold_fleet::WorkerLink;
use freehold_ids::WorkerId;
use parking_lot::RwLock;

pub(crate) use routes::routes;

/// A worker that joined and can be reached.
#[derive(Clone)]
pub(crate) struct Joined {
    pub(crate) id: WorkerId,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) joined_at: UnixMs,
    pub(crate) link: Arc<dyn WorkerLink>,
}

impl std::fmt::Debug for Joined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.name, self.region)
    }
}

/// The workers that joined. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workers(Arc<RwLock<Vec<Joined>>>);

impl Workers {
    /// Notes a worker, durably and here.
    pub(crate) async fn join(&self, db: &Database, worker: Joined) -> Result<(), DbError> {
        let insert = Insert::into("workers")
            .set("id", worker.id.to_string())
            .set("name", worker.name.as_str())
            .set("region", worker.region.as_str())
            .set("joined_at", worker.joined_at.0)
            .or_replace(["id"], ["name", "region"]);
        let mut writer = db.write().await?;
        writer.insert(&insert).await?;
        writer.commit().await?;
        let mut joined = self.0.write();
        joined.retain(|known| known.id != worker.id);
        joined.push(worker);
        Ok(())
    }

    /// The line to a worker.
    pub(crate) fn link(&self, id: WorkerId) -> Option<Arc<dyn WorkerLink>> {
        self.0.read().iter().find(|worker| worker.id == id).map(|worker| worker.link.clone())
    }

    /// Every worker that joined.
    pub(crate) fn all(&self) -> Vec<Joined> {
        self.0.read().clone()
    }

    /// A worker for a new tenant in a region, or anywhere.
    pub(crate) fn choose(&self, region: Option<&str>) -> Option<Joined> {
        let joined = self.0.read();
        joined.iter().find(|worker| region.is_none_or(|region| region == worker.region)).cloned()
    }
}
