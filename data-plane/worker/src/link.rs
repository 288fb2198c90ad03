//! The control plane's line to a worker in the same process.

use std::sync::Arc;

use async_trait::async_trait;
use freehold_clock::Clock;
use freehold_db::DbError;
use freehold_fleet::{
    Assignment, Engine, LinkError, Migrated, Provision, Resealed, SchemaCounts, StoreCheck, Tended,
    Tending, WorkerLink, WorkerLoad, WrappingKey,
};
use freehold_ids::{TenantId, WorkerId};
use freehold_kernel::{Secret, Seeding, StoreError, Tenants, jobs};
use freehold_objects::{ClaimError, ObjectsError};

/// Takes orders by function call; another process would take the same over a socket.
#[derive(Debug, Clone)]
pub struct LocalLink {
    pub(crate) id: WorkerId,
    pub(crate) tenants: Tenants,
    pub(crate) seeds: Vec<Seeding>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) plan: Arc<jobs::Plan>,
    pub(crate) clock: Clock,
}

fn link_error(error: StoreError) -> LinkError {
    match error {
        StoreError::NotOwned => LinkError::StaleEpoch,
        StoreError::Claim(ClaimError::Superseded { .. }) => LinkError::StaleEpoch,
        StoreError::Claim(ClaimError::Objects(ObjectsError::Away(reason))) => {
            LinkError::Unreachable(format!("object storage cannot be reached: {reason}"))
        }
        StoreError::Quarantined(quarantine) => {
            LinkError::Quarantined(Box::new((*quarantine).clone()))
        }
        StoreError::Crowded
        | StoreError::Db(DbError::Busy | DbError::TooSlow | DbError::Full | DbError::Io(_)) => {
            LinkError::Unreachable(error.to_string())
        }
        StoreError::Db(_)
        | StoreError::Claim(_)
        | StoreError::Idempotency(_)
        | StoreError::Sealed(_) => LinkError::Failed(error.to_string()),
    }
}

#[async_trait]
impl WorkerLink for LocalLink {
    async fn assign(&self, assignment: Assignment) -> Result<(), LinkError> {
        let (tenant, epoch) = (assignment.tenant, assignment.epoch);
        self.tenants.assign(assignment).map_err(link_error)?;
        self.tenants.due().confirm(tenant, epoch);
        Ok(())
    }

    async fn provision(&self, provision: Provision) -> Result<(), LinkError> {
        self.tenants.provision(&provision, &self.seeds).await.map_err(link_error)?;
        self.tenants.due().confirm(provision.assignment.tenant, provision.assignment.epoch);
        Ok(())
    }

    async fn convert(&self, assignment: Assignment, to: Engine) -> Result<(), LinkError> {
        self.tenants.convert(assignment, &to).await.map_err(link_error)
    }

    async fn retire(&self, tenant: TenantId, engine: Engine) -> Result<(), LinkError> {
        self.tenants.retire(tenant, &engine).await.map_err(link_error)
    }

    async fn discard(&self, tenant: TenantId, epoch: u64) -> Result<(), LinkError> {
        self.tenants.discard(tenant, epoch).await.map_err(link_error)?;
        self.tenants.due().retain(|other| other != tenant);
        Ok(())
    }

    async fn tend(&self, tenant: TenantId, what: Tending) -> Result<Tended, LinkError> {
        let tenant = self.tenants.open(tenant).await.map_err(link_error)?;
        jobs::tend(&tenant, &self.plan, &self.clock, what).await.map_err(link_error)
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

    async fn reseal(&self, tenant: TenantId, epoch: u64) -> Result<Resealed, LinkError> {
        self.tenants.reseal(tenant, epoch, &self.secrets).await.map_err(link_error)
    }

    fn wrapping_key(&self) -> Option<WrappingKey> {
        Some(WrappingKey(self.tenants.wrapping_key().clone()))
    }

    async fn schemas(&self) -> Result<SchemaCounts, LinkError> {
        Ok(self.tenants.schemas().await)
    }
}
