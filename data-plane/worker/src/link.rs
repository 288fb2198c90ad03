//! The control plane's line to a worker in the same process.

use async_trait::async_trait;
use freehold_db::DbError;
use freehold_fleet::{
    Assignment, LinkError, Migrated, Provision, SchemaCounts, StoreCheck, WorkerLink, WorkerLoad,
};
use freehold_ids::{TenantId, WorkerId};
use freehold_kernel::{Seeding, StoreError, Tenants};

/// Takes orders by function call; another process would take the same over a socket.
#[derive(Debug, Clone)]
pub struct LocalLink {
    pub(crate) id: WorkerId,
    pub(crate) tenants: Tenants,
    pub(crate) seeds: Vec<Seeding>,
}

fn link_error(error: StoreError) -> LinkError {
    match error {
        StoreError::NotOwned => LinkError::StaleEpoch,
        StoreError::Quarantined(quarantine) => {
            LinkError::Quarantined(Box::new((*quarantine).clone()))
        }
        StoreError::Crowded | StoreError::Db(DbError::Busy | DbError::Full) => {
            LinkError::Unreachable(error.to_string())
        }
        StoreError::Db(_) | StoreError::Idempotency(_) => LinkError::Failed(error.to_string()),
    }
}

#[async_trait]
impl WorkerLink for LocalLink {
    async fn assign(&self, assignment: Assignment) -> Result<(), LinkError> {
        self.tenants.assign(assignment).map_err(link_error)
    }

    async fn provision(&self, provision: Provision) -> Result<(), LinkError> {
        self.tenants.provision(&provision, &self.seeds).await.map_err(link_error)
    }

    async fn discard(&self, tenant: TenantId, epoch: u64) -> Result<(), LinkError> {
        self.tenants.discard(tenant, epoch).await.map_err(link_error)
    }

    async fn load(&self) -> Result<WorkerLoad, LinkError> {
        let (assigned, open) = self.tenants.counts();
        Ok(WorkerLoad {
            worker: self.id,
            tenants_assigned: assigned as u64,
            tenants_open: open as u64,
            disk_free_bytes: fs4::available_space(self.tenants.root()).ok(),
            migrations: self.tenants.migrations(),
            quarantined: self.tenants.quarantined(),
        })
    }

    async fn migrate(&self, tenant: TenantId, epoch: u64) -> Result<Migrated, LinkError> {
        self.tenants.migrate(tenant, epoch).await.map_err(link_error)
    }

    async fn check(&self, tenant: TenantId, epoch: u64) -> Result<StoreCheck, LinkError> {
        self.tenants.check(tenant, epoch).await.map_err(link_error)
    }

    async fn release(&self, tenant: TenantId, epoch: u64) -> Result<Migrated, LinkError> {
        self.tenants.release(tenant, epoch).await.map_err(link_error)
    }

    async fn schemas(&self) -> Result<SchemaCounts, LinkError> {
        Ok(self.tenants.schemas().await)
    }
}
