//! Secrets in a tenant's store: sealed for the row where they lie, under the tenant's own key.
//!
//! The tenant's keys come with its assignment, under the worker's wrapping key, and are unwrapped for
//! each use: that takes microseconds, and an idle tenant costs nothing.

use freehold_clock::Clock;
use freehold_db::{Direction, Filter, Row, Select, Update};
use freehold_fleet::{Resealed, unwrap_keys};
use freehold_ids::TenantId;
use freehold_sealing::{Key, Place, Ring, is_sealed, sealed_under};
use zeroize::Zeroizing;

use super::tenant::Tenant;
use crate::tx::EPOCH_KEY;
use crate::{Secret, StoreError, Tenants, Tx};

/// Rows that are looked at in one transaction when secrets are sealed anew.
const RESEALED_PER_TX_ROWS: u64 = 100;

/// What the kernel seals with.
#[derive(Debug)]
pub(crate) struct Sealer {
    /// Under which the tenants' keys are told.
    pub(crate) wrapping: Key,
    pub(crate) clock: Clock,
}

impl Secret {
    fn place(&self, tenant: TenantId, row: &str) -> Place {
        Place::new(["tenant", &tenant.to_string(), self.table, self.column, row])
    }
}

impl Tenant {
    fn ring(&self) -> Result<Ring, StoreError> {
        let assignment = self.assignment();
        let ring = unwrap_keys(&assignment.keys, assignment.tenant, &self.sealer().wrapping);
        ring.map_err(StoreError::Sealed)
    }

    fn seal(&self, secret: &Secret, row: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        let nonce = self.sealer().clock.random();
        let sealed = self.ring()?.seal(&secret.place(self.id(), row), value, nonce);
        sealed.map_err(StoreError::Sealed)
    }

    /// What a secret says, of which the store holds `stored` in this row. What was written by a release
    /// that sealed nothing is returned as it is.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] where it was changed, belongs to another row, or its key is not here.
    pub fn reveal(
        &self,
        secret: &Secret,
        row: &str,
        stored: Vec<u8>,
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        if !is_sealed(&stored) {
            return Ok(Zeroizing::new(stored));
        }
        let opened = self.ring()?.open(&secret.place(self.id(), row), &stored);
        opened.map_err(StoreError::Sealed)
    }
}

impl Tx {
    /// Seals a secret for a row of the store.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] where the control plane has told no key.
    pub fn seal(&self, secret: &Secret, row: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.tenant().seal(secret, row, value)
    }
}

impl Tenants {
    /// Seals every secret of a tenant that is not under the newest of its keys.
    ///
    /// # Errors
    /// [`StoreError`]; what was sealed until then stays so.
    pub async fn reseal(
        &self,
        tenant: TenantId,
        epoch: u64,
        secrets: &[Secret],
    ) -> Result<Resealed, StoreError> {
        let tenant = self.open(tenant).await?;
        if tenant.epoch() != epoch {
            return Err(StoreError::NotOwned);
        }
        let mut resealed = Resealed { rows: 0 };
        for secret in secrets {
            let mut after = None;
            loop {
                let (rows, last) = page(&tenant, secret, after, &self.0.clock).await?;
                resealed.rows += rows;
                after = last;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(resealed)
    }
}

/// Seals the rows after the given one anew, as many as one transaction takes. Returns how many were,
/// and the last one that was looked at, where there may be more.
async fn page(
    tenant: &Tenant,
    secret: &Secret,
    after: Option<String>,
    clock: &Clock,
) -> Result<(u64, Option<String>), StoreError> {
    let mut tx = tenant.begin(clock.now()).await?;
    // Where others write at the same time, this waits until those are done that may have sealed under
    // an older key: they all share this row.
    let epoch = i64::try_from(tenant.epoch()).unwrap_or(i64::MAX);
    let alone = Update::table("meta").set("value", epoch).filter(Filter::eq("key", EPOCH_KEY));
    tx.update(&alone).await?;
    let newest = tenant.ring()?.newest().map(|(id, _)| id);
    let filter = after.map_or_else(Filter::everything, |after| Filter::gt(secret.key, after));
    let select = Select::from(secret.table, [secret.key, secret.column])
        .filter(filter.and(Filter::is_not_null(secret.column)))
        .order(secret.key, Direction::Ascending)
        .page(RESEALED_PER_TX_ROWS, 0);
    let rows = tx.rows(&select).await?;
    let mut resealed = 0;
    for row in &rows {
        let (key, stored) = of(row, secret)?;
        if sealed_under(&stored).is_some_and(|under| Some(under) == newest) {
            continue;
        }
        let value = tenant.reveal(secret, &key, stored)?;
        let sealed = tx.seal(secret, &key, &value)?;
        let update = Update::table(secret.table)
            .set(secret.column, sealed)
            .filter(Filter::eq(secret.key, key));
        resealed += tx.update(&update).await?;
    }
    let is_full = rows.len() as u64 == RESEALED_PER_TX_ROWS;
    let last = rows.last().filter(|_| is_full).map(|row| of(row, secret)).transpose()?;
    if resealed > 0 {
        tx.commit().await?;
    }
    Ok((resealed, last.map(|(key, _)| key)))
}

fn of(row: &Row, secret: &Secret) -> Result<(String, Vec<u8>), StoreError> {
    Ok((row.get(secret.key)?, row.get(secret.column)?))
}
