//! The workers of the fleet: which there are, which are connected, and which gets the next tenant.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use freehold_clock::UnixMs;
use freehold_db::{Database, DbError, Direction, Filter, Insert, Reader, Row, Select, Update};
use freehold_fleet::WorkerLink;
use freehold_ids::WorkerId;
use parking_lot::RwLock;

use super::processes::WORKERS_MAX;
use crate::operations::store::typed;

/// A worker that joined.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) id: WorkerId,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) joined_at: UnixMs,
    /// Gets no new tenants.
    pub(crate) cordoned: bool,
    /// Tenants that are its own.
    pub(crate) tenants: u64,
    /// The line to it, while it is connected.
    pub(crate) link: Option<Arc<dyn WorkerLink>>,
    /// The Postgres databases that it said it has.
    pub(super) databases: Vec<String>,
    /// Which of its connections that is; the newest one counts.
    connection: u64,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.name, self.region)
    }
}

/// The workers. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workers {
    known: Arc<RwLock<Vec<Worker>>>,
    connections: Arc<AtomicU64>,
}

/// A worker's connection. When it is dropped, however it ended, the worker is not connected any
/// more, unless it has a newer one.
#[derive(Debug)]
pub(crate) struct Line {
    workers: Workers,
    id: WorkerId,
    connection: u64,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.workers.disconnect(self.id, self.connection);
    }
}

fn worker(row: &Row, tenants: &HashMap<WorkerId, u64>) -> Result<Worker, DbError> {
    let id = typed(row, "id")?;
    Ok(Worker {
        id,
        name: row.get("name")?,
        region: row.get("region")?,
        joined_at: UnixMs(row.get("joined_at")?),
        cordoned: row.get::<Option<i64>>("cordoned_at")?.is_some(),
        tenants: tenants.get(&id).copied().unwrap_or_default(),
        link: None,
        databases: Vec::new(),
        connection: 0,
    })
}

/// Why no worker takes a new tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoWorker {
    /// The region has no worker at all.
    UnknownRegion,
    /// None is connected, or those that are take no new tenants; that may be otherwise in a moment.
    Away,
}

impl Workers {
    /// Reads the workers that joined before, none of them connected.
    pub(crate) async fn load(
        &self,
        db: &Database,
        tenants: &HashMap<WorkerId, u64>,
    ) -> Result<(), DbError> {
        let select = Select::from("workers", ["id", "name", "region", "joined_at", "cordoned_at"])
            .order("joined_at", Direction::Ascending)
            .page(WORKERS_MAX, 0);
        let rows = db.read().await?.rows(&select).await?;
        let workers = rows.iter().map(|row| worker(row, tenants)).collect::<Result<_, _>>()?;
        *self.known.write() = workers;
        Ok(())
    }

    /// Notes a worker, durably and here.
    pub(crate) async fn join(
        &self,
        db: &Database,
        id: WorkerId,
        (name, region): (&str, &str),
        now: UnixMs,
    ) -> Result<(), DbError> {
        let insert = Insert::into("workers")
            .set("id", id.to_string())
            .set("name", name)
            .set("region", region)
            .set("joined_at", now.0)
            .or_replace(["id"], ["name", "region"]);
        let mut writer = db.write().await?;
        writer.insert(&insert).await?;
        writer.commit().await?;
        let (name, region) = (name.to_owned(), region.to_owned());
        let mut known = self.known.write();
        match known.iter_mut().find(|worker| worker.id == id) {
            Some(worker) => (worker.name, worker.region) = (name, region),
            None => known.push(Worker {
                id,
                name,
                region,
                joined_at: now,
                cordoned: false,
                tenants: 0,
                link: None,
                databases: Vec::new(),
                connection: 0,
            }),
        }
        Ok(())
    }

