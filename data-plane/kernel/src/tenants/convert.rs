//! A tenant's rows, taken from one engine to another.
//!
//! The control plane has given the tenant a new epoch before it orders this, and the order's
//! assignment lets nobody use the store. Taking the source over under that epoch ends whoever still
//! writes to it, here or elsewhere; from then on nobody does until the next assignment. So every
//! step may be run again from the start: the source stays what counts until the control plane has
//! written down that the target does.

use freehold_db::DbError;
use freehold_fleet::{Assignment, Engine};
use freehold_ids::TenantId;

use super::Tenants;
use crate::StoreError;

impl Tenants {
    /// Copies a tenant's rows into a fresh store of another engine and compares both.
    ///
    /// # Errors
    /// [`StoreError::NotOwned`] for a stale epoch; [`DbError::Shape`] for a store that a newer
    /// release has changed, whose rows this one would not all know; whatever either engine says,
    /// such as that it cannot hold a value. The source is as it was then.
    pub async fn convert(&self, assignment: Assignment, to: &Engine) -> Result<(), StoreError> {
        let (tenant, epoch) = (assignment.tenant, assignment.epoch);
        let from = assignment.engine.clone();
        if from == *to {
            return Err(DbError::Shape(format!("the tenant is kept by {to} already")).into());
        }
        self.assign(assignment)?;
        let slot = self.slot(tenant)?;
        let _alone = slot.close_for_good().await;
        let stores = &self.0.stores;
        let source = stores.open(tenant, &from)?;
        let with = (stores.migrations(), &self.0.claims, &*self.0.room);
        let taken = slot.take_over(&source, epoch, with).await;
        let copied = match taken {
            Ok(()) => self.copy(tenant, &source, to).await,
            Err(error) => Err(error),
        };
        source.close().await;
        copied
    }

    async fn copy(
        &self,
        tenant: TenantId,
        source: &freehold_db::Database,
        to: &Engine,
    ) -> Result<(), StoreError> {
        let stores = &self.0.stores;
        // What an earlier try has left.
        stores.remove(tenant, to).await?;
        stores.make(tenant, to).await?;
        let target = stores.open(tenant, to)?;
        let done = async {
            source.copy_rows_to(&target).await?;
            source.compare_rows_with(&target).await
        };
        let done = done.await;
        target.close().await;
        Ok(done?)
    }

    /// Removes the store that a tenant was converted from.
    ///
    /// # Errors
    /// [`DbError::Shape`] where it is the one that keeps the tenant now.
    pub async fn retire(&self, tenant: TenantId, engine: &Engine) -> Result<(), StoreError> {
        let assignment = self.slot(tenant)?.assignment();
        if assignment.engine == *engine {
            return Err(DbError::Shape(format!("the tenant is kept by {engine}")).into());
        }
        self.0.stores.remove(tenant, engine).await
    }
}