    /// Takes the line to a worker that has connected, for as long as what is returned lives.
    #[must_use]
    pub(crate) fn connect(
        &self,
        id: WorkerId,
        link: Arc<dyn WorkerLink>,
        databases: Vec<String>,
    ) -> Line {
        let connection = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let mut known = self.known.write();
        if let Some(worker) = known.iter_mut().find(|worker| worker.id == id) {
            (worker.link, worker.connection) = (Some(link), connection);
            worker.databases = databases;
        }
        Line { workers: self.clone(), id, connection }
    }

    fn disconnect(&self, id: WorkerId, connection: u64) {
        let mut known = self.known.write();
        let ended = |worker: &&mut Worker| worker.id == id && worker.connection == connection;
        if let Some(worker) = known.iter_mut().find(ended) {
            worker.link = None;
        }
    }

    /// The line to a worker, while it is connected.
    pub(crate) fn link(&self, id: WorkerId) -> Option<Arc<dyn WorkerLink>> {
        self.known.read().iter().find(|worker| worker.id == id)?.link.clone()
    }

    /// The Postgres databases that a worker can keep tenants in, by name.
    pub(crate) fn databases(&self, id: WorkerId) -> Vec<String> {
        let known = self.known.read();
        known.iter().find(|worker| worker.id == id).map(|w| w.databases.clone()).unwrap_or_default()
    }

    /// Every worker that joined.
    pub(crate) fn all(&self) -> Vec<Worker> {
        self.known.read().clone()
    }

    /// Whether a worker of this id joined.
    pub(crate) fn contains(&self, id: WorkerId) -> bool {
        self.known.read().iter().any(|worker| worker.id == id)
    }

    /// The worker for a new tenant in a region, or anywhere: connected, not cordoned, and the one
    /// with the fewest tenants.
    pub(crate) fn choose(&self, region: Option<&str>) -> Result<Worker, NoWorker> {
        let known = self.known.read();
        let is_there = |worker: &&Worker| region.is_none_or(|region| region == worker.region);
        let fits = |worker: &&Worker| worker.link.is_some() && !worker.cordoned;
        let chosen = known.iter().filter(is_there).filter(fits).min_by_key(|worker| worker.tenants);
        chosen.cloned().ok_or_else(|| {
            match (region, known.iter().any(|worker| is_there(&worker))) {
                (Some(_), false) => NoWorker::UnknownRegion,
                _ => NoWorker::Away,
            }
        })
    }

    /// Counts a tenant that was placed on a worker.
    pub(crate) fn placed(&self, id: WorkerId) {
        self.recount(id, |tenants| tenants + 1);
    }

    /// Counts a tenant that was taken from a worker.
    pub(crate) fn taken(&self, id: WorkerId) {
        self.recount(id, |tenants| tenants.saturating_sub(1));
    }

    fn recount(&self, id: WorkerId, count: impl FnOnce(u64) -> u64) {
        let mut known = self.known.write();
        if let Some(worker) = known.iter_mut().find(|worker| worker.id == id) {
            worker.tenants = count(worker.tenants);
        }
    }

    /// Whether a worker gets new tenants; durably and here.
    pub(crate) async fn set_cordoned(
        &self,
        db: &Database,
        id: WorkerId,
        cordoned_at: Option<UnixMs>,
    ) -> Result<(), DbError> {
        let update = Update::table("workers")
            .set("cordoned_at", cordoned_at.map(|at| at.0))
            .filter(Filter::eq("id", id.to_string()));
        let mut writer = db.write().await?;
        writer.update(&update).await?;
        writer.commit().await?;
        let mut known = self.known.write();
        if let Some(worker) = known.iter_mut().find(|worker| worker.id == id) {
            worker.cordoned = cordoned_at.is_some();
        }
        Ok(())
    }
}

/// Whether tenants may be placed with a worker of this id.
pub(super) async fn is_known(read: &mut Reader, id: WorkerId) -> Result<bool, DbError> {
    let select = Select::count("workers").filter(Filter::eq("id", id.to_string()));
    Ok(read.count(&select).await? > 0)
}
